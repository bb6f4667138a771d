import { describe, expect, it } from 'vitest'
import {
  ApiClient,
  ApiServer,
  FLOATING_IP,
  type FloatingIP,
  Informer,
  RESOURCE_TYPES,
  type Result,
  Store,
  SYSTEM_NAMESPACE,
} from '../../../src/cluster/api/index.ts'
import { SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'

const timers = TIMER_PROFILES.fast
const server = { address: '10.9.0.2', port: 6443 }

function admin(universe: VirtualUniverse, gated = false) {
  const world = universe.createWorld({ name: 'admin', addresses: ['10.9.0.2/24'] })
  const store = new Store(world, RESOURCE_TYPES)
  const api = new ApiServer(world, store, {
    listen: server,
    types: RESOURCE_TYPES,
    bookmarkInterval: timers.leaseRenewInterval,
    ...(gated ? { gated: [FLOATING_IP] } : {}),
  })
  api.start()
  return { world, store, api }
}

function put(store: Store, address: string, nodeName: string | undefined) {
  store.upsert(FLOATING_IP, {
    metadata: { name: address, namespace: SYSTEM_NAMESPACE },
    spec: { address },
    status: { phase: 'Assigned', since: '', reason: '', ...(nodeName === undefined ? {} : { nodeName }) },
  })
}

function agent(universe: VirtualUniverse, name = 'node-04') {
  const world = universe.createWorld({ name, addresses: ['10.0.1.14/24'] })
  const client = new ApiClient(world, { server, timers, localAddress: '10.0.1.14' })
  const seen: string[] = []
  const note = (what: string, object: FloatingIP) => seen.push(`${what} ${object.metadata.name} ${object.status?.nodeName ?? '-'}`)
  const informer = new Informer(
    client,
    FLOATING_IP,
    { field: { path: 'status.nodeName', value: name } },
    {
      added: (object) => note('added', object),
      updated: (object) => note('updated', object),
      removed: (object, how) => note(how, object),
      synced: () => seen.push('synced'),
    },
  )
  return { world, client, informer, seen, take: () => seen.splice(0) }
}

describe('client and server', () => {
  it('speak of objects, and carry the API errors by name', () => {
    const universe = new VirtualUniverse()
    const { store } = admin(universe)
    const { client } = agent(universe)
    const results: Result<unknown>[] = []
    const done = (result: Result<unknown>) => results.push(result)
    const next = () => {
      universe.run(universe.now + SECOND)
      return results.pop()
    }
    const metadata = { name: '10.0.1.100', namespace: SYSTEM_NAMESPACE }
    client.get(FLOATING_IP, '10.0.1.100', SYSTEM_NAMESPACE, done)
    expect(next()).toMatchObject({ ok: false, error: { code: 'not-found' } })
    client.create(FLOATING_IP, { metadata, spec: { address: '10.0.1.100' } }, done)
    expect(next()).toMatchObject({ ok: true, value: { kind: 'FloatingIP', spec: { address: '10.0.1.100' } } })
    client.updateStatus(
      FLOATING_IP,
      { metadata: { ...metadata, resourceVersion: '1' }, status: { phase: 'Unassigned', since: '', reason: 'x' } },
      done,
    )
    expect(next()).toMatchObject({ ok: false, error: { code: 'conflict' } })
    client.updateStatus(FLOATING_IP, { metadata, status: { phase: 'Unassigned', since: '', reason: 'x' } }, done)
    expect(next()).toMatchObject({ ok: true, value: { status: { reason: 'x' } } })
    client.list(FLOATING_IP, { field: { path: 'status.nodeName', value: 'node-04' } }, done)
    expect(next()).toMatchObject({ ok: true, value: { items: [] } })
    client.renew('node-04', { holderIdentity: 'node-04', leaseDurationSeconds: 3, holding: [] }, done)
    expect(next()).toMatchObject({ ok: true, value: { kind: 'Lease', spec: { holderIdentity: 'node-04' } } })
    client.delete(FLOATING_IP, '10.0.1.100', SYSTEM_NAMESPACE, done)
    expect(next()).toMatchObject({ ok: true })
    expect(store.list(FLOATING_IP).items).toEqual([])
  })

  it('hold back gated kinds until the gate opens', () => {
    const universe = new VirtualUniverse()
    const { store, api } = admin(universe, true)
    const { informer, take } = agent(universe)
    informer.start()
    universe.run(2 * SECOND)
    expect(take()).toEqual([])
    put(store, '10.0.1.100', 'node-04')
    api.openGate()
    universe.run(universe.now + SECOND)
    expect(take()).toEqual(['added 10.0.1.100 node-04', 'synced'])
  })
})

describe('an informer', () => {
  it('lists, then follows', () => {
    const universe = new VirtualUniverse()
    const { store } = admin(universe)
    const { informer, take } = agent(universe)
    put(store, '10.0.1.100', 'node-04')
    informer.start()
    universe.run(SECOND)
    expect(take()).toEqual(['added 10.0.1.100 node-04', 'synced'])
    put(store, '10.0.1.101', 'node-04')
    put(store, '10.0.1.100', 'node-05')
    store.delete(FLOATING_IP, '10.0.1.101', SYSTEM_NAMESPACE)
    universe.run(universe.now + 10_000)
    expect(take()).toEqual(['added 10.0.1.101 node-04', 'left 10.0.1.100 node-05', 'deleted 10.0.1.101 node-04'])
  })

  it('tells nothing while the API is away, and resumes where it was', () => {
    const universe = new VirtualUniverse()
    const { store, api } = admin(universe)
    const { informer, take } = agent(universe)
    put(store, '10.0.1.100', 'node-04')
    informer.start()
    universe.run(SECOND)
    take()
    api.stop()
    universe.run(10 * SECOND)
    put(store, '10.0.1.100', 'node-05')
    expect(informer.objects).toHaveLength(1)
    api.start()
    universe.run(11 * SECOND)
    expect(take()).toEqual(['left 10.0.1.100 node-05'])
  })

  it('finds out that its watch hangs on a server that lost power, and reads by name what the new one does not list', () => {
    const universe = new VirtualUniverse()
    const first = admin(universe)
    const { informer, take } = agent(universe)
    put(first.store, '10.0.1.100', 'node-04')
    put(first.store, '10.0.1.101', 'node-04')
    put(first.store, '10.0.1.102', 'node-04')
    informer.start()
    universe.run(SECOND)
    take()
    universe.powerOff('admin')
    universe.run(10 * SECOND)
    expect(take()).toEqual([])
    const second = admin(universe)
    put(second.store, '10.0.1.100', 'node-05')
    put(second.store, '10.0.1.102', 'node-04')
    universe.run(12 * SECOND)
    expect(take().toSorted()).toEqual(['deleted 10.0.1.101 node-04', 'left 10.0.1.100 node-05', 'synced', 'updated 10.0.1.102 node-04'])
  })

  it('stays in step with a cut link healed, by bookmarks alone if need be', () => {
    const universe = new VirtualUniverse({ seed: 7 })
    const { store } = admin(universe)
    const { informer, take } = agent(universe)
    informer.start()
    universe.run(SECOND)
    universe.cut('node-04')
    put(store, '10.0.1.100', 'node-04')
    universe.run(20 * SECOND)
    expect(take()).toEqual(['synced'])
    universe.heal('node-04')
    universe.run(25 * SECOND)
    expect(take()).toEqual(['added 10.0.1.100 node-04'])
    expect(informer.get('10.0.1.100', SYSTEM_NAMESPACE)?.status?.nodeName).toBe('node-04')
  })

  it('is silent once stopped', () => {
    const universe = new VirtualUniverse()
    const { store } = admin(universe)
    const { informer, take } = agent(universe)
    informer.start()
    universe.run(SECOND)
    take()
    informer.stop()
    put(store, '10.0.1.100', 'node-04')
    universe.run(3 * SECOND)
    expect(take()).toEqual([])
    expect(informer.objects).toEqual([])
  })
})
