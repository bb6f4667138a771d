import { describe, expect, test } from 'vitest'
import { type Micros, SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { type Behaviour, compareRuns, comparisonLines, type Disagreement } from '../../../src/report/fidelity/index.ts'
import { logOf, NODES, type Told, VIP } from './log.ts'

const { A, B, C } = NODES
const compare = (a: Told, b: Told) => compareRuns(logOf(a), logOf({ epoch: 1_000_003, ...b }), TIMER_PROFILES.fast)
const differ = (a: Told, b: Told): readonly Disagreement[] => compare(a, b).differences
const behaviours = (found: readonly Disagreement[]): Behaviour[] => [...new Set(found.map(({ behaviour }) => behaviour))]

describe('two runs that agree', () => {
  test('a log agrees with itself on another clock, in everything that is compared', () => {
    const { differences, compared } = compare({}, {})
    expect(differences).toEqual([])
    expect(compared).toEqual({
      assertions: { same: 1, underWay: 0 },
      sessions: { same: 3, underWay: 0 },
      routes: { same: 3, underWay: 0 },
      fib: { same: 3, underWay: 0 },
      floatingIps: { same: 3, underWay: 0 },
      sessionOrder: { same: 2, underWay: 0 },
      fibOrder: { same: 2, underWay: 0 },
      times: { same: 2, underWay: 0 },
      shares: { same: 2, underWay: 0 },
    })
  })

  test.each<[string, Told, Told]>([
    ['which of several equal paths is best', { best: 0 }, { best: 2 }],
    ['the order in which next hops come', { first: [A, B, C] }, { first: [C, A, B] }],
    ['times within what timers allow', { lostAfter: 1.5 * SECOND }, { lostAfter: 5 * SECOND }],
    ['the words for why a session is down', { flaps: [[2.5 * SECOND, 3.5 * SECOND]] }, { flaps: [[2.6 * SECOND, 3.7 * SECOND]] }],
    ['shares as chance has them', { shares: { 'node-05': 330, 'node-06': 270 } }, { shares: { 'node-05': 280, 'node-06': 320 } }],
    [
      'what is undone within a second',
      {},
      {
        flaps: [
          [2 * SECOND, 2.3 * SECOND],
          [2.5 * SECOND, 3.6 * SECOND],
        ],
      },
    ],
  ])('may differ in %s', (_, a, b) => {
    expect(differ(a, b)).toEqual([])
    expect(differ(b, a)).toEqual([])
  })
})

describe('each difference is found', () => {
  test.each<[string, Told, Told, readonly Behaviour[]]>([
    ['an assertion fails', {}, { holds: false }, ['assertions']],
    ['another step', {}, { lastStep: 'wait' }, ['assertions']],
    ['another fault', {}, { fault: 'process-kill' }, ['assertions']],
    ['a session stays down', {}, { flaps: [[2.5 * SECOND, 60 * SECOND]] }, ['sessions', 'sessionOrder']],
    ['a session negotiates otherwise', {}, { addPath: false }, ['sessions']],
    ['a next hop stays', {}, { last: [A, B, C] }, ['fib', 'routes', 'fibOrder']],
    ['one more next hop goes', {}, { last: [C] }, ['fib', 'routes', 'fibOrder']],
    ['multipath is off', {}, { first: [A], last: [B] }, ['fib', 'routes', 'fibOrder']],
    ['the prefix is gone for a while', { flaps: [] }, { flaps: [], last: [] }, ['fib', 'routes', 'fibOrder']],
    ['another node has the floating IP', {}, { holder: 'node-01' }, ['floatingIps']],
    [
      'the session flaps twice',
      {},
      {
        flaps: [
          [2.5 * SECOND, 3.5 * SECOND],
          [5 * SECOND, 6.5 * SECOND],
        ],
      },
      ['sessionOrder'],
    ],
    ['a next hop goes too late', { lostAfter: 1.5 * SECOND }, { lostAfter: 6.1 * SECOND }, ['times']],
    ['a next hop goes by a timer in place of at once', { lostAfter: 0.1 * SECOND }, { lostAfter: 3.2 * SECOND }, ['times']],
    ['a session stays Idle for longer', {}, { flaps: [[2.5 * SECOND, 6.1 * SECOND]] }, ['times']],
    ['flows are spread otherwise', {}, { shares: { 'node-05': 450, 'node-06': 150 } }, ['shares']],
    ['a node gets no flow', {}, { shares: { 'node-05': 600 } }, ['shares']],
  ])('%s', (_, a, b, wanted) => {
    expect(behaviours(differ(a, b)).sort()).toEqual([...wanted].sort())
    expect(behaviours(differ(b, a)).sort()).toEqual([...wanted].sort())
  })

  test('a next hop that goes and comes again is told, whatever the sets were before and after', () => {
    const [log, flapping] = [logOf({ last: [A, B, C] }), logOf({ last: [A, B, C] })]
    const fib = (hops: readonly string[], at: Micros) => {
      const nextHops = hops.map((via) => ({ via, interface: 'rack1', weight: 1 }))
      flapping.push({ type: 'fib', device: 'tor1', route: { device: 'tor1', prefix: VIP, protocol: 'bgp', metric: 20, nextHops }, at })
    }
    fib([], 13 * SECOND)
    fib([A, B, C], 15 * SECOND)
    const { differences } = compareRuns(log, flapping, TIMER_PROFILES.fast)
    expect(differences).toEqual([
      { behaviour: 'fibOrder', where: 'tor1', what: VIP, when: 'after power-off of node-04', a: 'there', b: 'there → gone → there' },
    ])
  })
})

test('a difference is told in words: what, where, when, and what it was on each', () => {
  const lines = comparisonLines(compare({}, { last: [A, B, C] }), { a: 'real routers', b: 'the simulator' })
  expect(lines[0]).toMatch(/^≠ real routers and the simulator differ in 3 things, \d+ are the same/)
  const text = lines.join('\n')
  expect(text).toContain(`tor1  ${VIP} · Kernel routes, the end of step come to rest
      real routers:  next hops ${B}, ${C}
      the simulator: next hops ${A}, ${B}, ${C}`)
  expect(text).toContain(`tor1  ${VIP} via ${A} · Order of kernel routes, after power-off of node-04
      real routers:  there → gone
      the simulator: there`)
})
