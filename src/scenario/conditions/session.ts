/** Conditions over one BGP session of a device. Pure. */
import type { LabEvent, Micros, Session } from '../../model/index.ts'
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
