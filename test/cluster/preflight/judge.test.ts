import { describe, expect, it } from 'vitest'
import {
  type AnnouncementFacts,
  type CellFacts,
  cellsOf,
  judge,
  type ReachFacts,
  type TogetherFacts,
} from '../../../src/cluster/preflight/index.ts'
import { cell, failing, good, leads, look, notified, reached, sessionOf, silent, stops, tor1, UP, VIP } from './facts.ts'

const findings = (facts: CellFacts, together: readonly TogetherFacts[] = []) => judge(VIP, [facts], together).findings
const only = (facts: CellFacts) => {
  const found = findings(facts)
  expect(found).toHaveLength(1)
  return found[0]!
}
/** What nobody but the lab can read is taken away: what is left must still be told, and nothing that is not known. */
const asOnAnyNetwork = ({ cell: tried, session, announcement, reach }: CellFacts): CellFacts => {
  const { outcome, look: seen } = session
  return {
    cell: tried,
    session: { outcome, ...(seen && { look: seen }) },
    ...(announcement && { announcement: { sent: announcement.sent, outcome: announcement.outcome } }),
    ...(reach && { reach: reach.map(({ from, fromIP, result, arrived }) => ({ from, fromIP, result, arrived })) }),
  }
}
const neighbor = (state: 'Idle' | 'Active' = 'Active', reason?: string) => ({
  running: true,
  neighbor: { localAsn: 65002, peerAsn: 65001, state, ...(reason !== undefined && { reason }) },
})

it('R12 R34: every control-plane node with each of its peers, and with no other', () => {
  const node = (address: string, name: string) => ({ address, name, controlPlane: true, loadBalancer: false })
  const cells = cellsOf({
    localAsn: 65001,
    nodes: [node('10.0.1.10', 'node-01'), node('10.0.2.10', 'node-03')],
    cpNodes: ['10.0.1.10', '10.0.2.10'],
    cpPeers: [
      { ip: '10.8.0.10', asn: 65002 },
      { ip: '10.0.2.254', asn: 65003, controlPlaneNodes: ['10.0.2.10'] },
    ],
  })
  expect(cells.map(({ node: name, localIP, peerIP, peerASN }) => [name, localIP, peerIP, peerASN])).toEqual([
    ['node-01', '10.0.1.10', '10.8.0.10', 65002],
    ['node-03', '10.0.2.10', '10.8.0.10', 65002],
    ['node-03', '10.0.2.10', '10.0.2.254', 65003],
  ])
})

it('R34: finds nothing where everything holds', () => {
  expect(judge(VIP, [good()], [])).toEqual({
    vip: VIP,
    passed: true,
    cells: [
      {
        cell,
        router: 'tor1',
        session: { ok: true, after: 90_000 },
        announcement: { ok: true },
        reach: [{ from: 'client', sight: 'ok', after: 1_000 }],
      },
    ],
    together: [],
    findings: [],
  })
})

it('R34: leaves open what could not be tried', () => {
  const [row] = judge(VIP, [sessionOf({ outcome: silent, look: look('timeout') })], []).cells
  expect(row).toEqual({ cell, router: 'tor1', session: { ok: false } })
})

describe('R34: why there is no session', () => {
  const cases: readonly (readonly [what: string, facts: CellFacts, lab: string, elsewhere: string])[] = [
    [
      'the peer expects another AS',
      sessionOf({ outcome: notified('received', 2, 2), neighbor: neighbor() }),
      'peer-expects-other-asn',
      'peer-expects-other-asn',
    ],
    [
      'the peer is another AS',
      sessionOf({ outcome: notified('sent', 2, 2, 'the peer is AS 65009') }),
      'peer-has-other-asn',
      'peer-has-other-asn',
    ],
    [
      'an older session',
      sessionOf({ outcome: notified('received', 6, 7), neighbor: neighbor() }),
      'neighbor-not-ready',
      'neighbor-not-ready',
    ],
    ['shut down by NOTIFICATION', sessionOf({ outcome: notified('received', 6, 2) }), 'refused-by-notification', 'refused-by-notification'],
    ['dropped', sessionOf({ outcome: silent, look: look('timeout'), neighbor: neighbor() }), 'tcp-179-dropped', 'tcp-179-dropped'],
    [
      'dropped, and ping with it',
      sessionOf({
        outcome: silent,
        look: look('timeout', { ping: false }),
        way: leads('10.0.1.254', 'node-01', 'tor1'),
        back: leads('10.0.1.10', 'tor1', 'node-01'),
      }),
      'tcp-179-dropped',
      'peer-unreachable',
    ],
    [
      'rejected with a RST',
      sessionOf({ outcome: failing('connection-refused'), look: look('refused'), neighbor: neighbor() }),
      'tcp-179-rejected',
      'tcp-179-closed',
    ],
    [
      'rejected with ICMP port unreachable',
      sessionOf({ outcome: failing('connection-refused'), look: look('refused', {}, 1) }),
      'tcp-179-rejected',
      'tcp-179-rejected',
    ],
    [
      'rejected with ICMP prohibited',
      sessionOf({
        outcome: failing('connection-unreachable'),
        look: look('unreachable', {}, 1),
        way: leads('10.0.1.254', 'node-01', 'tor1'),
      }),
      'tcp-179-rejected',
      'tcp-179-rejected',
    ],
    [
      'no daemon',
      sessionOf({ outcome: failing('connection-refused'), look: look('refused'), neighbor: { running: false } }),
      'daemon-not-running',
      'tcp-179-closed',
    ],
    [
      'no such neighbor',
      sessionOf({ outcome: failing('connection-closed'), look: look('connected'), neighbor: { running: true } }),
      'neighbor-not-configured',
      'neighbor-not-configured',
    ],
    [
      'no such neighbor, with a RST',
      sessionOf({ outcome: failing('connection-reset'), neighbor: { running: true } }),
      'neighbor-not-configured',
      'neighbor-not-configured',
    ],
    [
      'a neighbor without an address family',
      sessionOf({ outcome: failing('connection-closed'), neighbor: neighbor('Idle', 'No AFI/SAFI activated for peer') }),
      'neighbor-not-activated',
      'neighbor-not-configured',
    ],
    [
      'a neighbor that waits',
      sessionOf({ outcome: failing('connection-closed'), neighbor: neighbor('Idle') }),
      'neighbor-not-ready',
      'neighbor-not-configured',
    ],
    [
      'no OPEN',
      sessionOf({ outcome: { ...silent, state: 'OpenSent' }, look: look('connected'), neighbor: neighbor() }),
      'multihop-missing',
      'multihop-missing',
    ],
    [
      'no ARP',
      sessionOf({ outcome: silent, look: look('timeout', { ping: false, silentHop: '10.0.1.254' }), back: stops('10.0.1.10', 'tor1') }),
      'peer-unreachable',
      'peer-unreachable',
    ],
    [
      'no route on the way',
      sessionOf({ outcome: silent, look: look('timeout', { ping: false }), way: stops('10.0.1.254', 'node-01', 'core') }),
      'peer-unreachable',
      'peer-unreachable',
    ],
    [
      'no route on the node',
      sessionOf({ outcome: failing('connection-unreachable'), look: look('unreachable', { routed: false, ping: false }) }),
      'peer-unreachable',
      'peer-unreachable',
    ],
    [
      'no way back',
      sessionOf({
        outcome: silent,
        look: look('timeout', { ping: false }),
        way: leads('10.0.1.254', 'node-01', 'tor1'),
        back: stops('10.0.1.10', 'tor1', 'core'),
      }),
      'no-way-back-from-peer',
      'peer-unreachable',
    ],
    ['not the node’s address', sessionOf({ outcome: failing('address-not-local') }), 'address-not-on-node', 'address-not-on-node'],
    [
      'it came up and fell',
      sessionOf({ outcome: { ...failing('hold-timer-expired'), upAfter: 1 } }),
      'session-unstable',
      'session-unstable',
    ],
  ]
  it.each(cases)('%s', (_, facts, lab, elsewhere) => {
    expect(only(facts)).toMatchObject({ code: lab, check: 'session', nodes: ['node-01'], peerIP: '10.0.1.254' })
    const without = only(asOnAnyNetwork(facts))
    expect(without.code).toBe(elsewhere)
    expect(without.evidence.map(({ by }) => by)).not.toContain('router')
    for (const found of [only(facts), without]) {
      expect(found.cure.length).toBeGreaterThan(0)
      expect(found.evidence.length).toBeGreaterThan(0)
      expect(JSON.stringify(found)).not.toMatch(/undefined|<senders>/)
    }
  })

  it('names both AS numbers and the line to change, at the router or in the file', () => {
    const wrong = { running: true, neighbor: { localAsn: 65002, peerAsn: 65009, state: 'Active' as const } }
    const found = only(sessionOf({ outcome: notified('received', 2, 2), neighbor: wrong }))
    expect(found.cause).toBe('tor1 (10.0.1.254) expects AS 65009 of 10.0.1.10; the cluster is AS 65001')
    expect(found.cure).toContain('  neighbor 10.0.1.10 remote-as 65001')
    expect(found.evidence.map(({ by }) => by)).toEqual(['node', 'router'])
    expect(only(sessionOf({ outcome: notified('sent', 2, 2, 'the peer is AS 65009, it is configured as AS 65002') })).cause).toBe(
      'tor1 (10.0.1.254) is AS 65009; the cluster file has it as AS 65002',
    )
  })

  it('writes the cure for the daemon that runs there, and for both where nobody knows', () => {
    const facts = { outcome: failing('connection-closed'), neighbor: { running: true } }
    expect(only(sessionOf(facts)).cure.join('\n')).not.toContain('neighbor-address')
    expect(only(sessionOf(facts, { name: 'tor2', kind: 'gobgp' })).cure.join('\n')).toContain('neighbor-address = "10.0.1.10"')
    const both = only(asOnAnyNetwork(sessionOf(facts))).cure.join('\n')
    expect(both).toContain('neighbor 10.0.1.10 remote-as 65001')
    expect(both).toContain('neighbor-address = "10.0.1.10"')
  })
})

describe('R34: why the peer does not use the announcement', () => {
  const announced = (table: AnnouncementFacts['table'], more: Partial<AnnouncementFacts> = {}): CellFacts => {
    const { reach: _, ...rest } = good()
    return { ...rest, announcement: { sent: true, outcome: UP, ...(table && { table }), ...more } }
  }
  const cases: readonly (readonly [code: string, facts: CellFacts])[] = [
    ['no-import-policy', announced({ others: [], installed: [], remark: 'every received route is dropped, no import policy (RFC 8212)' })],
    ['route-not-accepted', announced({ others: [], installed: [] })],
    [
      'next-hop-not-usable',
      announced({
        path: { valid: false, used: false, whyNot: 'single-hop → neighbor 10.0.1.10 ebgp-multihop' },
        others: [],
        installed: [],
      }),
    ],
    ['announced-elsewhere', announced({ path: { valid: true, used: false }, others: ['10.0.1.66'], installed: ['10.0.1.66'] })],
    ['not-installed', announced({ path: { valid: true, used: true }, others: [], installed: [] })],
    ['session-lost', announced(undefined, { outcome: { ...notified('received', 6, 1), upAfter: 1 } })],
  ]
  it.each(cases)('%s', (code, facts) => {
    const found = only(facts)
    expect(found).toMatchObject({ code, check: 'announcement' })
    expect(found.evidence[0]?.by).toBe('node')
    expect(judge(VIP, [facts], []).cells[0]).toMatchObject({ session: { ok: true }, announcement: { ok: false } })
  })

  it('takes the cure from the router’s own reason', () => {
    expect(only(cases[2]![1]).cure).toEqual(['neighbor 10.0.1.10 ebgp-multihop'])
  })
})

describe('R8 R34: why the VIP is not reached', () => {
  const lost: ReachFacts = { ...reached, result: { sent: 15, answered: 0, heldHere: false }, arrived: 0 }
  const mute: ReachFacts = { ...lost, arrived: 15 }
  const cases: readonly (readonly [code: string, sight: string, facts: ReachFacts, elsewhere: string])[] = [
    ['no-route-to-vip', 'not-reached', { ...lost, way: stops(VIP, 'client', 'core') }, 'lost-on-the-way'],
    [
      'no-route-to-vip',
      'not-reached',
      { ...lost, way: { to: VIP, hops: [], end: { type: 'loop', devices: ['core', 'tor2', 'core'] } } },
      'lost-on-the-way',
    ],
    ['leads-elsewhere', 'not-reached', { ...lost, way: leads(VIP, 'client', 'core', 'node-09') }, 'lost-on-the-way'],
    ['lost-on-the-way', 'not-reached', { ...lost, way: leads(VIP, 'client', 'core', 'tor1', 'node-01') }, 'lost-on-the-way'],
    ['no-return-route', 'no-answer', { ...mute, back: stops('10.9.1.2', 'node-01', 'tor1') }, 'answer-lost'],
    ['answer-lost', 'no-answer', { ...mute, back: leads('10.9.1.2', 'node-01', 'tor1', 'client') }, 'answer-lost'],
    ['vip-held-elsewhere', 'not-reached', { ...lost, result: { sent: 0, answered: 0, heldHere: true } }, 'vip-held-elsewhere'],
  ]
  it.each(cases)('%s (%s)', (code, sight, facts, elsewhere) => {
    expect(only(good([facts]))).toMatchObject({ code, check: 'reachability', from: ['client'] })
    expect(judge(VIP, [good([facts])], []).cells[0]?.reach).toMatchObject([{ from: 'client', sight }])
    const without = only(asOnAnyNetwork(good([facts])))
    expect(without.code).toBe(elsewhere)
    expect(without.evidence.every(({ by }) => by === 'node')).toBe(true)
    expect(JSON.stringify([without, only(good([facts]))])).not.toMatch(/undefined|<senders>/)
  })

  it('an answer without an arrival at the node under test is none: somebody else gave it', () => {
    expect(only(good([{ ...reached, arrived: 0 }])).code).toBe('lost-on-the-way')
  })

  it('several senders with one cause are one finding, which names them all', () => {
    const from = (name: string, fromIP: string): ReachFacts => ({ ...mute, from: name, fromIP, back: stops(fromIP, 'node-01', 'tor1') })
    const found = only(good([reached, from('node-03', '10.0.2.10'), from('node-04', '10.0.2.11')]))
    expect(found).toMatchObject({ code: 'no-return-route', from: ['node-03', 'node-04'] })
    expect(found.cause).toBe(
      'traffic from node-03 and node-04 reaches node-01, but its answers do not come back: tor1 has no route to node-03 and node-04',
    )
    expect(found.cure).toEqual(['give tor1 a route to the network of node-03 and node-04'])
  })
})

describe('R10 R34: all nodes at once', () => {
  const together = (...used: readonly boolean[]): TogetherFacts => ({
    peerIP: '10.0.1.254',
    router: tor1,
    announcing: used.map((_, index) => ({ node: `node-0${index + 1}`, address: `10.0.1.1${index}` })),
    paths: used.map((each, index) => ({ nextHop: `10.0.1.1${index}`, valid: true, used: each })),
    installed: ['10.0.1.10'],
    flows: { from: 'client', sent: 48, byNode: { 'node-01': 48 } },
  })

  it('every node is used', () => {
    expect(judge(VIP, [good()], [together(true, true, true)])).toMatchObject({ passed: true, together: [{ used: 3, ok: true }] })
  })

  it.each([
    ['none', [true, false], 'it does no ECMP', ' maximum-paths 2'],
    ['too little', [true, true, false], 'its limit is 2', ' maximum-paths 3'],
  ])('%s: with the number that it takes', (_, used, why, cure) => {
    const [found] = findings(good(), [together(...used)])
    expect(found).toMatchObject({ code: 'no-ecmp', check: 'ecmp', cause: expect.stringContaining(why) })
    expect(found?.cure).toContain(`  ${cure}`)
    expect(found?.evidence.map(({ by }) => by)).toEqual(['node', 'router'])
  })

  it('a path that is missing only now is no lack of ECMP', () => {
    const facts = together(true, true)
    expect(findings(good(), [{ ...facts, paths: facts.paths!.slice(0, 1) }])).toMatchObject([{ code: 'path-missing' }])
  })

  it('nobody can tell where the peer cannot be read', () => {
    const { paths: _, installed: __, router: ___, ...facts } = together(true, true)
    expect(judge(VIP, [good()], [facts])).toMatchObject({ passed: true, together: [{ ok: true }] })
  })
})
