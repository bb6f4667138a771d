import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Meaning, meaningOf } from '../../../src/cluster/check/index.ts'
import { loadCluster } from '../../../src/cluster/index.ts'

const text = (name: string) => readFileSync(new URL(`../resources/fixtures/${name}.yaml`, import.meta.url), 'utf8')

function meaning(name: string, change: (text: string) => string = (each) => each): Meaning {
  const { cluster } = loadCluster(`${name}.yaml`, change(text(name)))
  return meaningOf(cluster!)
}

const pairs = (sessions: readonly { localIP: string; peerIP?: string }[]) => sessions.map((each) => `${each.localIP} → ${each.peerIP}`)

describe('the sessions that there will be', () => {
  test('R31: 6 of the control plane, 4 of services', () => {
    const { sessions, lost } = meaning('shared-peers')
    expect(sessions.filter((each) => each.kind === 'control plane')).toHaveLength(6)
    expect(pairs(sessions.filter((each) => each.kind === 'services'))).toEqual([
      '10.0.1.100 → 10.8.0.10',
      '10.0.2.100 → 10.8.0.10',
      '10.0.1.100 → 10.8.0.11',
      '10.0.2.100 → 10.8.0.11',
    ])
    expect(lost).toEqual([])
    expect(sessions.every((each) => each.localASN === 65001 && each.peerASN === 65002)).toBe(true)
  })

  test.each([
    ['the gateway is not enabled (R24)', / {2}# This annotation[\s\S]*?"true"\n/, '', { 'control plane': 6 }, { services: 4 }],
    [
      'it is enabled by its later name',
      / {2}# This annotation[\s\S]*?"true"\nspec:\n/,
      'spec:\n  clusterNetwork: { advancedNetworking: true }\n',
      { 'control plane': 6, services: 4 },
      {},
    ],
    ['the type is layer2 (R25)', 'type: bgp', 'type: layer2', {}, { 'control plane': 6, services: 4 }],
    ['the mode is manual (R25)', 'mode: bundled', 'mode: manual', {}, { 'control plane': 6, services: 4 }],
  ] as const)('and those that do not come up, and why: %s', (_what, from, to, there, gone) => {
    const { sessions, lost, spare } = meaning('shared-peers', (each) => {
      const next = each.replace(from, to)
      expect(next).not.toBe(each)
      return next
    })
    const counts = (all: readonly { kind: string }[]) =>
      Object.fromEntries([...Map.groupBy(all, ({ kind }) => kind)].map(([kind, some]) => [kind, some.length]))
    expect([counts(sessions), counts(lost), spare]).toEqual([there, gone, []])
    for (const each of lost) expect(each.reason).toMatch(/R2[45]/)
  })

  test('R32: 3 and 4, two of them across racks', () => {
    expect(pairs(meaning('peers-per-rack').sessions)).toEqual([
      '10.0.1.10 → 10.0.1.254',
      '10.0.1.11 → 10.0.1.254',
      '10.0.2.10 → 10.0.2.254',
      '10.0.1.100 → 10.0.1.254',
      '10.0.2.100 → 10.0.1.254',
      '10.0.1.100 → 10.0.2.254',
      '10.0.2.100 → 10.0.2.254',
    ])
  })

  test('R33: 3 and 2; as it is printed 4, and the fifth is lost to 10.0.2.11 (R11)', () => {
    const right = [
      '10.0.1.10 → 10.0.1.254',
      '10.0.1.11 → 10.0.1.254',
      '10.0.2.10 → 10.0.2.254',
      '10.0.3.100 → 10.0.3.254',
      '10.0.3.101 → 10.0.3.254',
    ]
    expect(pairs(meaning('planes-apart').sessions)).toEqual(right)
    const printed = meaning('planes-apart-as-printed')
    expect(pairs(printed.sessions)).toEqual(right.filter((each) => !each.startsWith('10.0.2.10')))
    expect(pairs(printed.lost)).toEqual(['10.0.2.10 → 10.0.2.254'])
    expect(printed.lost[0]!.reason).toContain('10.0.2.11')
  })

  test('a control-plane node that no list names is lost without a peer to name (R11)', () => {
    const { lost } = meaning('peers-per-rack', (each) => each.replace('          - 10.0.1.11\n', ''))
    expect(lost).toMatchObject([{ localIP: '10.0.1.11', kind: 'control plane' }])
    expect(lost[0]!.peerIP).toBeUndefined()
  })

  test('a floating IP that no node can hold: its sessions are lost (R16)', () => {
    const { sessions, lost } = meaning('shared-peers', (each) => each.replace('- 10.0.2.100', '- 10.0.9.100'))
    expect(pairs(lost)).toEqual(['10.0.9.100 → 10.8.0.10', '10.0.9.100 → 10.8.0.11'])
    expect(sessions).toHaveLength(8)
  })

  test('a floating IP over the number of sessions is a spare, and the peer must know it all the same (R18, R19)', () => {
    const { sessions, spare, peers } = meaning('shared-peers', (each) => each.replace('- 10.0.2.100', '- 10.0.2.100\n    - 10.0.2.101'))
    expect(sessions.filter((each) => each.kind === 'services')).toHaveLength(4)
    expect(spare.map((each) => each.peerIP)).toEqual(['10.8.0.10', '10.8.0.11'])
    for (const peer of peers) expect(peer.neighbors.filter((each) => each.kind === 'floating IP')).toHaveLength(3)
  })

  test('a floating IP starts at a node of its subnet, and may move to the others (R17)', () => {
    const { sessions } = meaning('planes-apart')
    const service = sessions.find((each) => each.localIP === '10.0.3.100')!
    expect([service.node, ...service.otherHolders].sort()).toEqual(['10.0.3.10', '10.0.3.11'])
  })
})

describe('the next hops of each VIP', () => {
  test('with ADD-PATH every load-balancer node, without it one, spread (R20–R22)', () => {
    const { vips } = meaning('shared-peers')
    const services = vips.routes.filter((route) => route.peerIP === undefined)
    expect(services.map((route) => [route.prefix, route.what])).toEqual([
      ['10.0.0.1/32', 'gke-system/istio-ingress'],
      ['10.0.0.2/32', 'any Service'],
      ['10.0.0.3/32', 'any Service'],
      ['10.0.0.4/32', 'any Service'],
    ])
    for (const route of services) expect(route.nextHops).toEqual(['10.0.1.10', '10.0.1.11', '10.0.2.10'])
    expect(new Set(services.map((route) => route.nextHop)).size).toBe(3)
  })

  test('the CP VIP at each peer: the nodes that peer with it (R4)', () => {
    const { vips } = meaning('peers-per-rack')
    expect(vips.routes.filter((route) => route.peerIP !== undefined)).toEqual([
      { prefix: '10.0.0.8/32', what: 'control plane', nextHops: ['10.0.1.10', '10.0.1.11'], peerIP: '10.0.1.254' },
      { prefix: '10.0.0.8/32', what: 'control plane', nextHops: ['10.0.2.10'], peerIP: '10.0.2.254' },
    ])
  })

  test('of a large pool a few are shown, and the rest is counted', () => {
    const { vips } = meaning('shared-peers', (each) => each.replace('- 10.0.0.1-10.0.0.4', '- 10.0.0.1-10.0.0.4\n          - 10.5.0.0/16'))
    expect(vips.routes.filter((route) => route.what === 'any Service')).toHaveLength(4)
    expect(vips.more).toBe(4 + 65536 - 1 - 4)
  })

  test('an admin cluster has the CP VIP alone (R2)', () => {
    const { vips, peers, sessions } = meaning('shared-peers', (each) => each.replace('spec:\n', 'spec:\n  type: admin\n'))
    expect(vips.routes.map((route) => route.prefix)).toEqual(['10.0.0.8/32', '10.0.0.8/32'])
    expect(sessions).toHaveLength(6)
    expect(peers.map((peer) => peer.addPathReceive)).toEqual([false, false])
  })
})

describe('what the network must provide', () => {
  test('each peer × each address that will knock, multihop where the session or its next hops are off the link (R19, R20)', () => {
    const [rack1, rack2] = meaning('peers-per-rack').peers
    const shown = (peer: typeof rack1) => peer!.neighbors.map((each) => `${each.address}${each.multihop === undefined ? '' : ' multihop'}`)
    expect(shown(rack1)).toEqual(['10.0.1.10', '10.0.1.11', '10.0.1.100 multihop', '10.0.2.100 multihop'])
    expect(shown(rack2)).toEqual(['10.0.2.10', '10.0.1.100 multihop', '10.0.2.100 multihop'])
    expect(rack1).toMatchObject({ subnet: '10.0.1.0/24', paths: 3, addPathReceive: true, routesTo: ['10.0.2.0/24'] })
    expect(rack1!.prefixes).toEqual(['10.0.0.8/32', '10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/32'])
  })

  test('a peer of the control plane only, and one of services only (R33)', () => {
    const [first, , third] = meaning('planes-apart').peers
    expect(first).toMatchObject({ addPathReceive: false, paths: 2, prefixes: ['10.0.0.8/32'], routesTo: [] })
    expect(third).toMatchObject({ addPathReceive: true, paths: 3, routesTo: ['10.0.1.0/24', '10.0.2.0/24'] })
    expect(third!.neighbors.every((each) => each.multihop?.includes('next hops'))).toBe(true)
  })

  test('a peer in no node subnet: multihop for all, and a route to every node subnet', () => {
    for (const peer of meaning('shared-peers').peers) {
      expect(peer.neighbors.every((each) => each.multihop !== undefined)).toBe(true)
      expect(peer.routesTo).toEqual(['10.0.1.0/24', '10.0.2.0/24'])
      expect(peer.subnet).toBeUndefined()
    }
  })

  test('where all is on the link, single-hop will do', () => {
    const { peers } = meaning('shared-peers', (each) =>
      each.replaceAll('10.8.0.1', '10.0.1.25').replaceAll('10.0.2.1', '10.0.1.8').replaceAll('10.0.1.800', '10.0.1.101'),
    )
    expect(peers.flatMap((peer) => peer.neighbors.map((each) => each.multihop))).toEqual(Array(10).fill(undefined))
  })
})
