import { describe, expect, it } from 'vitest'
import { Agent, type AgentConfig } from '../../../src/cluster/agent/index.ts'
import {
  ApiServer,
  BGP_ADVERTISED_ROUTE,
  BGP_SESSION,
  FLOATING_IP,
  LEASE,
  LEASE_NAMESPACE,
  LOAD_BALANCER_NODE,
  RESOURCE_TYPES,
  SERVICE,
  Store,
  SYSTEM_NAMESPACE,
} from '../../../src/cluster/api/index.ts'
import { serviceDraft } from '../../../src/cluster/controllers/index.ts'
import { SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'
import { HTTP } from '../gateway/cluster.ts'

const timers = TIMER_PROFILES.fast
const api = { address: '10.9.0.2', port: 6443 }
const namespace = SYSTEM_NAMESPACE
const FIP = '10.0.1.100'
const PEERS = ['10.8.0.10', '10.8.0.11']

/** One agent against an API without controllers: the test writes what they would. */
function setUp(config: Partial<AgentConfig> = {}, withApi = true) {
  const universe = new VirtualUniverse()
  const admin = universe.createWorld({ name: 'admin', addresses: ['10.9.0.2/24'] })
  const store = new Store(admin, RESOURCE_TYPES)
  const server = new ApiServer(admin, store, { listen: api, types: RESOURCE_TYPES, bookmarkInterval: timers.leaseRenewInterval })
  if (withApi) server.start()
  const world = universe.createWorld({ name: 'node-04', addresses: ['10.0.1.14/24'] })
  const agent = new Agent(world, { node: 'node-04', address: '10.0.1.14', api, timers, loadBalancer: false, ...config })
  agent.start()
  const run = (seconds = 1) => universe.run(universe.now + seconds * SECOND)
  const give = (nodeName?: string) =>
    store.upsert(FLOATING_IP, {
      metadata: { name: FIP, namespace },
      spec: { address: FIP },
      status: { phase: nodeName ? 'Assigned' : 'Unassigned', since: '', reason: '', ...(nodeName ? { nodeName } : {}) },
    })
  const session = (peerIP: string) => `${peerIP}-node-04`
  const peer = (peerIP: string) =>
    store.upsert(BGP_SESSION, {
      metadata: { name: session(peerIP), namespace },
      spec: { floatingIP: FIP, localIP: FIP, localASN: 65001, nodeName: 'node-04', peerIP, peerASN: 65002 },
    })
  const route = (name: string, ...nextHops: string[]) =>
    store.upsert(BGP_ADVERTISED_ROUTE, { metadata: { name, namespace }, spec: { prefix: '10.0.0.1/32', nextHops, nextHop: nextHops[0]! } })
  const holding = () => agent.status().holding.map((each) => `${each.address} ${each.state}`)
  const peers = () => agent.status().sessions.map((each) => each.peerAddress)
  const leases = () => store.list(LEASE).items.length
  return { universe, world, store, server, agent, run, give, peer, route, session, holding, peers, leases }
}

function holder() {
  const lab = setUp()
  lab.give('node-04')
  for (const peer of PEERS) lab.peer(peer)
  lab.run()
  expect([lab.holding(), lab.peers()]).toEqual([[`${FIP} held`], PEERS])
  return lab
}

describe('an agent', () => {
  it('renews its lease with what it holds', () => {
    const { store, run } = holder()
    run(2)
    expect(store.get(LEASE, 'node-04', LEASE_NAMESPACE)?.spec).toMatchObject({
      holderIdentity: 'node-04',
      leaseDurationSeconds: 3,
      holding: [FIP],
    })
  })

  it('tries a renewal several times within one lease', () => {
    const { universe, run, store } = setUp()
    run(2)
    const seen: number[] = []
    store.watch(LEASE, {}, undefined, () => seen.push(universe.now))
    universe.cut('admin')
    run(2)
    universe.heal('admin')
    run(1.6)
    expect(seen.length).toBeGreaterThan(0)
  })

  it('reads that another node holds its address, and gives it up', () => {
    const { give, run, holding, world } = holder()
    give('node-05')
    run()
    expect(holding()).toEqual([])
    expect(world.host.applied.addresses).toEqual([])
  })

  it('gives up an address that is a floating IP no more', () => {
    const { store, run, holding } = holder()
    store.delete(FLOATING_IP, FIP, namespace)
    run()
    expect(holding()).toEqual([])
  })

  it('keeps address and sessions while the API names no holder, and gives up once it names another', () => {
    const { store, give, run, holding, peers, session } = holder()
    give()
    for (const peer of PEERS) store.delete(BGP_SESSION, session(peer), namespace)
    run(5)
    expect([holding(), peers()]).toEqual([[`${FIP} held`], PEERS])
    give('node-05')
    run()
    expect([holding(), peers()]).toEqual([[], []])
  })

  it('keeps them when the API names it again', () => {
    const { store, give, run, holding, peers, session, peer, universe } = holder()
    const since = universe.now
    give()
    for (const address of PEERS) store.delete(BGP_SESSION, session(address), namespace)
    run(5)
    give('node-04')
    for (const address of PEERS) peer(address)
    run(5)
    expect([holding(), peers()]).toEqual([[`${FIP} held`], PEERS])
    expect(universe.events.filter((event) => event.at > since && event.type === 'address')).toEqual([])
  })

  it('ends a session that is edited away, and no other (R30)', () => {
    const { store, run, peers, session } = holder()
    store.delete(BGP_SESSION, session(PEERS[0]!), namespace)
    run()
    expect(peers()).toEqual([PEERS[1]])
  })

  it('asks until it is answered before it ends a session', () => {
    const { universe, store, run, peers, session } = holder()
    // The deletion arrives (200 µs), and the answer about the floating IP does not.
    store.delete(BGP_SESSION, session(PEERS[0]!), namespace)
    run(0.0005)
    universe.cut('node-04')
    run(5)
    expect(peers()).toEqual(PEERS)
    universe.heal('node-04')
    run(5)
    expect(peers()).toEqual([PEERS[1]])
  })

  it('watches routes only while it holds an address, and Services only on an LB node', () => {
    const { store, route, give, run } = setUp()
    run()
    const cost = (write: () => void) => {
      const before = store.delivered
      write()
      run(0.1)
      return store.delivered - before
    }
    expect(cost(() => route('a', '10.0.1.14'))).toBe(0)
    expect(
      cost(() => store.upsert(SERVICE, serviceDraft({ namespace: 'default', name: 'a', vip: '10.0.0.1', ports: [HTTP], backends: [] }))),
    ).toBe(0)
    give('node-04')
    run()
    expect(cost(() => route('a', '10.0.1.15'))).toBe(1)
    give('node-05')
    run()
    expect(cost(() => route('a', '10.0.1.16'))).toBe(0)
  })

  it('reports its sessions, coalesced, also after the API was away', () => {
    const { store, run, session, server, peer } = holder()
    run()
    const read = (address: string) => store.get(BGP_SESSION, session(address), namespace)?.status
    expect(read(PEERS[0]!)?.state).toMatch(/Connect|Active|Idle/)
    server.stop()
    store.updateStatus(BGP_SESSION, {
      metadata: { name: session(PEERS[0]!), namespace },
      status: { state: 'Established', advertisedRoutes: ['x'], lastReportTime: '' },
    })
    run(5)
    server.start()
    run(10)
    expect(read(PEERS[0]!)?.state).not.toBe('Established')
    expect(peer(PEERS[0]!).ok).toBe(true)
  })

  it('says so when an address fits none of its interfaces, and goes on', () => {
    const { store, run, universe, holding } = setUp()
    store.upsert(FLOATING_IP, {
      metadata: { name: '10.0.7.100', namespace },
      spec: { address: '10.0.7.100' },
      status: { phase: 'Assigned', nodeName: 'node-04', since: '', reason: '' },
    })
    run()
    expect(holding()).toEqual([])
    expect(universe.events.filter((event) => event.type === 'log')).toMatchObject([
      { level: 'error', message: expect.stringContaining('10.0.7.100') },
    ])
  })

  it('on an LB node is not Ready before its VIPs and their rules stand, and the API has heard of it', () => {
    const { run, store, leases, world } = setUp({ loadBalancer: true })
    run()
    expect(leases()).toBe(0)
    store.create(LOAD_BALANCER_NODE, { metadata: { name: 'node-04', namespace }, spec: { nodeName: 'node-04' } })
    let applied: unknown
    store.watch(LEASE, {}, undefined, () => {
      applied ??= world.host.applied
    })
    store.create(
      SERVICE,
      serviceDraft({
        namespace: 'default',
        name: 'web',
        vip: '10.0.0.1',
        ports: [{ protocol: 'udp', port: 53, targetPort: 5353 }],
        backends: ['10.0.1.15'],
      }),
    )
    run()
    expect(leases()).toBe(1)
    expect(applied).toMatchObject({
      localVips: ['10.0.0.1'],
      services: [
        { name: 'default/web:udp/53', vip: '10.0.0.1', protocol: 'udp', port: 53, backends: [{ address: '10.0.1.15', port: 5353 }] },
      ],
    })
  })

  it('runs the control plane’s speaker from its own file, without the API (R4, R5, R15)', () => {
    const { run, agent, world } = setUp(
      { controlPlane: { localAsn: 65001, vip: '10.0.0.8', peers: [{ address: PEERS[0]!, asn: 65002 }] } },
      false,
    )
    run()
    expect(agent.status().sessions).toMatchObject([{ localAddress: '10.0.1.14', peerAddress: PEERS[0] }])
    expect(world.host.applied.localVips).toEqual(['10.0.0.8'])
  })

  it('stops in good order, once', () => {
    const { agent, run, world } = holder()
    let stopped = 0
    agent.stop(() => stopped++)
    run(5)
    expect(stopped).toBe(1)
    expect(world.host.applied.addresses).toEqual([{ address: FIP, interface: 'eth0' }])
  })
})
