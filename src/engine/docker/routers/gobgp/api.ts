/**
 * GoBGP 3.10's API (`apipb.GobgpApi`): what of its answers a reader needs, with the field numbers of its `gobgp.proto`. The API is used
 * rather than the `gobgp` command because its paths carry their path identifier, which the command's JSON leaves out, because
 * `gobgp monitor neighbor -j` prints nothing, and because one connection serves reads and events.
 */
import { encode, Message } from './proto.ts'

/** What `global rib` shows of one path. */
export interface GobgpPath {
  readonly nextHop: string
  /** Absent for a path that this router originates. */
  readonly neighbor?: string
  readonly identifier: number
  readonly asPath: readonly number[]
  readonly origin: number
  readonly med: number
  readonly localPreference: number
  readonly best: boolean
}

export interface GobgpDestination {
  readonly prefix: string
  /** Best first. */
  readonly paths: readonly GobgpPath[]
}

export interface GobgpPeer {
  readonly address: string
  readonly asn: number
  readonly localAsn: number
  readonly localAddress: string
  /** PeerState.SessionState: 1 Idle … 6 Established. */
  readonly state: number
  readonly holdTimeSeconds: number
  /** When it came up, by the wall clock, in whole seconds; 0 where it never did. */
  readonly upSinceSeconds: number
  readonly received: number
  /** What each side can do with IPv4 unicast: RFC 7911 §4, 1 receive, 2 send, 3 both. */
  readonly localAddPath: number
  readonly remoteAddPath: number
}

/** AFI 1, SAFI 1. */
const IPV4_UNICAST = encode([
  [1, 1],
  [2, 1],
])

export const LIST_PEER = encode([])
export const LIST_GLOBAL = encode([[3, IPV4_UNICAST]])

/** Peers, received paths and best paths, each from now on. */
export const WATCH_ALL = encode([
  [1, encode([])],
  [
    2,
    encode([
      [1, encode([[1, 1]])],
      [1, encode([[1, 0]])],
    ]),
  ],
])

export function parseDestination(answer: Uint8Array): GobgpDestination {
  const destination = new Message(answer).message(1)
  return { prefix: destination?.text(1) ?? '', paths: (destination?.messages(2) ?? []).map(parsePath) }
}

function parsePath(path: Message): GobgpPath {
  const attributes = new Map<string, Message>()
  for (const any of path.messages(2)) {
    const value = any.message(2)
    if (value !== undefined) attributes.set(any.text(1).replace('type.googleapis.com/apipb.', ''), value)
  }
  const neighbor = path.text(15)
  return {
    nextHop: attributes.get('NextHopAttribute')?.text(1) ?? '0.0.0.0',
    // GoBGP writes Go's nil for a path of its own.
    ...(neighbor === '' || neighbor === '<nil>' ? {} : { neighbor }),
    identifier: path.number(18),
    asPath: (attributes.get('AsPathAttribute')?.messages(1) ?? []).flatMap((segment) => segment.numbers(2)),
    origin: attributes.get('OriginAttribute')?.number(1) ?? 0,
    med: attributes.get('MultiExitDiscAttribute')?.number(1) ?? 0,
    localPreference: attributes.get('LocalPrefAttribute')?.number(1) ?? 100,
    best: path.flag(4),
  }
}

export function parsePeer(answer: Uint8Array): GobgpPeer {
  const peer = new Message(answer).message(1)
  const conf = peer?.message(2)
  const state = peer?.message(5)
  const timers = peer?.message(6)?.message(2)
  const family = (peer?.messages(10) ?? []).map((one) => one.message(3)).find((one) => one?.message(1)?.number(1) === 1)
  return {
    address: state?.text(5) || conf?.text(4) || '',
    asn: state?.number(6) || conf?.number(5) || 0,
    localAsn: conf?.number(3) ?? 0,
    localAddress: peer?.message(7)?.text(1) ?? '',
    state: state?.number(13) ?? 0,
    holdTimeSeconds: timers?.number(5) ?? 0,
    upSinceSeconds: timers?.message(6)?.number(1) ?? 0,
    received: family?.number(3) ?? 0,
    remoteAddPath: addPathMode(state?.messages(18) ?? []),
    localAddPath: addPathMode(state?.messages(19) ?? []),
  }
}

function addPathMode(capabilities: readonly Message[]): number {
  for (const any of capabilities) {
    if (!any.text(1).endsWith('.AddPathCapability')) continue
    for (const tuple of any.message(2)?.messages(1) ?? []) if (tuple.message(1)?.number(1) === 1) return tuple.number(2)
  }
  return 0
}
