/** How a speaker and its peers are configured, with the defaults, and what that comes to for the FSM. */

import { SECOND } from '../model/index.ts'
import { type Ipv4, parseIpv4 } from '../net/index.ts'
import type { FsmConfig } from './fsm.ts'
import type { OpenConfig } from './negotiation.ts'

export const BGP_PORT = 179

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
  readonly idleHold?: { readonly initialSeconds: number; readonly capSeconds: number }
  /** Waits for the peer to connect; needs a speaker that listens. Default false. */
  readonly passive?: boolean
  /** What we offer for IPv4 unicast (RFC 7911). Default: send, not receive. */
  readonly addPath?: { readonly send: boolean; readonly receive: boolean }
  /** Refuse paths that do not begin with the peer's AS (RFC 4271 §6.3). Default true. */
  readonly enforceFirstAs?: boolean
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
}

/** A `PeerConfig` with every default filled in and addresses read. */
export interface ResolvedPeer extends OpenConfig {
  readonly localAddress: string
  readonly peerAddress: string
  readonly peerIp: Ipv4
  readonly port: number
  readonly enforceFirstAs: boolean
  readonly fsm: FsmConfig
}

/** RFC 4271 §8.2.2: "a large value", four minutes. */
const OPEN_HOLD = 240 * SECOND

/** Throws `TypeError` on a configuration that no session can run with; a caller that reads users' files checks them first. */
export function resolvePeer(speaker: SpeakerConfig, peer: PeerConfig): ResolvedPeer {
  const holdTimeSeconds = peer.holdTimeSeconds ?? 90
  const connectRetrySeconds = peer.connectRetrySeconds ?? 5
  const idleHold = peer.idleHold ?? { initialSeconds: 1, capSeconds: Math.max(1, connectRetrySeconds) }
  if (peer.peerAsn === speaker.localAsn) {
    throw new TypeError(`peer ${peer.peerAddress} is in our own AS ${speaker.localAsn}: iBGP is not supported (R1)`)
  }
  checkAsn(peer.peerAsn)
  checkAsn(speaker.localAsn)
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
    port: peer.port ?? BGP_PORT,
    holdTimeSeconds,
    keepaliveSeconds: peer.keepaliveSeconds ?? holdTimeSeconds / 3,
    addPath: peer.addPath ?? { send: true, receive: false },
    enforceFirstAs: peer.enforceFirstAs ?? true,
    fsm: {
      passive: peer.passive ?? false,
      restarts: true,
      firstConnectDelay: 0,
      connectRetry: connectRetrySeconds * SECOND,
      openHold: OPEN_HOLD,
      idleHold: { initial: idleHold.initialSeconds * SECOND, cap: idleHold.capSeconds * SECOND },
    },
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
