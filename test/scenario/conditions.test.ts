import { describe, expect, test } from 'vitest'
import { SECOND } from '../../src/model/index.ts'
import { isGivenUpBy, moves } from '../../src/scenario/conditions/floating-ip.ts'
import { allAnswered } from '../../src/scenario/conditions/probe.ts'
import {
  hasPathsFrom,
  hasRoute,
  hearsOf,
  losesNextHop,
  overTables,
  spreadsVips,
  usedNextHops,
} from '../../src/scenario/conditions/route.ts'
import { sendsTo } from '../../src/scenario/conditions/service.ts'
import { hasSession, reestablishesSession } from '../../src/scenario/conditions/session.ts'
import { type State, stateAt, trueSince } from '../../src/scenario/state.ts'
import { FakeLab } from './fake-lab.ts'

const VIP = '10.0.0.1/32'
const now = (lab: FakeLab) => stateAt(lab.events.all, Number.POSITIVE_INFINITY)

describe('routes', () => {
  test('the next hops must be exactly those asked for, in any order', () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.21', '10.0.1.20'])
    expect(hasRoute('tor1', VIP, 'fib', ['10.0.1.20', '10.0.1.21']).evaluate(now(lab)).holds).toBe(true)
    const missing = hasRoute('tor1', VIP, 'fib', ['10.0.1.20', '10.0.1.21', '10.0.2.20']).evaluate(now(lab))
    expect(missing.holds).toBe(false)
    expect(missing.differences[0]?.rows.find((row) => !row.ok)).toMatchObject({
      what: 'via 10.0.2.20',
      expected: 'present',
      seen: 'absent',
    })
    const extra = hasRoute('tor1', VIP, 'bgp', ['10.0.1.20']).evaluate(now(lab))
    expect(extra.differences[0]?.rows.find((row) => !row.ok)).toMatchObject({ what: 'via 10.0.1.21', expected: 'absent', seen: 'present' })
  })

  test('a path that the router does not use is no next hop, and the difference says why', () => {
    const lab = new FakeLab()
    const path = {
      nextHop: '10.0.3.11',
      from: '10.0.1.100',
      asPath: [65001],
      valid: false,
      best: false,
      multipath: false,
      whyNot: 'inaccessible',
    }
    lab.emit({ type: 'route', device: 'tor1', route: { device: 'tor1', prefix: VIP, paths: [path] }, uncertainty: 0 })
    expect(usedNextHops(now(lab), 'tor1', VIP, 'bgp')).toEqual([])
    const { differences } = hasRoute('tor1', VIP, 'bgp').evaluate(now(lab))
    expect(differences[0]?.notes).toEqual(['10.0.3.11 from 10.0.1.100 is not used: inaccessible'])
  })

  test('both tables must agree: the BGP table alone is not enough', () => {
    const lab = new FakeLab()
    lab.route('tor1', VIP, ['10.0.1.20'])
    const condition = overTables('x', 'both', (table) => hasRoute('tor1', VIP, table, ['10.0.1.20']))
    expect(condition.evaluate(now(lab)).differences.map((each) => each.subject)).toEqual(['10.0.0.1/32 at tor1, FIB'])
    lab.fib('tor1', VIP, ['10.0.1.20'])
    expect(condition.evaluate(now(lab)).holds).toBe(true)
  })

  test('a next hop that stays is explained by the session that still holds it', () => {
    const lab = new FakeLab()
    lab.session('tor1', '10.0.1.100', 'Established')
    lab.both('tor1', VIP, ['10.0.1.20', '10.0.1.21'])
    const condition = losesNextHop('tor1', VIP, 'bgp', '10.0.1.20')
    expect(condition.vacuous?.(now(lab))).toBeUndefined()
    expect(condition.evaluate(now(lab)).differences[0]?.notes[0]).toContain(
      '10.0.1.100 still holds a path over 10.0.1.20; it is Established (hold time 9 s)',
    )
    lab.both('tor1', VIP, ['10.0.1.21'])
    expect(condition.evaluate(now(lab)).holds).toBe(true)
    expect(condition.vacuous?.(now(lab))).toContain('already absent')
  })

  test('what one peer announces is told apart from the others', () => {
    const lab = new FakeLab()
    const path = (nextHop: string, from: string) => ({ nextHop, from, asPath: [65001], valid: true, best: false, multipath: true })
    const paths = [path('10.0.1.20', '10.0.1.100'), path('10.0.1.21', '10.0.2.100')]
    lab.emit({ type: 'route', device: 'tor1', route: { device: 'tor1', prefix: VIP, paths }, uncertainty: 0 })
    expect(hasPathsFrom('tor1', VIP, '10.0.1.100', ['10.0.1.20']).evaluate(now(lab)).holds).toBe(true)
    expect(hasPathsFrom('tor1', VIP, '10.0.2.100', ['10.0.1.20']).evaluate(now(lab)).holds).toBe(false)
  })

  test('what a peer announces over all VIPs is complete only with every node and every VIP', () => {
    const lab = new FakeLab()
    const vips = ['10.0.0.1/32', '10.0.0.2/32']
    const condition = hearsOf('tor1', vips, '10.0.1.100', ['10.0.1.21', '10.0.1.20'])
    lab.route('tor1', vips[0]!, ['10.0.1.20', '10.0.1.21'])
    expect(condition.evaluate(now(lab)).differences[0]?.notes).toEqual(['10.0.0.2/32 is not announced'])
    lab.route('tor1', vips[1]!, ['10.0.1.20'])
    expect(condition.evaluate(now(lab)).holds).toBe(true)
    lab.route('tor1', vips[0]!, ['10.0.1.20'])
    expect(condition.evaluate(now(lab)).differences[0]?.rows[0]?.seen).toBe('10.0.1.20')
    lab.route('tor1', vips[0]!, ['10.0.1.21'])
    expect(condition.evaluate(now(lab)).holds).toBe(true)
  })

  test('VIPs are spread only when each has one next hop of its own', () => {
    const lab = new FakeLab()
    const vips = ['10.0.0.1/32', '10.0.0.2/32']
    const condition = spreadsVips('tor1', vips, 'fib', ['10.0.1.20', '10.0.1.21', '10.0.2.20'])
    lab.fib('tor1', vips[0]!, ['10.0.1.20'])
    lab.fib('tor1', vips[1]!, ['10.0.1.20'])
    expect(condition.evaluate(now(lab)).holds).toBe(false)
    lab.fib('tor1', vips[1]!, ['10.0.1.21'])
    expect(condition.evaluate(now(lab)).holds).toBe(true)
    lab.fib('tor1', vips[1]!, ['10.0.1.21', '10.0.2.20'])
    expect(condition.evaluate(now(lab)).holds).toBe(false)
  })
})

describe('sessions', () => {
  test('still up is not up again; a higher count is, and so is a fall and a rise', () => {
    const lab = new FakeLab()
    lab.session('tor1', '10.0.1.100', 'Established', 1)
    const since = lab.now()
    const condition = reestablishesSession('tor1', '10.0.1.100', since)
    lab.session('tor1', '10.0.1.100', 'Established', 1, since + SECOND)
    expect(condition.evaluate(now(lab)).differences[0]?.rows[0]?.seen).toBe('still the old session')
    lab.session('tor1', '10.0.1.100', 'Idle', 1, since + 2 * SECOND)
    expect(condition.evaluate(now(lab)).holds).toBe(false)
    lab.session('tor1', '10.0.1.100', 'Established', 1, since + 3 * SECOND)
    expect(condition.evaluate(now(lab)).holds).toBe(true)

    const quick = new FakeLab()
    quick.session('tor1', '10.0.1.100', 'Established', 1)
    quick.session('tor1', '10.0.1.100', 'Established', 2, since + SECOND)
    expect(condition.evaluate(now(quick)).holds).toBe(true)
  })

  test('ADD-PATH is asked for only of a session that is up', () => {
    const lab = new FakeLab()
    expect(hasSession('tor1', '10.0.1.100').evaluate(now(lab)).differences[0]?.rows[0]?.seen).toBe('no such session')
    lab.session('tor1', '10.0.1.100', 'Established')
    expect(hasSession('tor1', '10.0.1.100', { addPath: true }).evaluate(now(lab)).holds).toBe(true)
    expect(hasSession('tor1', '10.0.1.100', { addPath: false }).evaluate(now(lab)).holds).toBe(false)
  })
})

test('a floating IP has moved when another node of those allowed holds it', () => {
  const lab = new FakeLab()
  lab.floatingIp('10.0.1.100', 'node-04')
  const condition = moves('10.0.1.100', 'node-04', ['node-05'])
  expect(condition.evaluate(now(lab)).holds).toBe(false)
  lab.floatingIp('10.0.1.100', undefined)
  expect(condition.evaluate(now(lab)).differences[0]?.rows[0]?.seen).toBe('Unassigned')
  lab.floatingIp('10.0.1.100', 'node-06')
  expect(condition.evaluate(now(lab)).holds).toBe(false)
  lab.floatingIp('10.0.1.100', 'node-05')
  expect(condition.evaluate(now(lab)).holds).toBe(true)
})

test('a floating IP is given up when the node itself has taken it off, not when the API says so', () => {
  const lab = new FakeLab()
  const seen = () => isGivenUpBy('10.0.1.100', 'node-04').evaluate(now(lab)).differences[0]?.rows[0]?.seen
  const tell = (present: boolean) => lab.emit({ type: 'address', device: 'node-04', address: '10.0.1.100', interface: 'eth0', present })
  expect(seen()).toBe('never')
  tell(true)
  lab.floatingIp('10.0.1.100', 'node-05')
  expect(seen()).toBe('still')
  tell(false)
  expect(isGivenUpBy('10.0.1.100', 'node-04').evaluate(now(lab)).holds).toBe(true)
})

test('a node sends a Service to exactly the nodes that are asked for; to none only where it says that it refuses', () => {
  const lab = new FakeLab()
  const tell = (...backends: string[]) => lab.emit({ type: 'service', device: 'node-04', service: 'default/web', backends })
  const names = new Map([
    ['10.0.1.22', 'node-07'],
    ['10.0.2.22', 'node-08'],
  ])
  const condition = (...addresses: string[]) => sendsTo('node-04', 'default/web', addresses, names)
  const seen = (...addresses: string[]) => condition(...addresses).evaluate(now(lab)).differences[0]?.rows[0]?.seen
  expect(condition('10.0.2.22', '10.0.1.22').describe).toBe('node-04 sends default/web to node-07, node-08')
  expect(seen()).toBe('not served')
  tell('10.0.1.22', '10.0.2.22')
  expect(condition('10.0.2.22', '10.0.1.22').evaluate(now(lab)).holds).toBe(true)
  expect(seen('10.0.1.22')).toBe('node-07, node-08')
  tell()
  expect(seen('10.0.1.22')).toBe('no backend')
  expect(condition().evaluate(now(lab)).holds).toBe(true)
})

test('a probe is answered when every flow of it was heard of and none is lost', () => {
  const lab = new FakeLab()
  const flow = (number: number, state: 'ok' | 'lost') => lab.emit({ type: 'probe', device: 'client', probe: 'udp-1', flow: number, state })
  const rows = () =>
    allAnswered('udp-1', 3)
      .evaluate(now(lab))
      .differences[0]?.rows.map((row) => [row.what, row.seen])
  flow(0, 'ok')
  flow(1, 'lost')
  expect(rows()).toEqual([
    ['flow 1', 'no answer'],
    ['flow 2', 'not yet'],
  ])
  flow(2, 'ok')
  flow(1, 'ok')
  expect(allAnswered('udp-1', 3).evaluate(now(lab)).holds).toBe(true)
  flow(0, 'lost')
  expect(rows()).toEqual([['flow 0', 'no answer']])
})

describe('the past', () => {
  test('is built again from the stamps, not from the order of arrival', () => {
    const lab = new FakeLab()
    lab.fib('tor1', VIP, ['10.0.1.21'], 20)
    lab.fib('tor1', VIP, ['10.0.1.20'], 10)
    expect(usedNextHops(stateAt(lab.events.all, 15), 'tor1', VIP, 'fib')).toEqual(['10.0.1.20'])
    expect(usedNextHops(stateAt(lab.events.all, 20), 'tor1', VIP, 'fib')).toEqual(['10.0.1.21'])
    expect(usedNextHops(stateAt(lab.events.all, 9), 'tor1', VIP, 'fib')).toEqual([])
  })

  test('tells since when something has been so without a break', () => {
    const lab = new FakeLab()
    lab.fib('tor1', VIP, ['10.0.1.20'], 10)
    lab.fib('tor1', VIP, [], 20)
    lab.fib('tor1', VIP, ['10.0.1.20'], 30)
    lab.fib('tor1', VIP, ['10.0.1.20', '10.0.1.21'], 40)
    const has = (state: State) => usedNextHops(state, 'tor1', VIP, 'fib').includes('10.0.1.20')
    expect(trueSince(lab.events.all, (event) => event.type === 'fib', has)).toBe(30)
  })
})
