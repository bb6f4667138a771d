/** How the bytes of a session are to be read: what both OPENs agreed on, as far as it was seen. */
import { type Family, IPV4_UNICAST, IPV6_UNICAST, isIpv4Unicast } from '../wire/capability/family.ts'
import type { CodecContext } from '../wire/context.ts'

/** What an OPEN offers, as far as later messages depend on it. */
export interface Offer {
  /** Codes of all its capabilities that make sense. */
  readonly capabilities: ReadonlySet<number>
  /** Of its Multiprotocol Extensions (RFC 4760 §8). */
  readonly families: readonly Family[]
  readonly addPath: readonly (Family & { readonly send: boolean; readonly receive: boolean })[]
}

export interface DissectOptions {
  /** AS numbers take four octets (RFC 6793). */
  readonly fourOctetAs: boolean
  /** NLRI of a family carry a path identifier (RFC 7911), in the direction that is read. */
  readonly addPath: (family: Family) => boolean
  /** IPv6 unicast is spoken: a speaker keeps the routes of other families as octets. */
  readonly ipv6: boolean
  /** Messages up to 65,535 octets are accepted (RFC 8654). */
  readonly extendedMessages: boolean
}

/** For what no OPEN tells. */
export interface Assumptions {
  readonly fourOctetAs: boolean
  readonly addPath: boolean
  readonly extendedMessages?: boolean
}

/** How octets are read under each assumption, as far as nothing else settles it. */
export type OptionsUnder = (assumptions: Assumptions) => DissectOptions

export function assumed({ fourOctetAs, addPath, extendedMessages = false }: Assumptions): DissectOptions {
  return { fourOctetAs, addPath: () => addPath, ipv6: true, extendedMessages }
}

/** The same for the speaker's own codec, which knows the unicast of IPv4 and IPv6. */
export function codecContext({ fourOctetAs, addPath, ipv6 }: DissectOptions): CodecContext {
  return { fourOctetAs, addPath: addPath(IPV4_UNICAST), ...(ipv6 && { ipv6: { addPath: addPath(IPV6_UNICAST) } }) }
}

const EXTENDED_MESSAGE = 6
const FOUR_OCTET_AS = 65

/**
 * What holds for messages from one end to the other. A capability takes both ends: one OPEN without it settles that it is off, one OPEN
 * with it settles nothing, and then the assumption stands.
 */
export function negotiatedOptions(from: Offer | undefined, to: Offer | undefined, assumptions: Assumptions): DissectOptions {
  const both = (code: number, otherwise: boolean) => agreed(from?.capabilities.has(code), to?.capabilities.has(code), otherwise)
  return {
    fourOctetAs: both(FOUR_OCTET_AS, assumptions.fourOctetAs),
    addPath: (family) => agreed(from && hasAddPath(from, family, 'send'), to && hasAddPath(to, family, 'receive'), assumptions.addPath),
    ipv6: agreed(from && speaks(from, IPV6_UNICAST), to && speaks(to, IPV6_UNICAST), true),
    extendedMessages: both(EXTENDED_MESSAGE, assumptions.extendedMessages ?? false),
  }
}

/** Where it is not known who said what: ADD-PATH is on where it is on in either direction. */
export function undirectedOptions(opens: readonly Offer[], assumptions: Assumptions): DissectOptions {
  const [first, second] = opens
  const there = negotiatedOptions(first, second, assumptions)
  const back = negotiatedOptions(second, first, assumptions)
  return { ...there, addPath: (family) => there.addPath(family) || back.addPath(family) }
}

function agreed(one: boolean | undefined, other: boolean | undefined, otherwise: boolean): boolean {
  if (one === false || other === false) return false
  return one === undefined || other === undefined ? otherwise : true
}

/** RFC 4760 §8: without the capability it is IPv4 unicast alone. */
function speaks({ families }: Offer, family: Family): boolean {
  return families.length === 0 ? isIpv4Unicast(family) : families.some((each) => isSame(each, family))
}

/** Of a family that comes twice the speaker takes the first. */
function hasAddPath(open: Offer, family: Family, direction: 'send' | 'receive'): boolean {
  return speaks(open, family) && open.addPath.find((each) => isSame(each, family))?.[direction] === true
}

function isSame(a: Family, b: Family): boolean {
  return a.afi === b.afi && a.safi === b.safi
}

/** `4-octet AS, ADD-PATH`: what a reader of a message must know that the message does not say. */
export function describeOptions(options: DissectOptions): string[] {
  const addPath = [IPV4_UNICAST, IPV6_UNICAST].some(options.addPath)
  return [
    options.fourOctetAs ? '4-octet AS' : '2-octet AS',
    ...(addPath ? ['ADD-PATH'] : []),
    ...(options.extendedMessages ? ['extended messages'] : []),
  ]
}
