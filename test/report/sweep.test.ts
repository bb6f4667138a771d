import { describe, expect, test } from 'vitest'
import type { BrokenPath, Failure, SweepCase, SweepResult } from '../../src/model/index.ts'
import { sweepLines, sweepPage } from '../../src/report/sweep/index.ts'

const FAILURE: Failure = { kind: 'router', name: 'tor1', device: 'tor1' }
const PATH: BrokenPath = {
  from: 'client',
  vip: '10.0.0.1',
  service: 'default/web',
  flows: 12,
  lost: 12,
  forGood: true,
  outage: 5,
  path: ['client', 'core', 'tor1', 'node-04'],
  brokenAt: 2,
  cause: {
    code: 'single-router',
    message: 'tor1 is the only router of rack1',
    cure: 'rack1 among the racks of tor2',
    place: { file: 'topology.yaml', line: 14, column: 34, path: 'routers.tor2.racks' },
  },
}
const OUTAGE: BrokenPath = {
  ...PATH,
  forGood: false,
  lost: 4,
  outage: 70_700_000,
  endedBy: 'hold time',
  cause: { code: 'hold-time', message: 'hold time 90 s: …', cure: 'shorter timers', bound: 90_000_000 },
}

function found(change: Partial<SweepCase>): SweepCase {
  return {
    name: 'tor1',
    failures: [FAILURE],
    survival: 'none',
    broken: [],
    brief: [],
    outage: 0,
    convergence: 0,
    nextHops: [],
    unassigned: [],
    repair: { state: 'clean', after: 0, differences: [] },
    ...change,
  }
}
const lines = (...cases: SweepCase[]) => sweepLines({ topology: 'tiny', cases, lostBefore: [] } satisfies SweepResult, { wall: 1_800_000 })

describe('the survival table', () => {
  test('names the failure, the broken path and the line that would have saved it', () => {
    expect(lines(found({ survival: 'lost', broken: [PATH, { ...PATH, from: 'node-01' }] }))).toEqual([
      'tiny · 1 failure · 1.8 s · worst first',
      '  lost for good  tor1  10.0.0.1 (default/web) from client and node-01, 100 % of flows',
      '                   client → core ✗ tor1 → node-04',
      '                   tor1 is the only router of rack1',
      '                   topology.yaml:14:34  routers.tor2.racks: rack1 among the racks of tor2 would save it',
      '                   settled after 0 ms; repaired: as before after 0 ms',
    ])
  })

  test('an outage is as long as its timer may make it, beside what was measured', () => {
    const nextHops = ['10.0.0.1', '10.0.0.2'].map((vip) => ({ vip, before: ['node-04', 'node-05'], after: ['node-05'] }))
    const after = { convergence: 33_500_000, nextHops }
    const text = lines(found({ survival: 'outage', broken: [OUTAGE], outage: OUTAGE.outage, ...after }), found({ name: 'tor2' }))
    expect(text.slice(1, 5)).toEqual([
      '  up to 90 s     tor1  10.0.0.1 (default/web) from client, 33 % of flows',
      '                   client → core ✗ tor1 → node-04 · hold time 90 s: … (here 70.7 s)',
      '                   settled after 33.5 s; 2 VIPs then over node-05; repaired: as before after 0 ms',
      '  none longer than 200 ms  1 other: tor2',
    ])
    expect(text.join('\n')).toContain('hold time and lease are no line of these files')
  })

  test('a repair that does not lead back is a finding by itself; one that is as good is counted', () => {
    const unclean = found({ repair: { state: 'unclean', after: 0, differences: ['tor1 session a–b: up → down'] } })
    const moved = found({ name: 'node-05', repair: { state: 'moved', after: 0, differences: [] } })
    const text = lines(unclean, moved).join('\n')
    expect(text).toContain('  not clean      tor1')
    expect(text).toContain('after the repair tor1 session a–b: up → down')
    expect(text).toContain('after 1 of the repairs a floating IP stayed where it had gone')
  })

  test('each cure is told, also of paths with one cause and one line', () => {
    const cure = (line: number) => ({
      ...PATH.cause!,
      cure: `another router in rack1, and a peer on another router (cluster.yaml:${line}:3)`,
    })
    const other = { ...PATH, vip: '10.0.0.8', service: 'control plane', cause: cure(20) }
    const text = lines(found({ survival: 'lost', broken: [{ ...PATH, cause: cure(54) }, other] })).join('\n')
    expect(text).toContain('10.0.0.1 (default/web) from client, 100 % of flows')
    expect(text).toContain('(cluster.yaml:54:3) would save it')
    expect(text).toContain('10.0.0.8 (control plane) from client, 100 % of flows')
    expect(text).toContain('(cluster.yaml:20:3) would save it')
  })

  test('one line is not said to save what two failures took', () => {
    const pair = found({ failures: [FAILURE, { ...FAILURE, name: 'tor2', device: 'tor2' }], survival: 'lost', broken: [PATH] })
    expect(lines(pair)[0]).toBe('tiny · 1 pair of failures · 1.8 s · worst first')
    expect(lines(pair).join('\n')).toContain('rack1 among the racks of tor2 would help')
  })

  test('what is lost for good and has no line is told besides what has one', () => {
    const { place: _, ...cause } = { ...PATH.cause!, code: 'single-way-in', message: 'client has no other way in than core' }
    const text = lines(found({ survival: 'lost', broken: [PATH, { ...PATH, from: 'node-01' }, { ...PATH, from: 'node-02', cause }] }))
    expect(text.join('\n')).toContain('client has no other way in than core')
  })

  test('an outage without a timer is told as measured, also beside a shorter one with a timer', () => {
    const routes = { ...OUTAGE, outage: 100_000_000, cause: { code: 'convergence', message: 'until …', cure: 'nothing' } }
    expect(lines(found({ survival: 'outage', broken: [routes, OUTAGE], outage: routes.outage }))[1]).toContain('  100.0 s  ')
  })

  test('what was not tried, and what was lost before anything failed, is said', () => {
    const skipped = found({ name: 'session x', skipped: 'session x is not up' })
    expect(lines(skipped).at(-1)).toBe('  not tried: session x: session x is not up')
    const before = sweepLines({ topology: 'tiny', cases: [], lostBefore: [PATH] })
    expect(before[1]).toBe('  lost already   10.0.0.1 (default/web) from client: nothing gets through although nothing failed')
  })

  test('nothing that a file wrote reaches the terminal as it is', () => {
    expect(lines(found({ name: 'a\u001b[31mb', survival: 'lost', broken: [PATH] })).join('\n')).not.toContain('\u001b')
  })
})

describe('the page', () => {
  const page = (...cases: SweepCase[]) => sweepPage({ topology: 'tiny', cases, lostBefore: [] }, { about: 'timers <default>' })

  test('needs nothing besides, and runs nothing', () => {
    const text = page(found({ survival: 'lost', broken: [PATH] }))
    expect(text).not.toMatch(/<script|<link|src=|href=|url\(|@import/)
    expect(text).toContain("default-src 'none'")
    expect(text).toContain('timers &lt;default&gt;')
  })

  test('draws the broken path with a mark where it broke, and the device that failed', () => {
    const text = page(found({ survival: 'lost', broken: [PATH] }))
    expect(text.match(/<rect/g)).toHaveLength(4)
    expect(text.match(/class="cut"/g)).toHaveLength(1)
    expect(text).toMatch(/<path class="cross"[^>]*\/><rect class="dead"[^>]*\/><text[^>]*>tor1</)
    expect(text).toContain('<code>topology.yaml:14:34</code>')
  })

  test('what is too short to be told is no loss that there was not', () => {
    const brief = { from: 'client', vip: '10.0.0.1', service: 'default/web', flows: 12, lost: 4, outage: 62_000 }
    expect(page(found({ brief: [brief] }))).toContain('<td class="none">none longer than 200 ms</td>')
    expect(page(found({ brief: [brief] }))).toContain('<p>62 ms at most</p>')
    expect(page(found({}))).not.toContain('at most</p>')
  })

  test('names of a file are text, not markup', () => {
    const text = page(found({ name: '<b>x</b>', survival: 'lost', broken: [{ ...PATH, path: ['<i>', 'core'] }] }))
    expect(text).not.toMatch(/<b>|<i>/)
    expect(text).toContain('&lt;b&gt;x&lt;/b&gt;')
  })
})
