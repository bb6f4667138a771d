/** How the bytes of a session are to be read: what both OPENs agreed on, as far as it was seen. */
import type { Family } from '../wire/capability/family.ts'
import type { CodecContext } from '../wire/context.ts'

/** What an OPEN offers, as far as later messages depend on it. */
export interface Offer {
  /** Codes of all its capabilities. */
  readonly capabilities: ReadonlySet<number>
  readonly addPath: readonly (Family & { readonly send: boolean; readonly receive: boolean })[]
}

export interface DissectOptions {
  /** AS numbers take four octets (RFC 6793). */
  readonly fourOctetAs: boolean
  /** NLRI of a family carry a path identifier (RFC 7911), in the direction that is read. */
  readonly addPath: (family: Family) => boolean
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
  return { fourOctetAs, addPath: () => addPath, extendedMessages }
}

/** The same for the speaker's own codec, which knows ADD-PATH for IPv4 unicast. */
export function codecContext(options: DissectOptions): CodecContext {
  return { fourOctetAs: options.fourOctetAs, addPath: options.addPath({ afi: 1, safi: 1 }) }
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

function hasAddPath(open: Offer, family: Family, direction: 'send' | 'receive'): boolean {
  return open.addPath.some((each) => each.afi === family.afi && each.safi === family.safi && each[direction])
}

/** `4-octet AS, ADD-PATH`: what a reader of a message must know that the message does not say. */
export function describeOptions(options: DissectOptions): string[] {
  const addPath = [1, 2].some((afi) => options.addPath({ afi, safi: 1 }))
  return [
    options.fourOctetAs ? '4-octet AS' : '2-octet AS',
    ...(addPath ? ['ADD-PATH'] : []),
    ...(options.extendedMessages ? ['extended messages'] : []),
  ]
}
