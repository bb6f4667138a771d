/** GoBGP's peers read into the model. */
import { type Micros, SECOND, type Session, type SessionState } from '../../../../model/index.ts'
import type { RouterPlan } from '../../../../topology/plan.ts'
import { sortSessions } from '../driver.ts'
import type { GobgpPeer } from './api.ts'

/** `PeerState.SessionState` of GoBGP's API, by number. */
const STATES: readonly SessionState[] = ['Idle', 'Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established']

const RECEIVE = 1
const SEND = 2

/** What gobgpd's log has told of a peer since the daemon started; its API counts only some of the losses (not those by `disable`). */
export interface PeerHistory {
  /** How often it came up. */
  readonly ups: number
  /** Whether the last that was told was that it came up. */
  readonly up: boolean
  /** Why it was last lost. */
  readonly reason?: string
}

/** An instant on both clocks: the lab's, and gobgpd's wall clock in seconds. */
export interface ReadAt {
  readonly lab: Micros
  readonly wallSeconds: number
}

export function readGobgpSessions(
  plan: RouterPlan,
  peers: readonly GobgpPeer[],
  histories: ReadonlyMap<string, PeerHistory>,
  at: ReadAt,
): Session[] {
  const sessions = peers.map((peer): Session => {
    const planned = plan.neighbors.find((neighbor) => neighbor.address === peer.address)
    const state = STATES[peer.state] ?? 'Idle'
    const up = state === 'Established'
    const history = histories.get(peer.address) ?? { ups: 0, up: false }
    const reason = up ? undefined : history.reason
    return {
      device: plan.name,
      localAddress: peer.localAddress || planned?.updateSource || '0.0.0.0',
      peerAddress: peer.address,
      localAsn: peer.localAsn || plan.asn,
      peerAsn: peer.asn,
      state,
      // The API may know before the log's line was read.
      establishedCount: history.ups + (up && !history.up ? 1 : 0),
      addPath: {
        receive: up && (peer.localAddPath & RECEIVE) !== 0 && (peer.remoteAddPath & SEND) !== 0,
        send: up && (peer.localAddPath & SEND) !== 0 && (peer.remoteAddPath & RECEIVE) !== 0,
      },
      ...(up && peer.upSinceSeconds > 0 ? { upSince: Math.round(at.lab - (at.wallSeconds - peer.upSinceSeconds) * SECOND) } : {}),
      ...(up && peer.holdTimeSeconds > 0 ? { holdTimeSeconds: peer.holdTimeSeconds } : {}),
      ...(up ? { prefixesReceived: peer.received } : {}),
      ...(reason === undefined ? {} : { reason }),
    }
  })
  return sortSessions(sessions)
}

/** A line of gobgpd's log (JSON). */
export interface GobgpLog {
  readonly level?: string
  readonly msg?: string
  readonly Key?: string
  readonly Reason?: string
  readonly Error?: string
  readonly Topic?: string
}

export function parseGobgpLog(line: string): GobgpLog | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as GobgpLog
  } catch {
    return undefined
  }
}
