import type {
  Cell,
  CellFacts,
  Look,
  PeerRouter,
  ReachFacts,
  SessionFacts,
  SessionOutcome,
  Trace,
} from '../../../src/cluster/preflight/index.ts'

/** Facts of one cell, good unless a test says otherwise. */
export const VIP = '10.0.0.8'
export const cell: Cell = { node: 'node-01', localIP: '10.0.1.10', localASN: 65001, peerIP: '10.0.1.254', peerASN: 65002 }
export const tor1: PeerRouter = { name: 'tor1', kind: 'frr' }

export const UP: SessionOutcome = { state: 'Established', upAfter: 90_000, failures: [], notifications: [] }

export function failing(reason: string, count = 3): SessionOutcome {
  return { state: 'Active', failures: [{ reason, count }], notifications: [] }
}

export const silent: SessionOutcome = { state: 'Connect', failures: [], notifications: [] }

export function notified(direction: 'sent' | 'received', code: number, subcode: number, detail = ''): SessionOutcome {
  return { state: 'Idle', failures: [], notifications: [{ direction, code, subcode, detail }] }
}

export function look(outcome: Look['knock']['outcome'], more: Partial<Look> = {}, icmpUnreachable = 0): Look {
  return { routed: true, ping: true, knock: { outcome, icmpUnreachable }, ...more }
}

export function leads(to: string, ...devices: readonly string[]): Trace {
  return { to, hops: devices.map((device) => ({ device, decision: 'via' })), end: { type: 'delivered', device: devices.at(-1)! } }
}

export function stops(to: string, ...devices: readonly string[]): Trace {
  return {
    to,
    hops: devices.map((device) => ({ device, decision: 'via' })),
    end: { type: 'no-route', device: devices.at(-1)!, how: 'none' },
  }
}

export function sessionOf(session: SessionFacts, router: PeerRouter | undefined = tor1): CellFacts {
  return { cell, ...(router && { router }), session }
}

export const reached: ReachFacts = {
  from: 'client',
  fromIP: '10.9.1.2',
  result: { sent: 1, answered: 1, after: 1_000, heldHere: false },
  arrived: 1,
}

export function good(reach: readonly ReachFacts[] = [reached]): CellFacts {
  const table = { path: { valid: true, used: true }, others: [], installed: ['10.0.1.10'] }
  return { cell, router: tor1, session: { outcome: UP }, announcement: { sent: true, outcome: UP, table }, reach }
}
