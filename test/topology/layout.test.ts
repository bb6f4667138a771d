import { describe, expect, it } from 'vitest'
import type { TopologyFile } from '../../src/topology/file.ts'
import { type LayoutInputs, layOut } from '../../src/topology/layout.ts'
import type { Plan } from '../../src/topology/plan.ts'
import { NO_CLUSTER, TWO_RACKS } from './two-racks.ts'

const file: TopologyFile = { ...TWO_RACKS, nodes: { 'node-01': '10.0.1.10', 'node-02': '10.0.2.10' } }

const inputs: LayoutInputs = {
  ...NO_CLUSTER,
  peering: {
    sessions: ['10.0.1.10', '10.0.1.100', '10.0.2.100'].flatMap((localIP) =>
      ['10.8.0.10', '10.8.0.11'].map((peerIP) => ({ localIP, localASN: 65001, peerIP, name: localIP })),
    ),
    nextHops: ['10.0.1.10', '10.0.2.10'],
  },
  controlPlaneNodes: ['10.0.1.10'],
  loadBalancerNodes: ['10.0.2.10'],
}

const router = (plan: Plan, name: string) => plan.routers.find((each) => each.name === name)!

describe('the layout', () => {
  const plan = layOut(file, inputs)

  it('gives each ToR an address of its own in each rack, and its peering address on loopback', () => {
    const addresses = (name: string) => router(plan, name).interfaces.flatMap((each) => each.addresses)
    expect(addresses('tor1')).toEqual(['10.0.1.2/24', '10.0.2.2/24', '10.9.0.1/30'])
    expect(addresses('tor2')).toEqual(['10.0.1.3/24', '10.0.2.3/24', '10.9.0.5/30'])
    expect(router(plan, 'tor1').loopbacks).toEqual(['10.8.0.10/32'])
    expect(router(plan, 'tor1').routes).toEqual([{ prefix: '10.8.0.11/32', via: '10.0.1.3' }])
  })

  it('shares a gateway per rack, each router first choice in one of them', () => {
    const priorities = (name: string) => router(plan, name).vrrp.map((each) => [each.interface, each.address, each.priority])
    expect(priorities('tor1')).toEqual([
      ['rack1', '10.0.1.1', 200],
      ['rack2', '10.0.2.1', 150],
    ])
    expect(priorities('tor2')).toEqual([
      ['rack1', '10.0.1.1', 150],
      ['rack2', '10.0.2.1', 200],
    ])
    expect(plan.nodes.map((node) => node.routes)).toEqual([
      [{ prefix: '0.0.0.0/0', via: '10.0.1.1' }],
      [{ prefix: '0.0.0.0/0', via: '10.0.2.1' }],
    ])
  })

  it('makes every floating IP and CP node a passive neighbor of every peer (R12, R19), and peers with the core', () => {
    const neighbors = router(plan, 'tor1').neighbors
    expect(neighbors.map((each) => [each.address, each.asn, each.updateSource, each.passive, each.multihop])).toEqual([
      ['10.0.1.10', 65001, '10.8.0.10', true, false],
      ['10.0.1.100', 65001, '10.8.0.10', true, false],
      ['10.0.2.100', 65001, '10.8.0.10', true, false],
      ['10.9.0.2', 65003, '10.9.0.1', false, false],
    ])
  })

  it('asks for multihop as soon as a next hop is off the links of the router', () => {
    const elsewhere = layOut(file, { ...inputs, peering: { ...inputs.peering, nextHops: ['10.0.3.10'] } })
    expect(router(elsewhere, 'tor1').neighbors.map((each) => each.multihop)).toEqual([true, true, true, false])
  })

  it('lets the core give the ToRs a default route, and originate what stands behind it (R8)', () => {
    const core = router(plan, 'core')
    expect(core.neighbors.map((each) => [each.description, each.defaultOriginate])).toEqual([
      ['tor1', true],
      ['tor2', true],
    ])
    expect(core.networks).toEqual(['10.7.0.0/24', '10.7.1.0/24'])
    expect(router(plan, 'tor1').neighbors.at(-1)?.defaultOriginate).toBe(false)
  })

  it('makes MAC addresses that are distinct, locally administered, unicast and the same every time', () => {
    const macs = [...plan.routers, ...plan.nodes, ...plan.clients, plan.admin].flatMap((device) =>
      device.interfaces.map((each) => each.mac),
    )
    expect(new Set(macs).size).toBe(macs.length)
    for (const mac of macs) expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2)
    expect(layOut(file, inputs)).toEqual(plan)
  })

  it('gives each device a hash seed of its own, or none at all', () => {
    const seeds = (each: Plan) => [...each.routers, ...each.nodes].map((device) => device.hashSeed)
    expect(new Set(seeds(plan)).size).toBe(5)
    expect(seeds(layOut(file, { ...inputs, hashSeeds: false }))).toEqual(Array(5).fill(undefined))
  })

  it('takes the kind and ADD-PATH of a router from outside over what the file says', () => {
    const mixed = layOut(file, { ...inputs, kinds: { tor2: 'gobgp' }, addPath: { tor1: false } })
    expect(mixed.routers.map((each) => each.kind)).toEqual(['frr', 'gobgp', 'frr'])
    expect(router(mixed, 'tor1').neighbors[0]?.addPathReceive).toBe(false)
    expect(router(mixed, 'tor2').neighbors[0]?.addPathReceive).toBe(true)
  })

  it('attaches every interface exactly once', () => {
    const ends = plan.links.flatMap((link) => [link.a, link.b]).map((end) => `${end.device} ${end.interface}`)
    expect(new Set(ends).size).toBe(ends.length)
    for (const device of [...plan.routers, ...plan.nodes, ...plan.clients, plan.admin])
      for (const each of device.interfaces) expect(ends).toContain(`${device.name} ${each.name}`)
  })
})
