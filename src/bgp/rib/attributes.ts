/** The attributes of received paths, as the decision process and readers want them. */
import { formatIpv4, type Ipv4, type Ipv6 } from '../../net/index.ts'
import {
  AS_TRANS,
  asnsOf,
  findAttribute,
  type LargeCommunity,
  mergeAs4Path,
  type OriginValue,
  pathLength,
  type UpdateMessage,
  WellKnownCommunity,
} from '../wire/index.ts'

/** What all routes of one UPDATE share. */
export interface PathAttributes {
  /** An IPv4 address as a number, an IPv6 address as its text. */
  readonly nextHop: Ipv4 | Ipv6
  readonly origin: OriginValue
  /** In order, sets included. */
  readonly asPath: readonly number[]
  /** A set counts as one (RFC 4271 §9.1.2.2 a). */
  readonly asPathLength: number
  /** The AS that the path came from; absent where it begins with a set (RFC 4271 §9.1.2.2 c). */
  readonly neighborAs?: number
  readonly multiExitDisc?: number
  /** Unsigned; RFC 1997. */
  readonly communities: readonly number[]
  /** RFC 8092. */
  readonly largeCommunities?: readonly LargeCommunity[]
  /** The degree of preference that our own policy gives (RFC 4271 §9.1.1); 100 where absent. */
  readonly localPref?: number
  /** Why it is never used, in words. */
  readonly rejected?: string
}

export interface ReceivedPath {
  readonly pathId: number
  readonly attributes: PathAttributes
}

export interface ImportOptions {
  readonly localAsn: number
  readonly peerAsn: number
  /** RFC 4271 §6.3: the first AS of the path must be the peer's. A route server's is not. */
  readonly enforceFirstAs: boolean
  /** Our own end: no next hop for anything that others announce (RFC 4271 §6.3). */
  readonly localAddress?: string
  /** RFC 8326 §4.2: a path with GRACEFUL_SHUTDOWN gets the lowest preference. Default true. */
  readonly honorGracefulShutdown?: boolean
  /** RFC 8212: false keeps all paths out of use. Default true. */
  readonly accept?: boolean
}

/** What every route has: ORIGIN, AS_PATH with a segment, NEXT_HOP, and MULTI_EXIT_DISC, which many have. */
const COMMON_OCTETS = 32

/** How many octets of an UPDATE attributes are, of which as many as a message holds may come with each route: what is to be bounded. */
export function attributeOctets({ asPath, communities, largeCommunities }: PathAttributes): number {
  return COMMON_OCTETS + 4 * (asPath.length + communities.length) + 12 * (largeCommunities?.length ?? 0)
}

/** An UPDATE, or what many share. */
type Attributed = Pick<UpdateMessage, 'attributes'>

/** `twoOctetAs`: the peer speaks two-octet AS numbers; from one that speaks four an AS4_PATH is discarded (RFC 6793 §6). */
export function attributesOf(update: Attributed, nextHop: Ipv4 | Ipv6, options: ImportOptions, twoOctetAs: boolean): PathAttributes {
  const path = findAttribute(update.attributes, 'as-path')?.segments ?? []
  const as4 = twoOctetAs ? as4PathOf(update) : undefined
  const segments = as4 === undefined ? path : mergeAs4Path(path, as4)
  const asPath = asnsOf(segments)
  const neighborAs = segments[0]?.kind === 'sequence' ? asPath[0] : undefined
  const multiExitDisc = findAttribute(update.attributes, 'multi-exit-disc')?.value
  const communities = findAttribute(update.attributes, 'communities')?.values ?? []
  const largeCommunities = findAttribute(update.attributes, 'large-communities')?.values
  const shutdown = communities.length > 0 && communities.includes(WellKnownCommunity.gracefulShutdown)
  const rejected = rejection(asPath, nextHop, options)
  return {
    nextHop,
    origin: findAttribute(update.attributes, 'origin')?.value ?? 'incomplete',
    asPath,
    asPathLength: pathLength(segments),
    ...(neighborAs === undefined ? {} : { neighborAs }),
    ...(multiExitDisc === undefined ? {} : { multiExitDisc }),
    communities,
    ...(largeCommunities === undefined ? {} : { largeCommunities }),
    ...(shutdown && options.honorGracefulShutdown !== false ? { localPref: 0 } : {}),
    ...(rejected === undefined ? {} : { rejected }),
  }
}

/** RFC 6793 §4.2.3: an AGGREGATOR that is not AS_TRANS was written by one who knew nothing of AS4_PATH, so both are ignored. */
function as4PathOf(update: Attributed) {
  const as4 = findAttribute(update.attributes, 'as4-path')?.segments
  if (as4 === undefined) return undefined
  const aggregator = findAttribute(update.attributes, 'aggregator')
  return aggregator && aggregator.asn !== AS_TRANS && findAttribute(update.attributes, 'as4-aggregator') ? undefined : as4
}

/** RFC 4271 §9.1.2 and R41: our own AS in the path means that the route has been here. */
function rejection(asPath: readonly number[], nextHop: Ipv4 | Ipv6, options: ImportOptions): string | undefined {
  const { localAsn, peerAsn, enforceFirstAs, localAddress, accept } = options
  if (asPath.includes(localAsn)) return `AS loop: our own AS ${localAsn} is in the path`
  if (enforceFirstAs && asPath[0] !== peerAsn) {
    return `the path begins with AS ${asPath[0] ?? 'none'}, the peer is AS ${peerAsn}`
  }
  if (localAddress !== undefined && hopText(nextHop) === localAddress) return 'the next hop is our own address'
  if (typeof nextHop === 'string' && (nextHop === '::' || nextHop.startsWith('ff'))) return `the next hop ${nextHop} is no host’s address`
  return accept === false ? 'nothing is accepted from this peer: no import policy (RFC 8212)' : undefined
}

function hopText(nextHop: Ipv4 | Ipv6): string {
  return typeof nextHop === 'number' ? formatIpv4(nextHop) : nextHop
}

/** `10.0.1.11` */
export function nextHopText(path: ReceivedPath): string {
  return hopText(path.attributes.nextHop)
}
