/** How much of a peer's routes is kept, and the Cease that answers more. */
import { FAMILIES } from './negotiation.ts'
import type { AdjRibIn } from './rib/adj-rib-in.ts'
import { CeaseReason, familyName, NO_DATA } from './wire/index.ts'

export interface Limits {
  readonly maximumPrefixes: number
  readonly maximumAttributeOctets: number
}

export interface Excess {
  /** RFC 4486. */
  readonly subcode: number
  readonly data: Uint8Array
  readonly words: string
}

/** `undefined` while the peer keeps within its limits. */
export function excessOf(rib: AdjRibIn, { maximumPrefixes, maximumAttributeOctets }: Limits): Excess | undefined {
  for (const family of ['ipv4', 'ipv6'] as const) {
    if (rib.count(family) <= maximumPrefixes) continue
    const { afi, safi } = FAMILIES[family]
    const words = `more than ${maximumPrefixes} paths of ${familyName(FAMILIES[family])} (maximumPrefixes)`
    return { subcode: CeaseReason.maximumPrefixes, data: prefixesData(afi, safi, maximumPrefixes), words }
  }
  if (rib.attributeOctets <= maximumAttributeOctets) return undefined
  // RFC 4486 has no data for it, and RFC 9003 words for an operator only with a shutdown and a reset.
  const words = `path attributes of more than ${maximumAttributeOctets} octets (maximumAttributeOctets)`
  return { subcode: CeaseReason.outOfResources, data: NO_DATA, words }
}

/** RFC 4486 §4: the data tell the family and the limit. */
function prefixesData(afi: number, safi: number, limit: number): Uint8Array {
  return Uint8Array.of(afi >> 8, afi & 255, safi, limit >>> 24, (limit >>> 16) & 255, (limit >>> 8) & 255, limit & 255)
}
