/** Conditions over one BGP session of a device. Pure. */
import { formatDuration, type LabEvent, type Micros, SECOND, type Session } from '../../model/index.ts'
import type { Condition, FindingRow } from '../condition.ts'
import type { State } from '../state.ts'

export interface SessionWish {
  /** ADD-PATH negotiated in the device's receive direction (RFC 7911 §4), or not. */
  readonly addPath?: boolean
}

function base(device: string, peer: string): Pick<Condition, 'concerns' | 'reads'> {
  return {
    reads: [{ kind: 'sessions', device }],
    concerns: (event: LabEvent) =>
      (event.type === 'session' && event.device === device && event.session.peerAddress === peer) ||
      (event.type === 'session-removed' && event.device === device && event.peerAddress === peer) ||
      (event.type === 'fault' && event.device === device),
  }
}

function stateRow(device: string, peer: string, state: State): FindingRow {
  const seen = state.session(device, peer)?.state
  return {
    what: 'state',
    expected: 'Established',
    seen: seen ?? 'no such session',
    ok: seen === 'Established',
    same: (other) => other.session(device, peer)?.state === seen,
  }
}

function notes(session: Session | undefined): string[] {
  return session?.state !== 'Established' && session?.reason !== undefined ? [session.reason] : []
}

export function hasSession(device: string, peer: string, wish: SessionWish = {}): Condition {
  return {
    ...base(device, peer),
    describe: `${device} has a session with ${peer}${wish.addPath === undefined ? '' : wish.addPath ? ' with ADD-PATH' : ' without ADD-PATH'}`,
    evaluate(state) {
      const session = state.session(device, peer)
      const rows = [stateRow(device, peer, state)]
      if (wish.addPath !== undefined && session?.state === 'Established')
        rows.push({
          what: 'ADD-PATH, receive',
          expected: wish.addPath ? 'negotiated' : 'not negotiated',
          seen: session.addPath.receive ? 'negotiated' : 'not negotiated',
          ok: session.addPath.receive === wish.addPath,
        })
      const holds = rows.every((row) => row.ok)
      return { holds, differences: holds ? [] : [{ subject: `session with ${peer} at ${device}`, rows, notes: notes(session) }] }
    },
  }
}

export function hasNoSession(device: string, peer: string): Condition {
  return {
    ...base(device, peer),
    describe: `${device} has no session with ${peer}`,
    evaluate(state) {
      const session = state.session(device, peer)
      if (session?.state !== 'Established') return { holds: true, differences: [] }
      const row: FindingRow = {
        what: 'state',
        expected: 'not Established',
        seen: 'Established',
        ok: false,
        same: (other) => other.session(device, peer)?.state === 'Established',
      }
      return { holds: false, differences: [{ subject: `session with ${peer} at ${device}`, rows: [row], notes: [] }] }
    },
  }
}

/** Established again: up *after* `since`, not still up. */
export function reestablishesSession(device: string, peer: string, since: Micros): Condition {
  const again = (state: State) => {
    const at = state.establishedAt(device, peer)
    return state.session(device, peer)?.state === 'Established' && at !== undefined && at > since
  }
  return {
    ...base(device, peer),
    describe: `${device} sets the session with ${peer} up again`,
    evaluate(state) {
      if (again(state)) return { holds: true, differences: [] }
      const session = state.session(device, peer)
      const up = session?.state === 'Established'
      const row: FindingRow = {
        what: 'state',
        expected: 'Established anew',
        seen: up ? 'still the old session' : (session?.state ?? 'no such session'),
        ok: false,
        same: (other) => other.session(device, peer)?.state === session?.state,
      }
      return { holds: false, differences: [{ subject: `session with ${peer} at ${device}`, rows: [row], notes: notes(session) }] }
    },
  }
}

/**
 * Each of the sessions is the one that it was at `since`: still up, set up no more often since, and by the device's own count of its uptime up
 * since before. `before`: as the sessions were then. Only a fresh read tells the uptime.
 */
export function keptSessions(device: string, describe: string, before: readonly Session[], since: Micros): Condition {
  return {
    describe,
    reads: [{ kind: 'sessions', device }],
    concerns: (event: LabEvent) => (event.type === 'session' || event.type === 'session-removed') && event.device === device,
    // That they were up then is what is asked about; a change is what must not be.
    vacuous: () => (before.length === 0 ? `${device} had no such session` : undefined),
    evaluate(state) {
      const differences = before.flatMap((then) => {
        const { peerAddress } = then
        const now = state.session(device, peerAddress)
        const rows = [
          stateRow(device, peerAddress, state),
          ...(now?.state === 'Established' ? [countRow(then, now), uptimeRow(now, since)] : []),
        ]
        return rows.every((row) => row.ok) ? [] : [{ subject: `session with ${peerAddress} at ${device}`, rows, notes: notes(now) }]
      })
      return { holds: before.length > 0 && differences.length === 0, differences }
    },
  }
}

function countRow(then: Session, now: Session): FindingRow {
  const seen = `${now.establishedCount}`
  return { what: 'times set up', expected: `${then.establishedCount}`, seen, ok: now.establishedCount === then.establishedCount }
}

/** Daemons count whole seconds, so what came up within the last one before `since` looks as if it came up after. */
function uptimeRow({ upSince }: Session, since: Micros): FindingRow {
  const what = 'up since, by its own uptime'
  const expected = 'before then'
  if (upSince === undefined) return { what, expected, seen: 'not told', ok: false }
  const late = upSince - since
  return { what, expected, seen: `${formatDuration(Math.abs(late))} ${late < 0 ? 'before' : 'after'}`, ok: late <= SECOND }
}
