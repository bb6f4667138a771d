/** A VIP's next hops are nodes on which its rules stand: in virtual time, in whatever order things happen. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  type Condition,
  LOAD_BALANCER_NODE,
  SERVICE,
  type Service,
  SYSTEM_NAMESPACE,
  vipOf,
} from '../../src/cluster/api/index.ts'
import { MILLISECOND, type Micros, parseAddressRange, SECOND } from '../../src/model/index.ts'
import type { Host } from '../../src/world/index.ts'
import { MemoryLab, TORS } from './lab-in-memory.ts'

const LB = { 'node-04': '10.0.1.14', 'node-05': '10.0.1.15', 'node-06': '10.0.2.16' } as const
const NODES = Object.keys(LB) as (keyof typeof LB)[]
const ALL = Object.values(LB)
const REFUSAL = 'nft: Could not process rule: No such file or directory'

/** A lab whose hosts may be slow, or refuse; `off` are machines without power. */
class SlowLab extends MemoryLab {
  readonly delay: Record<string, Micros> = {}
  readonly refuses = new Set<string>()
  readonly off = new Set<string>()
  /** Booted, and the API has not heard of it yet: dead for everybody else. */
  readonly #booting = new Map<string, string | undefined>()

  constructor() {
    super({ cluster: { pools: [{ name: 'pool1', ranges: [parseAddressRange('10.0.0.1-10.0.0.4')!] }] } })
    for (const name of NODES) this.#slowDown(name)
  }

  #slowDown(name: string) {
    const { host } = this.worlds.get(name)!
    const apply = host.apply.bind(host)
    const slow: Host['apply'] = (state, sink) => {
      if (this.refuses.has(name)) this.universe.at(this.now, () => sink({ type: 'failed', id: state.id, detail: REFUSAL }))
      else this.universe.at(this.now + (this.delay[name] ?? 0), () => this.worlds.get(name)!.host === host && apply(state, sink))
    }
    Object.assign(host, { apply: slow })
  }

  reboot(name: string) {
    this.#booting.set(name, this.#said(name))
    this.start(name)
    this.off.delete(name)
  }

  #said(name: string) {
    return this.plane.store.get(LOAD_BALANCER_NODE, name, SYSTEM_NAMESPACE)?.metadata.resourceVersion
  }

  heard(name: string): boolean {
    if (this.#booting.has(name) && this.#booting.get(name) !== this.#said(name)) this.#booting.delete(name)
    return !this.off.has(name) && !this.#booting.has(name)
  }

  start(name: string) {
    this.startAgent(name)
    this.#slowDown(name)
  }

  powerOff(name: string) {
    this.universe.powerOff(name)
    this.off.add(name)
  }

  killAgent(name: string) {
    this.worlds.get(name)!.end()
  }

  create(name: string, ports: readonly number[] = [80]) {
    const spec = { type: 'LoadBalancer' as const, ports: ports.map((port) => ({ name: `p${port}`, port })), endpoints: ['10.0.1.15'] }
    this.plane.store.create(SERVICE, { metadata: { name, namespace: 'default' }, spec })
  }

  edit(name: string, spec: Partial<Service['spec']>) {
    const service = this.plane.store.get(SERVICE, name, 'default')
    if (service?.spec === undefined) return
    this.plane.store.update(SERVICE, { metadata: { name, namespace: 'default' }, spec: { ...service.spec, ...spec } })
  }

  /** Next hops by Service's name. */
  announced(): Record<string, readonly string[]> {
    const routes = this.plane.store.list(BGP_ADVERTISED_ROUTE).items
    return Object.fromEntries(routes.map(({ metadata, spec }) => [metadata.name.replace('bgplb-default-', ''), spec?.nextHops ?? []]))
  }

  /** The host takes the Service's flows at every port that it has. */
  stands(node: string, service: Service): boolean {
    const { localVips, services } = this.worlds.get(node)!.host.applied
    const vip = vipOf(service)!
    const has = (port: number) =>
      services.some((rule) => rule.vip === vip && rule.port === port && rule.name.startsWith(`default/${service.metadata.name}:`))
    return localVips.includes(vip) && (service.spec?.ports ?? []).every(({ port }) => has(port))
  }

  /** Runs, and looks after every event at the next hops that have come with it. */
  watched(length: Micros) {
    const end = this.now + length
    let before = this.announced()
    while (this.now < end && this.universe.next !== undefined && this.universe.next <= end) {
      this.universe.step()
      const after = this.announced()
      for (const [name, hops] of Object.entries(after)) {
        const service = this.plane.store.get(SERVICE, name, 'default')!
        for (const hop of hops.filter((each) => !before[name]?.includes(each))) {
          const node = NODES.find((each) => LB[each] === hop)!
          if (this.heard(node) && !this.stands(node, service))
            throw new Error(`${node} is a next hop of ${name} and does not have its rules, at ${this.now}`)
        }
      }
      before = after
    }
  }

  condition(type = 'ServicesAnnounced'): Condition {
    const { status } = this.plane.store.list(BGP_LOAD_BALANCER).items.find(({ metadata }) => metadata.namespace === 'cluster-small')!
    return (status as { conditions: Condition[] }).conditions.find((each) => each.type === type)!
  }
}

function converged(): SlowLab {
  const lab = new SlowLab()
  lab.converge()
  return lab
}

describe('a new Service', () => {
  it('is announced by all nodes at once, where they are not too far apart', () => {
    const lab = converged()
    lab.delay['node-05'] = SECOND / 2
    const since = lab.now
    const seen = new Set<string>()
    lab.plane.store.watch(BGP_ADVERTISED_ROUTE, {}, undefined, () => seen.add(JSON.stringify(lab.announced().new)))
    lab.create('new')
    lab.watched(SECOND / 2)
    expect(lab.announced().new).toBeUndefined()
    expect(lab.condition()).toMatchObject({ status: 'False', message: expect.stringContaining('default/new waits for its rules') })
    lab.watched(5 * SECOND)
    expect([...seen]).toEqual([JSON.stringify(ALL)])
    // That is nothing to write of in the log.
    expect(lab.events('log', since)).toEqual([])
  })

  it('is announced by each node once its rules stand there, and by a slow one later', () => {
    const lab = converged()
    lab.delay['node-05'] = 2 * SECOND
    lab.create('new')
    lab.watched(1.5 * SECOND)
    expect(lab.announced().new).toEqual(['10.0.1.14', '10.0.2.16'])
    for (const tor of Object.keys(TORS)) expect(lab.hops(tor, undefined, '10.0.0.2/32')).toEqual(['10.0.1.14', '10.0.2.16'])
    expect(lab.announced().web).toEqual(ALL)
    lab.watched(2 * SECOND)
    expect(lab.announced().new).toEqual(ALL)
  })

  it('costs few reports for each node, as does an edit; renewals cost none', () => {
    const lab = converged()
    let reports = 0
    lab.plane.store.watch(LOAD_BALANCER_NODE, {}, undefined, () => reports++)
    lab.run(10 * SECOND)
    expect(reports).toBe(0)
    // What there is to apply at first, and what has come meanwhile: the address, the backends that take flows.
    lab.create('new')
    lab.run(SECOND)
    expect(reports).toBeGreaterThanOrEqual(3)
    expect(reports).toBeLessThanOrEqual(3 * 2)
    lab.edit('new', { endpoints: [] })
    lab.run(SECOND)
    const after = reports
    expect(after).toBeLessThanOrEqual(3 * 4)
    lab.run(10 * SECOND)
    expect(reports).toBe(after)
  })

  it('is not announced by a node whose host refuses its rules, which is said by name', () => {
    const lab = converged()
    lab.refuses.add('node-05')
    lab.create('new')
    lab.watched(10 * SECOND)
    expect(lab.announced()).toEqual({ web: ALL, new: ['10.0.1.14', '10.0.2.16'] })
    expect(lab.condition()).toMatchObject({
      status: 'False',
      reason: 'NodeRefuses',
      message: `the host of node-05 (10.0.1.15) refuses the rules of Services: ${REFUSAL}`,
    })
    lab.refuses.clear()
    lab.watched(3 * SECOND)
    expect(lab.announced().new).toEqual(ALL)
    expect(lab.condition()).toMatchObject({ status: 'True', message: '2 of 2' })
  })

  it('that takes the place of another with its name and address has to stand anew', () => {
    const lab = converged()
    lab.create('new')
    lab.watched(SECOND)
    lab.delay['node-05'] = SECOND
    lab.plane.store.delete(SERVICE, 'new', 'default')
    lab.create('new', [81])
    lab.watched(SECOND / 2)
    expect(lab.announced().new).toBeUndefined()
    lab.watched(3 * SECOND)
    expect(lab.announced().new).toEqual(ALL)
  })

  it('is on no node: the condition says so', () => {
    const lab = converged()
    for (const name of NODES) lab.refuses.add(name)
    lab.create('new')
    lab.run(SECOND)
    expect(lab.announced()).toEqual({ web: ALL })
    expect(lab.condition()).toMatchObject({ status: 'False', reason: 'NotAnnounced' })
    expect(lab.condition().message).toContain(
      'Service default/new waits for its rules to stand on load-balancer nodes that are ready; the host of node-04',
    )
  })
})

describe('a Service that is announced', () => {
  it('keeps its next hops through edits, by slow and by refusing nodes', () => {
    const lab = converged()
    lab.delay['node-05'] = SECOND
    lab.refuses.add('node-06')
    const seen = new Set<string>()
    const watch = lab.plane.store.watch(BGP_ADVERTISED_ROUTE, {}, undefined, ({ object }) => seen.add(JSON.stringify(object)))
    expect(watch.ok).toBe(true)
    lab.edit('web', { endpoints: ['10.0.2.16'] })
    lab.run(SECOND / 2)
    lab.edit('web', { ports: [{ port: 80 }, { name: 'more', port: 81 }] })
    lab.run(5 * SECOND)
    expect([...seen]).toEqual([])
    expect(lab.announced().web).toEqual(ALL)
  })

  it('is not withdrawn when agents or controllers start anew; VIPs and rules stand all the while', () => {
    const lab = converged()
    lab.killAgent('node-04')
    const left = lab.worlds.get('node-04')!.host.applied
    expect(left.addresses).toHaveLength(1)
    // Its API is slow with Services, not with floating IPs: what it holds is applied before it knows its Services.
    lab.startAgent('node-04', (world) => {
      const { calls, clock } = world
      const request: typeof calls.request = (asked, sink) => {
        if (!asked.path.startsWith('/api/v1/services')) return calls.request(asked, sink)
        const timer = clock.timer('slow list', () => calls.request(asked, sink))
        timer.start(300 * MILLISECOND)
        return { cancel: () => timer.stop() }
      }
      return Object.create(world, { calls: { value: { ...calls, request } } }) as typeof world
    })
    const { host } = lab.worlds.get('node-04')!
    const end = lab.now + 3 * SECOND
    let applies = 0
    let before = host.applied
    while (lab.now < end && lab.universe.step()) {
      if (host.applied !== before) applies++
      before = host.applied
      expect([host.applied.localVips, host.applied.services]).toEqual([left.localVips, left.services])
      for (const tor of Object.keys(TORS)) expect(lab.hops(tor)).toEqual(ALL)
    }
    expect(applies).toBeGreaterThan(1)
    const since = lab.now
    lab.plane.restartControllers()
    lab.run(10 * SECOND)
    expect(lab.events('route', since)).toEqual([])
    expect(lab.announced().web).toEqual(ALL)
  })

  it('gets a node that lost power back only once its rules stand there again', () => {
    const lab = converged()
    lab.powerOff('node-05')
    lab.run(5 * SECOND)
    expect(lab.announced().web).toEqual(['10.0.1.14', '10.0.2.16'])
    lab.delay['node-05'] = 2 * SECOND
    lab.reboot('node-05')
    lab.watched(1.5 * SECOND)
    expect(lab.announced().web).toEqual(['10.0.1.14', '10.0.2.16'])
    lab.watched(3 * SECOND)
    expect(lab.announced().web).toEqual(ALL)
  })

  it('gets a node that boots and whose host refuses not at all; the node is Ready, and named', () => {
    const lab = converged()
    lab.powerOff('node-05')
    lab.run(5 * SECOND)
    lab.refuses.add('node-05')
    lab.reboot('node-05')
    lab.watched(5 * SECOND)
    expect(lab.events('node-ready').at(-1)).toMatchObject({ node: 'node-05', ready: true })
    expect(lab.announced().web).toEqual(['10.0.1.14', '10.0.2.16'])
    expect(lab.condition()).toMatchObject({ reason: 'NodeRefuses', message: expect.stringContaining('node-05 (10.0.1.15)') })
    expect(lab.plane.store.get(LOAD_BALANCER_NODE, 'node-05', SYSTEM_NAMESPACE)?.status).toMatchObject({
      conditions: [{ type: 'ServicesApplied', status: 'False', reason: 'HostRefuses', message: REFUSAL }],
    })
    expect(lab.plane.store.get(LOAD_BALANCER_NODE, 'node-05', SYSTEM_NAMESPACE)?.status?.servicesApplied).toBeUndefined()
  })
})

describe('a node that loses power and is back before its lease has ended', () => {
  it('is no next hop from its boot until its rules stand again, and none where its host refuses them', () => {
    const lab = converged()
    lab.powerOff('node-05')
    lab.run(SECOND / 2)
    lab.delay['node-05'] = SECOND
    lab.reboot('node-05')
    lab.watched(SECOND / 2)
    expect(lab.announced().web).toEqual(['10.0.1.14', '10.0.2.16'])
    lab.watched(10 * SECOND)
    expect([lab.announced().web, lab.worlds.get('node-05')!.host.applied.localVips]).toEqual([ALL, ['10.0.0.1']])
    lab.delay['node-05'] = 0
    lab.powerOff('node-05')
    lab.run(SECOND / 2)
    lab.refuses.add('node-05')
    lab.reboot('node-05')
    lab.run(SECOND)
    expect(lab.announced().web).toEqual(['10.0.1.14', '10.0.2.16'])
  })
})

it('a node that boots while a new VIP waits for another one is not announced by what it said before', () => {
  const lab = converged()
  lab.delay['node-05'] = 2 * SECOND
  lab.create('new')
  lab.watched(SECOND / 2)
  lab.powerOff('node-06')
  lab.watched(SECOND / 10)
  lab.delay['node-06'] = SECOND
  lab.reboot('node-06')
  lab.watched(0.7 * SECOND)
  expect(lab.announced().new).toEqual(['10.0.1.14'])
  lab.watched(5 * SECOND)
  expect(lab.announced().new).toEqual(ALL)
})

describe('whatever happens, in whatever order', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const node = fc.constantFrom(...NODES)
  const deed = fc.oneof(
    fc.record({ type: fc.constant('create' as const), name, ports: fc.constantFrom([80], [80, 81], [82]) }),
    fc.record({ type: fc.constant('delete' as const), name }),
    fc.record({ type: fc.constant('replace' as const), name, ports: fc.constantFrom([80], [83]) }),
    fc.record({ type: fc.constant('backends' as const), name, to: fc.constantFrom([], ['10.0.1.14'], ['10.0.2.16']) }),
    fc.record({ type: fc.constant('power' as const), node }),
    fc.record({ type: fc.constant('agent' as const), node }),
    fc.record({ type: fc.constant('refuse' as const), node }),
    fc.record({ type: fc.constant('slow' as const), node, by: fc.constantFrom(0, 100, 1_500) }),
    fc.record({ type: fc.constant('isolate' as const), node }),
    fc.record({ type: fc.constant('controllers' as const) }),
  )
  const deeds = fc.array(fc.record({ deed, pause: fc.constantFrom(0, 3, 40, 400, 4_000) }), { minLength: 1, maxLength: 12 })

  it('no node is announced for a Service before its rules stand there, and at the end every node is', () => {
    fc.assert(
      fc.property(deeds, (story) => {
        const lab = converged()
        const isolated = new Set<string>()
        for (const { deed, pause } of story) {
          if (deed.type === 'create') lab.create(deed.name, deed.ports)
          else if (deed.type === 'delete') lab.plane.store.delete(SERVICE, deed.name, 'default')
          else if (deed.type === 'replace') {
            lab.plane.store.delete(SERVICE, deed.name, 'default')
            lab.create(deed.name, deed.ports)
          } else if (deed.type === 'backends') lab.edit(deed.name, { endpoints: deed.to })
          else if (deed.type === 'power') lab.off.has(deed.node) ? lab.reboot(deed.node) : lab.powerOff(deed.node)
          else if (deed.type === 'agent') {
            if (lab.off.has(deed.node)) continue
            lab.killAgent(deed.node)
            lab.start(deed.node)
          } else if (deed.type === 'refuse') lab.refuses.has(deed.node) ? lab.refuses.delete(deed.node) : lab.refuses.add(deed.node)
          else if (deed.type === 'slow') lab.delay[deed.node] = deed.by * MILLISECOND
          else if (deed.type === 'isolate') {
            if (isolated.delete(deed.node)) lab.universe.rejoin(deed.node, 'admin')
            else lab.universe.part([...isolated.add(deed.node)].at(-1)!, 'admin')
          } else lab.plane.restartControllers()
          lab.watched(pause * MILLISECOND)
        }
        for (const each of NODES) {
          lab.universe.rejoin(each, 'admin')
          lab.delay[each] = 0
          if (lab.off.has(each)) lab.reboot(each)
        }
        lab.refuses.clear()
        lab.watched(15 * SECOND)
        const wanted = lab.plane.store.list(SERVICE).items.map(({ metadata }) => [metadata.name, ALL])
        expect(lab.announced()).toEqual(Object.fromEntries(wanted))
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
