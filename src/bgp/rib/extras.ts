/** What a route is announced with beyond ORIGIN, AS_PATH and its next hop. */
import {
  type Attribute,
  formatCommunity,
  formatLargeCommunity,
  type LargeCommunity,
  type OriginValue,
  parseCommunity,
  parseLargeCommunity,
} from '../wire/index.ts'

export interface RouteOptions {
  /** RFC 1997: `65001:100`, or by name: `no-export`, `no-advertise`, `graceful-shutdown`, `blackhole`. */
  readonly communities?: readonly string[]
  /** RFC 8092: `64496:1:2`. */
  readonly largeCommunities?: readonly string[]
  readonly multiExitDisc?: number
  /** Default `igp`. */
  readonly origin?: OriginValue
  /** How often our own AS stands in the path beyond the first. */
  readonly prepend?: number
  /** The AS_PATH with which a router that passes the route on had learnt it: it stands behind our own AS, in order. */
  readonly transit?: readonly number[]
}

/** The same, read; equal ones are one object (`text` tells them apart), so that a comparison is `===`. */
export interface RouteExtras {
  readonly text: string
  readonly origin: OriginValue
  readonly prepend: number
  readonly transit: readonly number[]
  readonly multiExitDisc?: number
  readonly communities: readonly number[]
  readonly largeCommunities: readonly LargeCommunity[]
}

/** Throws `TypeError` on text that is no community, or a number that does not fit; `undefined` where nothing is asked for. */
export function readExtras(options: RouteOptions): RouteExtras | undefined {
  const { origin = 'igp', prepend = 0, transit = [], multiExitDisc } = options
  const communities = [...new Set(options.communities?.map((text) => read(text, parseCommunity, 'community')))]
  const large = options.largeCommunities?.map((text) => read(text, parseLargeCommunity, 'large community')) ?? []
  // RFC 8092 §3: no duplicates on the wire.
  const largeCommunities = [...new Map(large.map((value) => [formatLargeCommunity(value), value])).values()]
  if (!Number.isInteger(prepend) || prepend < 0 || prepend > 100) throw new TypeError(`prepend ${prepend}: 0 to 100`)
  const wrong = transit.find((asn) => !Number.isInteger(asn) || asn < 1 || asn > 0xffffffff)
  if (wrong !== undefined) throw new TypeError(`transit: ${wrong} is no AS number`)
  if (multiExitDisc !== undefined && (!Number.isInteger(multiExitDisc) || multiExitDisc < 0 || multiExitDisc > 0xffffffff)) {
    throw new TypeError(`multiExitDisc ${multiExitDisc}: 0 to 4294967295`)
  }
  if (communities.length + largeCommunities.length > 200) throw new TypeError('more than 200 communities on one route')
  const ownPath = prepend === 0 && transit.length === 0
  if (origin === 'igp' && ownPath && multiExitDisc === undefined && communities.length + largeCommunities.length === 0) return undefined
  const texts = [communities.map(formatCommunity).join(' '), largeCommunities.map(formatLargeCommunity).join(' ')]
  const text = [origin, prepend, transit.join(' '), multiExitDisc ?? '', ...texts].join('|')
  return { text, origin, prepend, transit, ...(multiExitDisc === undefined ? {} : { multiExitDisc }), communities, largeCommunities }
}

/** The attributes that they come to, in the order of their type codes, ORIGIN and AS_PATH left out. */
export function extraAttributes(extras: RouteExtras | undefined, added: readonly number[]): Attribute[] {
  const communities = [...new Set([...(extras?.communities ?? []), ...added])]
  return [
    ...(extras?.multiExitDisc === undefined ? [] : [{ type: 'multi-exit-disc' as const, value: extras.multiExitDisc }]),
    ...(communities.length === 0 ? [] : [{ type: 'communities' as const, values: communities }]),
    ...(extras === undefined || extras.largeCommunities.length === 0
      ? []
      : [{ type: 'large-communities' as const, values: extras.largeCommunities }]),
  ]
}

function read<T>(text: string, parse: (text: string) => T | undefined, what: string): T {
  const value = parse(text)
  if (value === undefined) throw new TypeError(`not a ${what}: ${JSON.stringify(text)}`)
  return value
}
