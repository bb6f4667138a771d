import { describe, expect, it } from 'vitest'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  CLUSTER,
  FLOATING_IP,
  LOAD_BALANCER_NODE,
  NETWORK_GATEWAY,
  SYSTEM_NAMESPACE,
} from '../../../src/cluster/api/index.ts'
import { ControlPlane, type ControlPlaneConfig } from '../../../src/cluster/controllers/index.ts'
import { type LabEvent, SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'
import { smallCluster } from './cluster.ts'

const timers = TIMER_PROFILES.fast
const web = {
  namespace: 'default',
  name: 'web',
  vip: '10.0.0.1',
  ports: [{ protocol: 'tcp', port: 80, targetPort: 8080 }],
  backends: ['10.0.1.14'],
} as const

/** A control plane whose nodes' leases the test renews itself, and whose nodes have every Service from the start. */
function setUp(more: Partial<ControlPlaneConfig> = {}, alive = ['node-04', 'node-05', 'node-06']) {
  const universe = new VirtualUniverse()
  const world = universe.createWorld({ name: 'admin', addresses: ['10.9.0.2/24'] })
  const plane = new ControlPlane(world, {
    listen: { address: '10.9.0.2', port: 6443 },
    timers,
    cluster: smallCluster(),
    services: [web],
    ...more,
  })
  plane.start()
  for (const { metadata } of plane.store.list(LOAD_BALANCER_NODE).items)
    plane.store.updateStatus(LOAD_BALANCER_NODE, {
      metadata: { name: metadata.name, namespace: SYSTEM_NAMESPACE },
      status: { servicesApplied: `${Number(plane.store.revision) + 1_000_000}`, conditions: [] },
    })
  const living = new Set(alive)
  const holding: Record<string, string[]> = {}
  const tick = () => {
    for (const node of living)
      plane.store.renew(node, { holderIdentity: node, leaseDurationSeconds: 3, renewTime: '', holding: holding[node] ?? [] })
    universe.at(universe.now + timers.leaseRenewInterval, tick)
  }
  universe.at(100_000, tick)
  const run = (seconds: number) => universe.run(universe.now + seconds * SECOND)
  const places = () =>
    Object.fromEntries(
      plane.store.list(FLOATING_IP).items.map(({ metadata, status }) => [metadata.name, status?.nodeName ?? status?.phase]),
    )
  const sessions = () => plane.store.list(BGP_SESSION).items.map((each) => `${each.metadata.name} ${each.spec?.localIP}`)
  const hops = () => plane.store.list(BGP_ADVERTISED_ROUTE).items.map((each) => `${each.metadata.name} ${each.spec?.nextHops.join(' ')}`)
  const events = <T extends LabEvent['type']>(type: T) =>
    universe.events.filter((event) => event.type === type) as Extract<LabEvent, { type: T }>[]
  return { universe, plane, living, holding, run, places, sessions, hops, events }
}

describe('the control plane', () => {
  it('places, peers and balances once every node was heard', () => {
    const { run, places, sessions, hops, events } = setUp()
    run(1)
    expect(places()).toEqual({ '10.0.1.100': 'node-04', '10.0.2.100': 'node-06' })
    expect(sessions().toSorted()).toEqual([
      '10.8.0.10-node-04 10.0.1.100',
      '10.8.0.10-node-06 10.0.2.100',
      '10.8.0.11-node-04 10.0.1.100',
      '10.8.0.11-node-06 10.0.2.100',
    ])
    expect(hops()).toEqual(['bgplb-default-web 10.0.1.14 10.0.1.15 10.0.2.16'])
    expect(events('node-ready')).toHaveLength(3)
    expect(events('floating-ip').map(({ address, node, reason }) => `${address} ${node} ${reason}`)).toEqual([
      '10.0.1.100 node-04 initialPlacement',
      '10.0.2.100 node-06 assigned',
    ])
  })

  it('moves a dead node’s address within its subnet, its sessions with it, and takes it out of the next hops (R17)', () => {
    const { run, living, places, sessions, hops, events } = setUp()
    run(1)
    living.delete('node-04')
    run(2)
    expect(places()['10.0.1.100']).toBe('node-04')
    run(2)
    expect(places()).toEqual({ '10.0.1.100': 'node-05', '10.0.2.100': 'node-06' })
    expect(sessions()).toContain('10.8.0.10-node-05 10.0.1.100')
    expect(sessions()).toHaveLength(4)
    expect(hops()).toEqual(['bgplb-default-web 10.0.1.15 10.0.2.16'])
    expect(events('floating-ip').at(-1)).toMatchObject({
      address: '10.0.1.100',
      node: 'node-05',
      previous: 'node-04',
      reason: 'node-04 is not Ready',
    })
    living.add('node-04')
    run(5)
    expect(places()['10.0.1.100']).toBe('node-05')
    expect(hops()).toEqual(['bgplb-default-web 10.0.1.14 10.0.1.15 10.0.2.16'])
  })

  it('leaves an address Unassigned where its subnet has no Ready node, and lists its sessions as lost', () => {
    const { run, living, places, plane } = setUp()
    run(1)
    living.delete('node-06')
    run(4)
    expect(places()['10.0.2.100']).toBe('Unassigned')
    const status = plane.store.get(FLOATING_IP, '10.0.2.100', SYSTEM_NAMESPACE)?.status
    expect(status).toMatchObject({ phase: 'Unassigned', reason: 'no node of 10.0.2.0/24 is Ready (node-06)' })
    expect(plane.store.list(BGP_LOAD_BALANCER).items[0]?.status).toMatchObject({
      lostSessions: [
        { floatingIP: '10.0.2.100', peerIP: '10.8.0.10' },
        { floatingIP: '10.0.2.100', peerIP: '10.8.0.11' },
      ],
    })
    living.add('node-06')
    run(2)
    expect(places()['10.0.2.100']).toBe('node-06')
  })

  it('moves nothing and withdraws nothing when most nodes expire together, and says so', () => {
    const { run, living, places, sessions, hops, events } = setUp()
    run(1)
    const before = [places(), sessions(), hops()]
    living.clear()
    run(30)
    expect([places(), sessions(), hops()]).toEqual(before)
    expect(events('log').map((event) => event.message)).toEqual([
      'floating IPs: 3 of 3 Ready nodes fell silent together: the path to the API is suspect, nothing is moved',
    ])
  })

  it('places nothing new either while that lasts', () => {
    const { run, living, places, plane } = setUp()
    run(1)
    living.clear()
    run(10)
    const metadata = { name: 'default', namespace: 'cluster-small' }
    plane.store.update(NETWORK_GATEWAY, { metadata, spec: { floatingIPs: ['10.0.1.100', '10.0.1.101', '10.0.2.100'] } })
    run(10)
    expect(places()['10.0.1.101']).toBeUndefined()
    for (const node of ['node-04', 'node-05', 'node-06']) living.add(node)
    run(2)
    expect(places()['10.0.1.101']).toBe('node-05')
  })

  it('judges nobody for one lease duration when its controllers start anew', () => {
    const { run, living, places, plane, universe } = setUp()
    run(1)
    living.delete('node-04')
    run(1)
    plane.restartControllers()
    const restarted = universe.now
    universe.run(restarted + timers.leaseDuration - 1)
    expect(places()['10.0.1.100']).toBe('node-04')
    universe.run(restarted + timers.leaseDuration + SECOND)
    expect(places()['10.0.1.100']).toBe('node-05')
  })

  it('learns from the leases who holds what when its store is empty', () => {
    const { run, holding, places } = setUp()
    holding['node-05'] = ['10.0.1.100']
    run(1)
    expect(places()['10.0.1.100']).toBe('node-05')
  })

  it('follows edits of the gateway and of the load balancer, and refuses what cannot be (R14, R30)', () => {
    const { run, plane, places, sessions } = setUp({ documents: [CLUSTER_DOCUMENT] })
    run(1)
    const namespace = 'cluster-small'
    plane.store.update(NETWORK_GATEWAY, { metadata: { name: 'default', namespace }, spec: { floatingIPs: ['10.0.1.100', '10.0.1.101'] } })
    plane.store.update(BGP_LOAD_BALANCER, {
      metadata: { name: 'bgplb', namespace },
      spec: { localASN: 65001, peers: [{ peerIP: '10.8.0.10', peerASN: 65002 }] },
    })
    run(1)
    expect(places()).toEqual({ '10.0.1.100': 'node-04', '10.0.1.101': 'node-05' })
    expect(sessions().toSorted()).toEqual(['10.8.0.10-node-04 10.0.1.100', '10.8.0.10-node-05 10.0.1.101'])
    expect(
      plane.store.update(NETWORK_GATEWAY, { metadata: { name: 'default', namespace }, spec: { floatingIPs: ['nonsense'] } }),
    ).toMatchObject({
      ok: false,
      error: { code: 'invalid', causes: [{ field: 'spec.floatingIPs[0]', reason: 'FieldValueInvalid' }] },
    })
    const edited = { metadata: { name: 'small', namespace }, spec: { loadBalancer: { mode: 'bundled', localASN: 65009 } } }
    expect(plane.store.update(CLUSTER, edited)).toMatchObject({
      ok: false,
      error: {
        code: 'invalid',
        message:
          'Cluster.baremetal.cluster.gke.io "small" is invalid: spec.loadBalancer.localASN: Forbidden: cannot change after creation (R14)',
      },
    })
  })
})

const CLUSTER_DOCUMENT = {
  apiVersion: 'baremetal.cluster.gke.io/v1',
  kind: 'Cluster',
  metadata: { name: 'small', namespace: 'cluster-small' },
  spec: { loadBalancer: { mode: 'bundled', localASN: 65001 } },
}
