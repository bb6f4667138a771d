import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Assignment, controlPlaneSessions, type ServiceSession, serviceSessions } from '../../src/cluster/index.ts'

const model = (peers: readonly string[], sessions = 2) => ({
  servicePeers: peers.map((peerIP) => ({ peerIP, peerASN: 65002 })),
  serviceLocalAsn: 65001,
  gateway: { sessions },
})
const at = (floatingIP: string, node?: string): Assignment => ({ floatingIP, node, subnet: floatingIP.replace(/\d+$/, '0/24') })
const pairs = (sessions: readonly ServiceSession[]) => sessions.map((s) => `${s.floatingIP} → ${s.peerIP}`)

describe('controlPlaneSessions', () => {
  const cp = {
    localAsn: 65001,
    cpNodes: ['10.0.1.10', '10.0.1.11'],
    nodes: [{ address: '10.0.1.10', name: 'node-01', controlPlane: true, loadBalancer: true }],
  }

  test('R12: without a list every node peers, with one only those listed; a node is named, else its address', () => {
    const cpPeers = [
      { ip: '10.8.0.10', asn: 65002 },
      { ip: '10.8.0.11', asn: 65003, controlPlaneNodes: ['10.0.1.11'] },
    ]
    expect(
      controlPlaneSessions({ ...cp, cpPeers }).map((s) => `${s.nodeName} ${s.localIP} ${s.localASN} ${s.peerIP} ${s.peerASN}`),
    ).toEqual([
      'node-01 10.0.1.10 65001 10.8.0.10 65002',
      '10.0.1.11 10.0.1.11 65001 10.8.0.10 65002',
      '10.0.1.11 10.0.1.11 65001 10.8.0.11 65003',
    ])
  })

  test('a peer listed twice is still one session per node', () => {
    const cpPeers = [
      { ip: '10.8.0.10', asn: 65002, controlPlaneNodes: ['10.0.1.10'] },
      { ip: '10.8.0.10', asn: 65002, controlPlaneNodes: ['10.0.1.10', '10.0.1.11'] },
    ]
    expect(controlPlaneSessions({ ...cp, cpPeers })).toHaveLength(2)
  })
})

describe('serviceSessions (R18)', () => {
  test('two sessions with every peer, named <peerIP>-<node> (R35), from the floating IPs', () => {
    const { sessions, lost, warnings } = serviceSessions(model(['10.8.0.10', '10.8.0.11']), [
      at('10.0.1.100', 'n1'),
      at('10.0.2.100', 'n5'),
    ])
    expect(sessions.map((s) => s.name)).toEqual(['10.8.0.10-n1', '10.8.0.10-n5', '10.8.0.11-n1', '10.8.0.11-n5'])
    expect(sessions[0]).toEqual({
      name: '10.8.0.10-n1',
      floatingIP: '10.0.1.100',
      localIP: '10.0.1.100',
      localASN: 65001,
      nodeName: 'n1',
      peerIP: '10.8.0.10',
      peerASN: 65002,
    })
    expect({ lost, warnings }).toEqual({ lost: [], warnings: [] })
  })

  test('a spare takes the place of one that becomes Unassigned; the other session stays, and keeps its name', () => {
    const fips = [at('10.0.1.100', 'n1'), at('10.0.2.100', 'n5'), at('10.0.1.101', 'n2')]
    for (const away of fips) {
      const before = serviceSessions(model(['10.8.0.10']), fips).sessions
      const { sessions, lost } = serviceSessions(
        model(['10.8.0.10']),
        fips.map((f) => (f === away ? { ...f, node: undefined } : f)),
        before,
      )
      expect(sessions).toHaveLength(2)
      expect(lost).toEqual([])
      for (const session of before) if (session.floatingIP !== away.floatingIP) expect(sessions).toContainEqual(session)
    }
  })

  test('the one that comes back does not take its session back', () => {
    const fips = [at('10.0.1.100', 'n1'), at('10.0.2.100', 'n5'), at('10.0.2.101', 'n6')]
    const before = serviceSessions(model(['10.8.0.10']), fips).sessions
    const [first] = before
    const during = serviceSessions(
      model(['10.8.0.10']),
      fips.map((f) => (f.floatingIP === first!.floatingIP ? { ...f, node: undefined } : f)),
      before,
    ).sessions
    expect(serviceSessions(model(['10.8.0.10']), fips, during).sessions).toEqual(during)
  })

  test('without a spare its sessions are lost, and that is said', () => {
    const { sessions, lost, warnings } = serviceSessions(model(['10.8.0.10', '10.8.0.11']), [at('10.0.1.100', 'n1'), at('10.0.2.100')])
    expect(pairs(sessions)).toEqual(['10.0.1.100 → 10.8.0.10', '10.0.1.100 → 10.8.0.11'])
    expect(lost).toEqual([
      { floatingIP: '10.0.2.100', peerIP: '10.8.0.10', peerASN: 65002 },
      { floatingIP: '10.0.2.100', peerIP: '10.8.0.11', peerASN: 65002 },
    ])
    expect(warnings.map((w) => w.message)).toEqual([
      '1 of 2 sessions with 10.8.0.10: 1 of 2 floating IPs assigned (R18)',
      '1 of 2 sessions with 10.8.0.11: 1 of 2 floating IPs assigned (R18)',
    ])
  })

  test('with one floating IP: one session, nothing lost, a warning', () => {
    const { sessions, lost, warnings } = serviceSessions(model(['10.8.0.10']), [at('10.0.1.100', 'n1')])
    expect([sessions.length, lost.length, warnings.length]).toEqual([1, 0, 1])
  })

  test('two floating IPs of one peer on one node have distinct names, and neither is renamed while it stays', () => {
    const before = serviceSessions(model(['10.8.0.10']), [at('10.0.1.100', 'n1'), at('10.0.1.101', 'n2')]).sessions
    const moved = [at('10.0.1.100', 'n2'), at('10.0.1.101', 'n2')]
    const after = serviceSessions(model(['10.8.0.10']), moved, before).sessions
    expect(after.map((s) => s.name)).toEqual(['10.8.0.10-n2-10.0.1.100', '10.8.0.10-n2'])
    expect(serviceSessions(model(['10.8.0.10']), moved, after).sessions).toEqual(after)
  })

  test('a peer may want another number of sessions', () => {
    const peers = { ...model([]), servicePeers: [{ peerIP: '10.8.0.10', peerASN: 65002, sessions: 1 }] }
    expect(serviceSessions(peers, [at('10.0.1.100', 'n1'), at('10.0.2.100', 'n5')])).toMatchObject({
      sessions: { length: 1 },
      warnings: [],
    })
  })

  /** Floating IPs in three subnets, each Unassigned or on one of its subnet's three nodes. */
  const places = fc
    .array(fc.record({ subnet: fc.integer({ min: 1, max: 3 }), host: fc.integer({ min: 100, max: 110 }), node: fc.option(fc.nat(2)) }), {
      minLength: 1,
      maxLength: 8,
    })
    .map((all) => {
      const unique = new Map(all.map((each) => [`10.0.${each.subnet}.${each.host}`, each]))
      return [...unique].map(([address, { subnet, node }]) => at(address, node === null ? undefined : `n${subnet}${node}`))
    })
  const peers = ['10.8.0.10', '10.8.0.11', '10.8.0.12']

  test('on different nodes and subnets wherever that is possible, whatever the order of the floating IPs', () => {
    fc.assert(
      fc.property(places, (assignments) => {
        const { sessions } = serviceSessions(model(peers), assignments)
        expect(new Set(serviceSessions(model(peers), assignments.toReversed()).sessions)).toEqual(new Set(sessions))
        const held = assignments.filter((each) => each.node !== undefined)
        for (const peer of peers) {
          const own = sessions.filter((s) => s.peerIP === peer)
          expect(own).toHaveLength(Math.min(2, held.length))
          const subnets = new Set(own.map((s) => s.floatingIP.replace(/\d+$/, '')))
          if (own.length === 2) {
            expect(new Set(own.map((s) => s.nodeName)).size).toBe(Math.min(2, new Set(held.map((each) => each.node)).size))
            expect(subnets.size).toBe(Math.min(2, new Set(held.map((each) => each.subnet)).size))
          }
        }
      }),
    )
  })

  test('names are unique, and a session whose floating IP stays on its node is untouched by any change elsewhere', () => {
    fc.assert(
      fc.property(places, fc.array(fc.tuple(fc.nat(), fc.option(fc.nat(2))), { maxLength: 6 }), (start, moves) => {
        let now = start
        let sessions = serviceSessions(model(peers), now).sessions
        for (const [index, node] of moves) {
          const moved = now[index % now.length]!
          const subnet = moved.floatingIP.split('.')[2]
          now = now.map((each) => (each === moved ? { ...each, node: node === null ? undefined : `n${subnet}${node}` } : each))
          const next = serviceSessions(model(peers), now, sessions).sessions
          expect(new Set(next.map((s) => s.name)).size).toBe(next.length)
          for (const s of sessions) if (s.floatingIP !== moved.floatingIP) expect(next).toContainEqual(s)
          sessions = next
        }
      }),
    )
  })
})
