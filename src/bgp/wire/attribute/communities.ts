/**
 * Communities, optional transitive. None at all, or a part of one, is malformed (RFC 7606 §7.8, RFC 8092 §6):
 *
 *     COMMUNITIES      type 8, RFC 1997: 4 octets each
 *     LARGE_COMMUNITY  type 32, RFC 8092 §3: Global Administrator 4 octets | Local Data 4 octets | Local Data 4 octets, each
 */
import { AttributeFault, UpdateError } from '../errors.ts'
import { type AttributeCodec, OPTIONAL_TRANSITIVE } from './codec.ts'

export interface Communities {
  readonly type: 'communities'
  /** Unsigned; `65001:100` is 65001 × 65536 + 100. */
  readonly values: readonly number[]
}

export const communities: AttributeCodec<Communities> = {
  code: 8,
  flags: OPTIONAL_TRANSITIVE,
  decode(value) {
    if (value.remaining === 0 || value.remaining % 4 !== 0) {
      throw new AttributeFault(UpdateError.length, `COMMUNITIES of ${value.remaining} octets`)
    }
    const values: number[] = []
    while (value.remaining > 0) values.push(value.u32())
    return { type: 'communities', values }
  },
  encode(writer, attribute) {
    for (const value of attribute.values) writer.u32(value)
  },
}

/** RFC 8092 §4: `64496:4294967295:2`. */
export interface LargeCommunity {
  readonly global: number
  readonly local1: number
  readonly local2: number
}

export interface LargeCommunities {
  readonly type: 'large-communities'
  readonly values: readonly LargeCommunity[]
}

export const largeCommunities: AttributeCodec<LargeCommunities> = {
  code: 32,
  flags: OPTIONAL_TRANSITIVE,
  decode(value) {
    if (value.remaining === 0 || value.remaining % 12 !== 0) {
      throw new AttributeFault(UpdateError.length, `LARGE_COMMUNITY of ${value.remaining} octets`)
    }
    // RFC 8092 §5: redundant values are removed silently.
    const values = new Map<string, LargeCommunity>()
    while (value.remaining > 0) {
      const one = { global: value.u32(), local1: value.u32(), local2: value.u32() }
      values.set(formatLargeCommunity(one), one)
    }
    return { type: 'large-communities', values: [...values.values()] }
  },
  encode(writer, attribute) {
    for (const { global, local1, local2 } of attribute.values) writer.u32(global).u32(local1).u32(local2)
  },
}

/** RFC 1997, RFC 7999, RFC 8326; IANA "BGP Well-known Communities". */
export const WellKnownCommunity = {
  gracefulShutdown: 0xffff0000,
  acceptOwn: 0xffff0001,
  blackhole: 0xffff029a,
  noExport: 0xffffff01,
  noAdvertise: 0xffffff02,
  noExportSubconfed: 0xffffff03,
  noPeer: 0xffffff04,
} as const

const NAMES: Readonly<Record<string, number>> = {
  'graceful-shutdown': WellKnownCommunity.gracefulShutdown,
  'accept-own': WellKnownCommunity.acceptOwn,
  blackhole: WellKnownCommunity.blackhole,
  'no-export': WellKnownCommunity.noExport,
  'no-advertise': WellKnownCommunity.noAdvertise,
  'local-as': WellKnownCommunity.noExportSubconfed,
  'no-peer': WellKnownCommunity.noPeer,
}
const NAME_OF = new Map(Object.entries(NAMES).map(([name, value]) => [value, name]))

/** `65001:100`, or a well-known one's name: `no-export`. */
export function formatCommunity(value: number): string {
  return NAME_OF.get(value >>> 0) ?? `${value >>> 16}:${value & 0xffff}`
}

/** Reads what `formatCommunity` writes; `undefined` for anything else. */
export function parseCommunity(text: string): number | undefined {
  if (Object.hasOwn(NAMES, text)) return NAMES[text]
  const parts = numbers(text, 2, 0xffff)
  return parts && parts[0]! * 0x10000 + parts[1]!
}

/** `64496:1:2` */
export function formatLargeCommunity({ global, local1, local2 }: LargeCommunity): string {
  return `${global}:${local1}:${local2}`
}

export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  const parts = numbers(text, 3, 0xffffffff)
  return parts && { global: parts[0]!, local1: parts[1]!, local2: parts[2]! }
}

function numbers(text: string, count: number, most: number): number[] | undefined {
  const parts = text.split(':')
  if (parts.length !== count || parts.some((part) => !/^(?:0|[1-9]\d{0,9})$/.test(part) || Number(part) > most)) return undefined
  return parts.map(Number)
}
