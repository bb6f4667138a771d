/** How a speaker and its peers are configured, with the defaults, and what that comes to for the FSM. */

import { SECOND } from '../model/index.ts'
import { type Ipv4, parseIpv4 } from '../net/index.ts'
import type { FsmConfig } from './fsm.ts'
import type { OpenConfig } from './negotiation.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'

export const BGP_PORT = 179
/** Of an interval, in seconds. */
const SHORTEST = 0.001

export interface PeerConfig {
  readonly peerAddress: string
  /** Not our own: R1. */
  readonly peerAsn: number
  /** Where the peer listens. Default 179. */
  readonly port?: number
  /** Offered in OPEN: 0, or 3 and more. Default 90. */
  readonly holdTimeSeconds?: number
  /** Default a third of the hold time; never more than a third of the negotiated one. */
  readonly keepaliveSeconds?: number
  /** Between attempts to connect. Default 5. */
  readonly connectRetrySeconds?: number
  /** The wait in Idle after a failure: doubles from `initial` to `cap`. Default 1 to max(1, connectRetrySeconds). */
  readonly idleHold?: {
    readonly initialSeconds: number
    readonly capSeconds: number
    /** It varies by a quarter (RFC 4271 §10). Default true. */
    readonly jitter?: boolean
  }
  /** Waits for the peer to connect; needs a speaker that listens. Default false. */
  readonly passive?: boolean
  /** What we offer for IPv4 unicast (RFC 7911). Default: send, not receive. */
  readonly addPath?: { readonly send: boolean; readonly receive: boolean }
  /** Refuse paths that do not begin with the peer's AS (RFC 4271 §6.3). Default true. */
  readonly enforceFirstAs?: boolean
  /** Families to exchange (RFC 4760). Default IPv4 unicast alone. */
  readonly families?: readonly FamilyName[]
  /** What we offer for IPv6 unicast (RFC 7911). Default: as for IPv4. */
  readonly addPathIpv6?: { readonly send: boolean; readonly receive: boolean }
  /** RFC 4724. Absent: not offered, so that nothing of a session outlives it. */
  readonly gracefulRestart?: GracefulRestartConfig
  /** Offer RFC 7313, and mark its beginning and end when we answer a request. Default false. */
  readonly enhancedRouteRefresh?: boolean
  /** Offer RFC 8654: messages to 65535 octets. Default false. */
  readonly extendedMessages?: boolean
  /** DelayOpen (RFC 4271 §8.1.1): how long our OPEN waits for the peer's. Default 0: not at all. */
  readonly delayOpenSeconds?: number
  /** RFC 9687: a peer that takes nothing of what we send for so long (twice the hold time at least) is given up. Default 480; 0: never. */
  readonly sendHoldSeconds?: number
  /** Vary the keepalive interval by a quarter, as RFC 4271 §10 has it. Default false: a reader of logs wants them every 30 s (R40). */
  readonly keepaliveJitter?: boolean
  /** Paths of one family that the peer may announce; more end the session with Cease/Maximum Number of Prefixes Reached. Default 2 million. */
  readonly maximumPrefixes?: number
  /**
   * Octets of path attributes that the peer may make us hold, attributes that several paths share once; more end the session with Cease/Out of
   * Resources. Default 256 MiB.
   */
  readonly maximumAttributeOctets?: number
  /** RFC 8212: whether the peer's paths may be used, and whether ours are announced to it. Default: see `requirePolicy`. */
  readonly import?: 'all' | 'none'
  readonly export?: 'all' | 'none'
  /** RFC 8326: paths with GRACEFUL_SHUTDOWN are the last choice. Default true. */
  readonly honorGracefulShutdown?: boolean
  /**
   * How a connection is refused that comes while the session is Established (RFC 4271 §6.8) or, as some daemons do, Idle: `cease` says Connection
   * Collision Resolution to the first, and resets the second; `close` takes both and closes them without a word, as GoBGP does. Default `cease`.
   */
  readonly refusal?: 'cease' | 'close'
  /** Refused by name: no socket option reaches us, neither for TCP MD5 (RFC 2385, R7) nor for TCP-AO (RFC 5925). */
  readonly password?: never
  /** Refused by name: the TTL is the network namespace's (`net.ipv4.ip_default_ttl=255` satisfies a peer that checks it, RFC 5082). */
  readonly ttlSecurity?: never
}

export interface GracefulRestartConfig {
  /** How long the peer keeps our routes while we are away. 1 to 4095, default 120. */
  readonly restartSeconds?: number
  /** We have just been restarted: say so, and announce nothing until the peers' End-of-RIB (§4.1). Default false. */
  readonly restarting?: boolean
  /** Our forwarding goes on while we are away (the F bit). Default true. */
  readonly forwardingPreserved?: boolean
  /** How long, after the peer is back, its old routes wait for its End-of-RIB. Default 360. */
  readonly stalePathSeconds?: number
  /** How long we wait for End-of-RIB after our own restart. Default 120. */
  readonly selectionDeferralSeconds?: number
}

export interface SpeakerConfig {
  /** Every session is bound to it. */
  readonly localAddress: string
  readonly localAsn: number
  /** BGP identifier. Default: the local address. */
  readonly routerId?: string
  readonly peers: readonly PeerConfig[]
  /** Accept connections of configured peers on the local address. Default false: a peer that connects gets the kernel's reset (R3). */
  readonly listen?: boolean | { readonly port: number }
  /** RFC 8212 to the letter: a peer without `import` is accepted nothing from, one without `export` announced nothing. Default false. */
  readonly requirePolicy?: boolean
}

/** A `PeerConfig` with every default filled in and addresses read. */
export interface ResolvedPeer extends OpenConfig {
  readonly localAddress: string
  readonly peerAddress: string
  readonly peerIp: Ipv4
  readonly port: number
  readonly enforceFirstAs: boolean
  readonly accept: boolean
  readonly announce: boolean
  readonly honorGracefulShutdown: boolean
  readonly keepaliveJitter: boolean
  readonly idleHoldJitter: boolean
  readonly maximumPrefixes: number
  readonly maximumAttributeOctets: number
  readonly refusal: 'cease' | 'close'
  readonly fsm: FsmConfig
}

/** RFC 4271 §8.2.2: "a large value", four minutes. */
const OPEN_HOLD = 240 * SECOND
/** RFC 9687 §3: eight minutes, or twice the hold time. */
const SEND_HOLD_SECONDS = 480
/** More than any table of today; a peer that sends without end stops here. */
const MAXIMUM_PREFIXES = 2_000_000
/** So many paths with a hundred octets each, where no two share theirs; long ones are about three times as much in memory. */
const MAXIMUM_ATTRIBUTE_OCTETS = 256 * 1024 * 1024

/** Throws `TypeError` on a configuration that no session can run with; a caller that reads users' files checks them first. */
export function resolvePeer(speaker: SpeakerConfig, peer: PeerConfig): ResolvedPeer {
  const holdTimeSeconds = peer.holdTimeSeconds ?? 90
  // Less than a millisecond would try again without end.
  const connectRetrySeconds = count(peer, 'connectRetrySeconds', peer.connectRetrySeconds ?? 5, SHORTEST, 0xffff)
  const idleHold: NonNullable<PeerConfig['idleHold']> = peer.idleHold ?? { initialSeconds: 1, capSeconds: Math.max(1, connectRetrySeconds) }
  if (peer.peerAsn === speaker.localAsn) {
    throw new TypeError(`peer ${peer.peerAddress} is in our own AS ${speaker.localAsn}: iBGP is not supported (R1)`)
  }
  refuseByName(peer)
  checkAsn(peer.peerAsn)
  checkAsn(speaker.localAsn)
  const port = peer.port ?? BGP_PORT
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new TypeError(`peer ${peer.peerAddress}: port ${port}; 1 to 65535`)
  if (
    !Number.isInteger(holdTimeSeconds) ||
    holdTimeSeconds < 0 ||
    holdTimeSeconds > 0xffff ||
    holdTimeSeconds === 1 ||
    holdTimeSeconds === 2
  ) {
    throw new TypeError(`peer ${peer.peerAddress}: a hold time of ${holdTimeSeconds} s; 0, or 3 to 65535`)
  }
  return {
    localAddress: speaker.localAddress,
    localAsn: speaker.localAsn,
    routerId: readAddress(speaker.routerId ?? speaker.localAddress),
    peerAddress: peer.peerAddress,
    peerIp: readAddress(peer.peerAddress),
    peerAsn: peer.peerAsn,
    port,
    holdTimeSeconds,
    keepaliveSeconds:
      holdTimeSeconds === 0 ? 0 : count(peer, 'keepaliveSeconds', peer.keepaliveSeconds ?? holdTimeSeconds / 3, SHORTEST, 0xffff),
    addPath: peer.addPath ?? { send: true, receive: false },
    families: familiesOf(peer),
    addPathIpv6: peer.addPathIpv6 ?? peer.addPath ?? { send: true, receive: false },
    enhancedRouteRefresh: peer.enhancedRouteRefresh ?? false,
    extendedMessages: peer.extendedMessages ?? false,
    ...(peer.gracefulRestart === undefined ? {} : { gracefulRestart: resolveRestart(peer) }),
    enforceFirstAs: peer.enforceFirstAs ?? true,
    accept: (peer.import ?? (speaker.requirePolicy ? 'none' : 'all')) === 'all',
    announce: (peer.export ?? (speaker.requirePolicy ? 'none' : 'all')) === 'all',
    honorGracefulShutdown: peer.honorGracefulShutdown ?? true,
    keepaliveJitter: peer.keepaliveJitter ?? false,
    idleHoldJitter: idleHold.jitter ?? true,
    maximumPrefixes: count(peer, 'maximumPrefixes', peer.maximumPrefixes ?? MAXIMUM_PREFIXES, 1, 0xffffffff),
    maximumAttributeOctets: count(
      peer,
      'maximumAttributeOctets',
      peer.maximumAttributeOctets ?? MAXIMUM_ATTRIBUTE_OCTETS,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    refusal: peer.refusal ?? 'cease',
    fsm: {
      passive: peer.passive ?? false,
      restarts: true,
      firstConnectDelay: 0,
      connectRetry: connectRetrySeconds * SECOND,
      openHold: OPEN_HOLD,
      delayOpen: count(peer, 'delayOpenSeconds', peer.delayOpenSeconds ?? 0, 0, 240) * SECOND,
      sendHold: count(peer, 'sendHoldSeconds', peer.sendHoldSeconds ?? SEND_HOLD_SECONDS, 0, 0xffff) * SECOND,
      idleHold: {
        initial: count(peer, 'idleHold.initialSeconds', idleHold.initialSeconds, 0, 0xffff) * SECOND,
        cap: count(peer, 'idleHold.capSeconds', idleHold.capSeconds, 0, 0xffff) * SECOND,
      },
    },
  }
}

function familiesOf({ peerAddress, families = ['ipv4'] }: PeerConfig): readonly FamilyName[] {
  const known = families.filter((family) => family === 'ipv4' || family === 'ipv6')
  if (known.length === 0 || known.length < families.length || new Set(known).size < known.length) {
    throw new TypeError(`peer ${peerAddress}: families ${JSON.stringify(families)}; ipv4, ipv6, or both`)
  }
  return known
}

function resolveRestart(peer: PeerConfig): Required<GracefulRestartConfig> {
  const { restartSeconds, restarting, forwardingPreserved, stalePathSeconds, selectionDeferralSeconds } = peer.gracefulRestart ?? {}
  return {
    restartSeconds: count(peer, 'restartSeconds', restartSeconds ?? 120, 1, 4095),
    restarting: restarting ?? false,
    forwardingPreserved: forwardingPreserved ?? true,
    stalePathSeconds: count(peer, 'stalePathSeconds', stalePathSeconds ?? 360, 1, 0xffff),
    selectionDeferralSeconds: count(peer, 'selectionDeferralSeconds', selectionDeferralSeconds ?? 120, 1, 0xffff),
  }
}

function count({ peerAddress }: PeerConfig, name: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw new TypeError(`peer ${peerAddress}: ${name} ${value}; ${least} to ${most}`)
  return value
}

/** Settings that people know from routers and that we cannot honour: silence would leave them thinking that they are protected. */
function refuseByName(peer: PeerConfig): void {
  const { peerAddress } = peer
  if (peer.password !== undefined) {
    throw new TypeError(`peer ${peerAddress}: password: TCP MD5 (RFC 2385) and TCP-AO (RFC 5925) are not supported (R7)`)
  }
  if (peer.ttlSecurity !== undefined) {
    throw new TypeError(
      `peer ${peerAddress}: ttlSecurity: GTSM (RFC 5082) is not supported here; set net.ipv4.ip_default_ttl=255 in the network namespace`,
    )
  }
}

/** Whether a running session can go on under another configuration. */
export function sameConfig(a: ResolvedPeer, b: ResolvedPeer): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function checkAsn(asn: number): void {
  if (!Number.isInteger(asn) || asn < 1 || asn > 0xfffffffe) throw new TypeError(`${asn} is no AS number: 1 to 4294967294`)
}

function readAddress(text: string): Ipv4 {
  const address = parseIpv4(text)
  if (address === undefined || address === 0) throw new TypeError(`not a host’s IPv4 address: ${JSON.stringify(text)}`)
  return address
}
