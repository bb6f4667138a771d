/** What the agent asks of a speaker: one for each local address. The speaker itself is `bgp`'s. */
import type { PeerConfig } from '../../bgp/index.ts'
import type { SessionState, TimerProfile } from '../../model/index.ts'

export interface NodeRoute {
  /** `a.b.c.d/n` */
  readonly prefix: string
  /** For sessions with ADD-PATH. */
  readonly nextHops: readonly string[]
  /** For sessions without (R22). */
  readonly singleNextHop: string
}

/** A session as its agent reports it (R36). */
export interface NodeSession {
  readonly localAddress: string
  readonly peerAddress: string
  readonly state: SessionState
  /** Prefixes that the peer has been sent, sorted. */
  readonly advertised: readonly string[]
  /** Why it is not Established, in words; absent where it is, or where nothing has gone wrong yet. */
  readonly reason?: string
}

export interface NodeSpeaker {
  /** Replaces the set of peers; sessions that the change does not touch stay up (R30). */
  setPeers(peers: readonly PeerConfig[]): void
  announce(routes: readonly NodeRoute[]): void
  sessions(): readonly NodeSession[]
  /** Cease to every peer, then close; `done` once nothing of it is open. */
  stop(done: () => void): void
}

export interface NodeSpeakerConfig {
  readonly localAddress: string
  readonly localAsn: number
  readonly routerId: string
  readonly peers: readonly PeerConfig[]
}

export type SpeakerFactory = (config: NodeSpeakerConfig) => NodeSpeaker

/** A peer with the lab's timers. */
export function peerOf(peerAddress: string, peerAsn: number, timers: TimerProfile): PeerConfig {
  const { holdTimeSeconds, keepaliveSeconds, connectRetrySeconds } = timers
  return { peerAddress, peerAsn, holdTimeSeconds, keepaliveSeconds, connectRetrySeconds }
}
