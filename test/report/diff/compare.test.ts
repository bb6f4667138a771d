import { describe, expect, test } from 'vitest'
import type { FibRoute, LabEvent, Route, RoutePath, Session } from '../../../src/model/index.ts'
import { compareSnapshots, differs, diffLines, probesAt, type Snapshot } from '../../../src/report/diff/index.ts'

const session = (peerAddress: string, more: Partial<Session> = {}): Session => ({
  device: 'tor1',
  localAddress: '10.8.0.10',
  peerAddress,
  localAsn: 65002,
  peerAsn: 65001,
  state: 'Established',
  establishedCount: 1,
  addPath: { receive: true, send: false },
  holdTimeSeconds: 9,
  ...more,
})
const path = (nextHop: string, from: string, more: Partial<RoutePath> = {}): RoutePath => ({
  nextHop,
  from,
  asPath: [65001],
  valid: true,
  best: false,
  multipath: true,
  ...more,
})
const route = (prefix: string, ...paths: RoutePath[]): Route => ({ device: 'tor1', prefix, paths })
const kernel = (prefix: string, ...hops: string[]): FibRoute => ({
  device: 'tor1',
  prefix,
  protocol: 'bgp',
  metric: 20,
  nextHops: hops.map((via) => ({ via, interface: 'rack1', weight: 1 })),
})
const snapshot = (more: Partial<Snapshot>): Snapshot => ({
  label: '',
  sessions: [],
  routes: [],
  fib: [],
  floatingIps: [],
  traffic: [],
  ...more,
})
const lines = (a: Partial<Snapshot>, b: Partial<Snapshot>) => diffLines('a', 'b', compareSnapshots(snapshot(a), snapshot(b))).slice(2)

describe('a comparison', () => {
  test('of the same finds nothing, whatever counters, clocks and ages say', () => {
    const a = {
      sessions: [session('10.0.1.100', { since: 1, prefixesReceived: 3 })],
      routes: [
        route('10.0.0.1/32', path('10.0.1.20', '10.0.1.100', { best: true }), path('10.0.1.20', '10.0.2.100', { multipath: false })),
      ],
      fib: [kernel('10.0.0.1/32', '10.0.1.20', '10.0.1.21')],
    }
    const b = {
      sessions: [session('10.0.1.100', { since: 7_000_000, establishedCount: 4, prefixesReceived: 9 })],
      routes: [
        route('10.0.0.1/32', path('10.0.1.20', '10.0.1.100', { multipath: false }), path('10.0.1.20', '10.0.2.100', { best: true })),
      ],
      fib: [{ ...kernel('10.0.0.1/32', '10.0.1.21', '10.0.1.20'), protocol: '186', metric: 30 }],
    }
    expect(differs(compareSnapshots(snapshot(a), snapshot(b)))).toBe(false)
    expect(lines(a, b).at(-1)).toBe('no difference')
  })

  test('of sessions tells which went, came and changed, and why one is down', () => {
    const idle = session('10.0.2.100', { state: 'Idle', reason: 'Hold Timer Expired' })
    const active = session('10.0.2.100', { state: 'Active', reason: 'Hold Timer Expired' })
    expect(
      lines({ sessions: [session('10.0.1.100'), session('10.0.2.100')] }, { sessions: [idle, session('10.0.1.9', { peerAsn: 65009 })] }),
    ).toEqual([
      '',
      'sessions      1 gone, 1 new, 1 changed, 0 the same',
      '  + tor1  10.8.0.10 ↔ 10.0.1.9  state Established · peer AS 65009 · ADD-PATH receive · hold 9 s',
      '  - tor1  10.8.0.10 ↔ 10.0.1.100  state Established · peer AS 65001 · ADD-PATH receive · hold 9 s',
      '  ~ tor1  10.8.0.10 ↔ 10.0.2.100  state Established → down (Hold Timer Expired)',
    ])
    expect(lines({ sessions: [idle] }, { sessions: [active] }).at(-1)).toBe('no difference')
  })

  test('of routes tells next hops that went and came, once for all prefixes that fare alike', () => {
    const prefixes = [1, 2, 3, 4, 5, 6].map((host) => `10.0.0.${host}/32`)
    const before = prefixes.map((prefix) => kernel(prefix, '10.0.1.20', '10.0.1.21'))
    const after = prefixes.map((prefix) => kernel(prefix, '10.0.1.21', '10.0.2.20'))
    expect(lines({ fib: before }, { fib: after })).toEqual([
      '',
      'FIB           6 changed, 0 the same',
      '  ~ tor1  10.0.0.1/32, 10.0.0.2/32, 10.0.0.3/32, 10.0.0.4/32 and 2 more  next hops −10.0.1.20, +10.0.2.20, 10.0.1.21',
    ])
    const used = route('10.0.0.1/32', path('10.0.1.20', '10.0.1.100'))
    const unused = route('10.0.0.1/32', path('10.0.1.20', '10.0.1.100', { multipath: false, valid: false }))
    expect(lines({ routes: [used] }, { routes: [unused] }).slice(2)).toEqual([
      '  ~ tor1  10.0.0.1/32',
      '      next hops −10.0.1.20 (AS 65001)',
      '      not used +10.0.1.20 (AS 65001)',
    ])
    expect(lines({ routes: [used] }, { routes: [route('10.0.0.1/32')] })[2]).toMatch(/^ {2}- tor1 {2}10\.0\.0\.1\/32/)
  })

  test('of floating IPs and traffic tells who has them now, and what is lost', () => {
    const flows = { name: 'udp-1', flows: 30 }
    expect(
      lines(
        {
          floatingIps: [{ address: '10.0.1.100', node: 'node-04' }],
          traffic: [{ ...flows, answered: 30, over: ['node-04'], longestLoss: 0 }],
        },
        { floatingIps: [{ address: '10.0.1.100' }], traffic: [{ ...flows, answered: 23, over: ['node-05'], longestLoss: 1_800_000 }] },
      ),
    ).toEqual([
      '',
      'floating IPs  1 changed, 0 the same',
      '  ~ 10.0.1.100  node node-04 → Unassigned',
      '',
      'traffic       1 changed, 0 the same',
      '  ~ udp-1',
      '      answered 30 of 30 flows → 23 of 30 flows',
      '      longest loss 0 ms → 1.8 s',
      '      over −node-04, +node-05',
    ])
  })
})

test('a probe stands at a moment as its records until then say', () => {
  const at = (at: number, flow: number, state: 'ok' | 'lost', node?: string): LabEvent => ({
    type: 'probe',
    device: 'client',
    probe: 'udp-1',
    flow,
    state,
    ...(node !== undefined && { node }),
    at,
  })
  const events = [at(1, 0, 'ok', 'node-04'), at(2, 1, 'ok', 'node-05'), at(10, 0, 'lost'), at(40, 0, 'ok', 'node-06'), at(50, 1, 'lost')]
  const name = 'udp-1'
  expect(probesAt(events, 5)).toEqual([{ name, flows: 2, answered: 2, over: ['node-04', 'node-05'], longestLoss: 0 }])
  expect(probesAt(events, 30)).toEqual([{ name, flows: 2, answered: 1, over: ['node-05'], longestLoss: 20 }])
  expect(probesAt(events, Number.POSITIVE_INFINITY)).toEqual([{ name, flows: 2, answered: 1, over: ['node-06'], longestLoss: 30 }])
})
