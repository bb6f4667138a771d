import { describe, expect, it } from 'vitest'
import {
  BGP_SESSION,
  type Draft,
  FLOATING_IP,
  type FloatingIP,
  LEASE,
  NODE,
  RESOURCE_TYPES,
  Store,
  SYSTEM_NAMESPACE,
  type WatchEvent,
} from '../../../src/cluster/api/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'

const floatingIP = (address: string, nodeName?: string): Draft<FloatingIP> => ({
  metadata: { name: address, namespace: SYSTEM_NAMESPACE },
  spec: { address },
  status: {
    phase: nodeName === undefined ? 'Unassigned' : 'Assigned',
    since: '',
    reason: '',
    ...(nodeName === undefined ? {} : { nodeName }),
  },
})

function setUp() {
  const universe = new VirtualUniverse()
  const world = universe.createWorld({ name: 'admin', addresses: ['10.9.0.2'] })
  const store = new Store(world, RESOURCE_TYPES)
  const settle = () => universe.run(universe.now + 1_000)
  /** Watches and notes what is delivered: `ADDED 10.0.1.100 node-04`. */
  const follow = (nodeName?: string, from?: string) => {
    const seen: string[] = []
    const watch = store.watch(
      FLOATING_IP,
      nodeName === undefined ? {} : { field: { path: 'status.nodeName', value: nodeName } },
      from,
      (event: WatchEvent<FloatingIP>) => {
        if (event.type !== 'BOOKMARK') seen.push(`${event.type} ${event.object.metadata.name} ${event.object.status?.nodeName ?? '-'}`)
      },
    )
    return { seen, watch }
  }
  return { universe, store, settle, follow }
}

describe('the store', () => {
  it('gives an object its identity and lets a later write find out that it is late', () => {
    const { store } = setUp()
    const made = store.create(FLOATING_IP, floatingIP('10.0.1.100'))
    if (!made.ok) throw new Error(made.error.message)
    expect(made.value).toMatchObject({ apiVersion: 'networking.gke.io/v1alpha1', kind: 'FloatingIP', metadata: { generation: 1 } })
    expect(made.value.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    expect(store.create(FLOATING_IP, floatingIP('10.0.1.100'))).toMatchObject({ ok: false, error: { code: 'already-exists', status: 409 } })

    const { resourceVersion } = made.value.metadata
    const metadata = { ...floatingIP('10.0.1.100').metadata, resourceVersion }
    const first = store.updateStatus(FLOATING_IP, { ...floatingIP('10.0.1.100', 'node-04'), metadata })
    expect(first).toMatchObject({ ok: true, value: { metadata: { generation: 1 }, status: { nodeName: 'node-04' } } })
    const late = store.updateStatus(FLOATING_IP, { ...floatingIP('10.0.1.100', 'node-05'), metadata })
    expect(late).toMatchObject({ ok: false, error: { code: 'conflict', status: 409 } })
    expect(store.get(FLOATING_IP, '10.0.1.100', SYSTEM_NAMESPACE)?.status?.nodeName).toBe('node-04')
  })

  it('keeps the status through a change of the spec, and counts generations of the spec alone', () => {
    const { store } = setUp()
    store.create(FLOATING_IP, floatingIP('10.0.1.100', 'node-04'))
    const { status: _, ...spec } = floatingIP('10.0.1.100')
    const changed = store.update(FLOATING_IP, { ...spec, spec: { address: '10.0.1.101' } })
    expect(changed).toMatchObject({ ok: true, value: { metadata: { generation: 2 }, status: { nodeName: 'node-04' } } })
  })

  it('writes nothing where nothing changed, except a lease', () => {
    const { store } = setUp()
    store.create(FLOATING_IP, floatingIP('10.0.1.100', 'node-04'))
    const lease = { holderIdentity: 'node-04', leaseDurationSeconds: 3, renewTime: '', holding: [] }
    store.renew('node-04', lease)
    const before = store.revision
    store.updateStatus(FLOATING_IP, floatingIP('10.0.1.100', 'node-04'))
    expect(store.revision).toBe(before)
    store.renew('node-04', lease)
    expect(store.revision).not.toBe(before)
  })

  it('delivers an object that leaves an index once, as it is now', () => {
    const { store, settle, follow } = setUp()
    const old = follow('node-04')
    const next = follow('node-05')
    const other = follow('node-06')
    const all = follow()
    store.create(FLOATING_IP, floatingIP('10.0.1.100', 'node-04'))
    store.updateStatus(FLOATING_IP, floatingIP('10.0.1.100', 'node-05'))
    expect(old.seen).toEqual([])
    settle()
    expect(old.seen).toEqual(['ADDED 10.0.1.100 node-04', 'LEFT 10.0.1.100 node-05'])
    expect(next.seen).toEqual(['ADDED 10.0.1.100 node-05'])
    expect(other.seen).toEqual([])
    expect(all.seen).toEqual(['ADDED 10.0.1.100 node-04', 'MODIFIED 10.0.1.100 node-05'])
    store.delete(FLOATING_IP, '10.0.1.100', SYSTEM_NAMESPACE)
    settle()
    expect(old.seen).toHaveLength(2)
    expect(next.seen.at(-1)).toBe('DELETED 10.0.1.100 node-05')
  })

  it('resumes a watch at a revision, and says gone for one that is not its own', () => {
    const { store, settle, follow } = setUp()
    store.create(FLOATING_IP, floatingIP('10.0.1.100', 'node-04'))
    const { items, resourceVersion } = store.list(FLOATING_IP, { field: { path: 'status.nodeName', value: 'node-04' } })
    expect(items).toHaveLength(1)
    store.updateStatus(FLOATING_IP, floatingIP('10.0.1.100', 'node-05'))
    store.create(FLOATING_IP, floatingIP('10.0.1.101', 'node-04'))
    const { seen } = follow('node-04', resourceVersion)
    settle()
    expect(seen).toEqual(['LEFT 10.0.1.100 node-05', 'ADDED 10.0.1.101 node-04'])
    for (const stranger of ['0', String(Number(store.revision) + 1), 'x'])
      expect(follow('node-04', stranger).watch).toMatchObject({ ok: false, error: { code: 'gone', status: 410 } })
  })

  it('never gives out a revision that an earlier store gave', () => {
    const { universe, store } = setUp()
    for (let n = 0; n < 50; n++) store.renew('node-04', { holderIdentity: '', leaseDurationSeconds: 3, renewTime: '', holding: [] })
    universe.run(1_000_000)
    const second = new Store(
      { clock: universe.createWorld({ name: 'admin2', addresses: [] }).clock, random: { next: () => 0.5 } },
      RESOURCE_TYPES,
    )
    expect(Number(second.revision)).toBeGreaterThan(Number(store.revision))
  })

  it('refuses an index that it does not keep, and a write that admission forbids', () => {
    const { store, universe } = setUp()
    expect(store.watch(NODE, { field: { path: 'spec.address', value: 'x' } }, undefined, () => {})).toMatchObject({
      ok: false,
      error: { code: 'invalid' },
    })
    const world = universe.createWorld({ name: 'admin2', addresses: [] })
    const strict = new Store(world, RESOURCE_TYPES, (type, next) => (type === NODE && next === undefined ? 'nodes stay' : undefined))
    strict.create(NODE, { metadata: { name: 'node-01' } })
    expect(strict.delete(NODE, 'node-01')).toMatchObject({
      ok: false,
      error: { code: 'forbidden', message: 'nodes "node-01" is forbidden: nodes stay' },
    })
  })

  it('wakes only the gateway at a lease renewal, however many agents watch', () => {
    const { store, settle } = setUp()
    const gateway: string[] = []
    let agents = 0
    store.watch(LEASE, {}, undefined, (event) => gateway.push(event.type))
    for (let n = 0; n < 100; n++) {
      store.watch(FLOATING_IP, { field: { path: 'status.nodeName', value: `node-${n}` } }, undefined, () => agents++)
      store.watch(BGP_SESSION, { field: { path: 'spec.nodeName', value: `node-${n}` } }, undefined, () => agents++)
    }
    store.renew('node-7', { holderIdentity: 'node-7', leaseDurationSeconds: 3, renewTime: '', holding: [] })
    settle()
    expect(gateway).toEqual(['ADDED'])
    expect(agents).toBe(0)
    expect(store.delivered).toBe(1)
    store.create(FLOATING_IP, floatingIP('10.0.1.100', 'node-7'))
    settle()
    expect({ agents, delivered: store.delivered }).toEqual({ agents: 1, delivered: 2 })
  })
})
