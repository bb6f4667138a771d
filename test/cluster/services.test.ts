/** Services from the API to a load-balancer node's rules, in virtual time: addresses, ports, backends that come and go. */
import { describe, expect, it } from 'vitest'
import { vipDataPlane } from '../../src/cluster/agent/services.ts'
import {
  BGP_ADVERTISED_ROUTE,
  type Draft,
  ENDPOINT_SLICE,
  ENDPOINTS,
  EVENT,
  type Event,
  SERVICE,
  type Service,
} from '../../src/cluster/api/index.ts'
import { parseAddressRange, SECOND } from '../../src/model/index.ts'
import { MemoryLab, TORS, VIP } from './lab-in-memory.ts'

const BALANCERS = ['node-04', 'node-05', 'node-06']
/** A worker: its loss changes backends, not next hops. */
const WORKER = { name: 'node-07', address: '10.0.2.17', controlPlane: false, loadBalancer: false }
const balancer = (name: string, address: string) => ({ name, address, controlPlane: false, loadBalancer: true })
const NODES = [balancer('node-04', '10.0.1.14'), balancer('node-05', '10.0.1.15'), balancer('node-06', '10.0.2.16'), WORKER]

function running(pool = '10.0.0.1-10.0.0.3'): MemoryLab {
  const lab = new MemoryLab({
    cluster: { nodes: NODES, pools: [{ name: 'pool1', ranges: [parseAddressRange(pool)!] }] },
    controlPlane: {
      initialPlacement: { '10.0.1.100': 'node-04', '10.0.2.100': 'node-06' },
      services: [
        { namespace: 'default', name: 'web', vip: '10.0.0.1', ports: PORTS, backends: ['10.0.1.14', WORKER.address] },
        { namespace: 'default', name: 'solo', vip: '10.0.0.2', ports: PORTS.slice(0, 1), backends: [WORKER.address] },
      ],
    },
  })
  lab.converge()
  return lab
}

const PORTS = [
  { protocol: 'tcp', port: 80, targetPort: 8080 },
  { protocol: 'tcp', port: 53, targetPort: 8053 },
  { protocol: 'udp', port: 53, targetPort: 8054 },
] as const

const rulesOf = (lab: MemoryLab, node: string) =>
  lab.worlds.get(node)!.host.applied.services.map(({ name, vip, port, backends }) => {
    const to = backends.map((backend) => `${backend.address}:${backend.port}`).join(' ') || 'nobody'
    return `${name} ${vip}:${port} ${to}`
  })
/** What every load-balancer node does with a Service's first port, where they agree. */
const sent = (lab: MemoryLab, service: string) => {
  const all = BALANCERS.map((node) => rulesOf(lab, node).find((rule) => rule.startsWith(`default/${service}:`)))
  return new Set(all).size === 1 ? all[0]?.split(' ').slice(2).join(' ') : all
}
const serviceOf = (lab: MemoryLab, name: string) => lab.plane.store.get(SERVICE, name, 'default')!
const conditionOf = (lab: MemoryLab, name: string, type: string) =>
  serviceOf(lab, name).status?.conditions?.find((each) => each.type === type)
const eventsOf = (lab: MemoryLab, name: string) =>
  lab.plane.store
    .list<Event>(EVENT)
    .items.filter(({ spec }) => spec?.involvedObject.kind === 'Service' && spec.involvedObject.name === name)
    .map(({ spec }) => `${spec!.type} ${spec!.reason}: ${spec!.message}`)
const draft = (name: string, spec: Partial<NonNullable<Service['spec']>> = {}): Draft<Service> => ({
  metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], endpoints: ['10.0.1.14'], ...spec },
})

describe('ports and protocols', () => {
  it('R20: every LB node has a rule for each port and protocol, towards its own target port, and no other node has any', () => {
    const lab = running()
    for (const node of BALANCERS)
      expect(rulesOf(lab, node)).toEqual([
        'default/solo:tcp/80 10.0.0.2:80 10.0.2.17:8080',
        'default/web:tcp/80 10.0.0.1:80 10.0.1.14:8080 10.0.2.17:8080',
        'default/web:tcp/53 10.0.0.1:53 10.0.1.14:8053 10.0.2.17:8053',
        'default/web:udp/53 10.0.0.1:53 10.0.1.14:8054 10.0.2.17:8054',
      ])
    expect(rulesOf(lab, WORKER.name)).toEqual([])
  })

  it('are TCP, and the port itself, where nothing is said', () => {
    const service = { apiVersion: 'v1', kind: 'Service', ...draft('plain'), status: { loadBalancer: { ingress: [{ ip: '10.0.0.3' }] } } }
    const { rules } = vipDataPlane([service as unknown as Service])
    expect(rules).toMatchObject([{ protocol: 'tcp', port: 80, backends: [{ address: '10.0.1.14', port: 80 }] }])
  })
})

describe('backends that come and go', () => {
  it('R20: one whose node is lost is left out everywhere, and comes back with it; the VIP and its next hops do not change', () => {
    const lab = running()
    const since = lab.now
    lab.universe.powerOff(WORKER.name)
    lab.until('it is left out', () => sent(lab, 'web') === '10.0.1.14:8080', 6 * SECOND)
    expect(serviceOf(lab, 'web').spec?.endpoints).toEqual(['10.0.1.14', WORKER.address])
    expect(serviceOf(lab, 'web').status?.endpoints).toEqual(['10.0.1.14'])
    expect(conditionOf(lab, 'web', 'BackendsReady')).toMatchObject({
      status: 'True',
      reason: 'SomeReady',
      message: '1 of 2; not Ready: node-07',
    })
    lab.run(SECOND)
    // Everybody who sends says so, once for each Service that it concerns.
    const told = lab.events('service', since).map((event) => `${event.device} ${event.service} ${event.backends?.join(' ')}`)
    expect(told.sort()).toEqual(BALANCERS.flatMap((node) => [`${node} default/solo `, `${node} default/web 10.0.1.14`]))

    lab.startAgent(WORKER.name)
    lab.until('it takes flows again', () => sent(lab, 'web') === '10.0.1.14:8080 10.0.2.17:8080', 6 * SECOND)
    expect(lab.events('route', since).filter((event) => event.route.prefix === VIP)).toEqual([])
    expect(lab.events('fsm', since).filter((event) => event.from === 'Established')).toEqual([])
  })

  it('none left: the ports refuse, the VIP stays announced, and the Service says so by a condition and an Event', () => {
    const lab = running()
    lab.universe.powerOff(WORKER.name)
    lab.until('it refuses', () => sent(lab, 'solo') === 'nobody', 6 * SECOND)
    lab.run(5 * SECOND)
    for (const tor of Object.keys(TORS)) expect(lab.hops(tor, undefined, '10.0.0.2/32')).toHaveLength(3)
    expect(lab.worlds.get('node-04')!.host.applied.localVips).toContain('10.0.0.2')
    const said = 'no backend, so its ports refuse: none of 1 is on a Ready node; not Ready: node-07'
    expect(conditionOf(lab, 'solo', 'BackendsReady')).toMatchObject({ status: 'False', reason: 'NoBackend', message: said })
    expect(eventsOf(lab, 'solo')).toEqual(['Normal AddressAssigned: has 10.0.0.2', `Warning NoBackend: ${said}`])

    lab.startAgent(WORKER.name)
    lab.until('it answers again', () => sent(lab, 'solo') === '10.0.2.17:8080', 6 * SECOND)
    expect(eventsOf(lab, 'solo')).toContain('Normal Backends: 1 of 1')
  })

  it('are edited at run time (R30): added, taken away, all of them, and given back', () => {
    const lab = running()
    const since = lab.now
    const edit = (endpoints: readonly string[]) => {
      const { metadata, spec } = serviceOf(lab, 'solo')
      expect(lab.plane.store.update(SERVICE, { metadata, spec: { ...spec!, endpoints } }).ok).toBe(true)
    }
    for (const [endpoints, wanted] of [
      [['10.0.1.15', WORKER.address], '10.0.1.15:8080 10.0.2.17:8080'],
      [['10.0.1.15'], '10.0.1.15:8080'],
      [[], 'nobody'],
      [['10.0.2.16'], '10.0.2.16:8080'],
    ] as const) {
      edit(endpoints)
      lab.until(`sent to ${wanted}`, () => sent(lab, 'solo') === wanted, SECOND)
      lab.run(SECOND)
      expect(sent(lab, 'solo')).toBe(wanted)
    }
    expect(eventsOf(lab, 'solo')).toContain('Warning NoBackend: no backend, so its ports refuse: it lists none')
    expect(lab.events('fsm', since)).toEqual([])
    lab.plane.store.delete(SERVICE, 'solo', 'default')
    lab.until('no node serves it', () => sent(lab, 'solo') === undefined, SECOND)
    expect(lab.worlds.get('node-04')!.host.applied.localVips).not.toContain('10.0.0.2')
  })

  it('stay as they are while the API is away, and when most nodes fall silent together', () => {
    const lab = running()
    const since = lab.now
    lab.universe.cut('admin')
    lab.run(20 * SECOND)
    lab.universe.powerOff(WORKER.name)
    lab.run(20 * SECOND)
    expect(sent(lab, 'web')).toBe('10.0.1.14:8080 10.0.2.17:8080')
    expect(lab.events('service', since)).toEqual([])
  })

  it('control: while every node lives nothing changes', () => {
    const lab = running()
    const since = lab.now
    lab.run(20 * SECOND)
    expect(lab.events('service', since)).toEqual([])
    expect(serviceOf(lab, 'web').status?.endpoints).toEqual(['10.0.1.14', WORKER.address])
    expect(eventsOf(lab, 'web')).toEqual(['Normal AddressAssigned: has 10.0.0.1'])
  })
})

describe('addresses', () => {
  it('R27: come from the pools; a fixed loadBalancerIP is had, or refused with the reason; the Service says so, and so does an Event', () => {
    const lab = running('10.0.0.1-10.0.0.4')
    const { store } = lab.plane
    const made = (name: string, spec?: Parameters<typeof draft>[1]) => {
      expect(store.create(SERVICE, draft(name, spec)).ok).toBe(true)
      lab.run(SECOND)
      const { ingress } = serviceOf(lab, name).status?.loadBalancer ?? {}
      const { status, reason, message } = conditionOf(lab, name, 'AddressAssigned')!
      return { ip: ingress?.[0]?.ip, status, reason, message }
    }
    expect(made('fixed', { loadBalancerIP: '10.0.0.4' })).toMatchObject({ ip: '10.0.0.4', status: 'True', reason: 'Assigned' })
    expect(made('any')).toMatchObject({ ip: '10.0.0.3', status: 'True' })
    expect(made('taken', { loadBalancerIP: '10.0.0.4' })).toEqual({
      ip: undefined,
      status: 'False',
      reason: 'VipTaken',
      message: 'Service default/taken wants 10.0.0.4, which default/fixed has',
    })
    expect(made('outside', { loadBalancerIP: '10.0.9.9' })).toMatchObject({ status: 'False', reason: 'VipOutsidePools' })
    expect(made('cp', { loadBalancerIP: '10.0.0.8' })).toMatchObject({ status: 'False', reason: 'VipReserved' })
    expect(eventsOf(lab, 'outside')).toEqual([
      'Warning VipOutsidePools: Service default/outside wants 10.0.9.9, which lies in no address pool (R27)',
    ])
  })

  it('without pools: what its owner fixed is had by one Service, and another one waits for it', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.plane.store.create(SERVICE, draft('second', { loadBalancerIP: '10.0.0.1' }))
    lab.plane.store.create(SERVICE, draft('third', { loadBalancerIP: '10.7.7.7' }))
    lab.plane.store.create(SERVICE, draft('open'))
    lab.run(SECOND)
    expect(['web', 'second', 'third', 'open'].map((name) => conditionOf(lab, name, 'AddressAssigned')?.message)).toEqual([
      'has 10.0.0.1',
      'Service default/second wants 10.0.0.1, which default/web has',
      'has 10.7.7.7',
      'the cluster has no address pool',
    ])
  })

  it('R27: a pool without a free address is said on the Service, by a condition and an Event; the next one that is free is had', () => {
    const lab = running('10.0.0.1-10.0.0.2')
    const { store } = lab.plane
    store.create(SERVICE, draft('late'))
    lab.run(SECOND)
    const said = 'Service default/late gets no address: every address of pool1 is in use'
    expect(serviceOf(lab, 'late').status?.loadBalancer).toEqual({})
    expect(conditionOf(lab, 'late', 'AddressAssigned')).toMatchObject({ status: 'False', reason: 'PoolsExhausted', message: said })
    expect(eventsOf(lab, 'late')).toEqual([`Warning PoolsExhausted: ${said}`])
    expect(store.get(BGP_ADVERTISED_ROUTE, 'bgplb-default-late', 'kube-system')).toBeUndefined()
    expect(BALANCERS.flatMap((node) => rulesOf(lab, node)).filter((rule) => rule.includes('late'))).toEqual([])

    store.delete(SERVICE, 'solo', 'default')
    lab.until('it is announced', () => lab.hops('tor1', undefined, '10.0.0.2/32').length === 3, 2 * SECOND)
    lab.run(SECOND)
    expect(conditionOf(lab, 'late', 'AddressAssigned')).toMatchObject({ status: 'True', message: 'has 10.0.0.2' })
    // Neither controller wipes what the other says.
    expect(conditionOf(lab, 'late', 'BackendsReady')).toMatchObject({ status: 'True', message: '1 of 1' })
    expect(sent(lab, 'late')).toBe('10.0.1.14:80')
  })

  it('R27: a later Service does not take the VIP of a running one: it waits, and has it once the other one is gone', () => {
    const lab = running('10.0.0.1-10.0.0.4')
    const { store } = lab.plane
    const ipOf = (name: string) => serviceOf(lab, name).status?.loadBalancer.ingress?.[0]?.ip
    store.create(SERVICE, draft('x'))
    lab.run(SECOND)
    expect(ipOf('x')).toBe('10.0.0.3')
    const since = lab.now
    store.create(SERVICE, draft('newcomer', { loadBalancerIP: '10.0.0.3' }))
    // Fixed both, and the one that comes first by its name asks for what the other one has.
    const { metadata, spec } = serviceOf(lab, 'solo')
    store.update(SERVICE, { metadata, spec: { ...spec!, loadBalancerIP: '10.0.0.1' } })
    lab.run(2 * SECOND)
    expect(['x', 'web', 'newcomer', 'solo'].map(ipOf)).toEqual(['10.0.0.3', '10.0.0.1', undefined, undefined])
    expect(conditionOf(lab, 'newcomer', 'AddressAssigned')).toMatchObject({
      reason: 'VipTaken',
      message: 'Service default/newcomer wants 10.0.0.3, which default/x has',
    })
    expect(conditionOf(lab, 'solo', 'AddressAssigned')).toMatchObject({ reason: 'VipTaken' })
    expect(lab.events('route', since).filter((event) => ['10.0.0.1/32', '10.0.0.3/32'].includes(event.route.prefix))).toEqual([])

    store.delete(SERVICE, 'x', 'default')
    lab.until('the newcomer has it', () => ipOf('newcomer') === '10.0.0.3', 2 * SECOND)
  })

  it('R7: `externalTrafficPolicy: Local` is refused by name when it is written, and so is an IPv6 address', () => {
    const lab = running()
    const refusal = (spec: object) => {
      const result = lab.plane.store.create(SERVICE, draft('local', spec))
      return result.ok ? 'stored' : `${result.error.code}: ${result.error.message}`
    }
    expect(refusal({ externalTrafficPolicy: 'Local' })).toBe(
      'invalid: Service "local" is invalid: spec.externalTrafficPolicy: Unsupported value: "Local": supported values: "Cluster" (R7)',
    )
    expect(refusal({ loadBalancerIP: 'fd00::1' })).toContain('spec.loadBalancerIP: Invalid value: "fd00::1": must be an IPv4 address (R7)')
    expect(refusal({ externalTrafficPolicy: 'Cluster' })).toBe('stored')
  })
})

describe('Endpoints and EndpointSlices', () => {
  const both = (lab: MemoryLab, name: string) => ({
    subsets: lab.plane.store.get(ENDPOINTS, name, 'default')?.spec?.subsets,
    slice: lab.plane.store.get(ENDPOINT_SLICE, `${name}-ipv4`, 'default'),
  })

  it('are what the Service has: each backend, with the ports at which it answers, and whether it takes flows', () => {
    const lab = running()
    const ports = [
      { name: 'tcp-80', port: 8080, protocol: 'TCP' },
      { name: 'tcp-53', port: 8053, protocol: 'TCP' },
      { name: 'udp-53', port: 8054, protocol: 'UDP' },
    ]
    expect(both(lab, 'web').subsets).toEqual([{ addresses: [{ ip: '10.0.1.14' }, { ip: WORKER.address }], ports }])
    expect(both(lab, 'web').slice).toMatchObject({
      metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
      spec: {
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.0.1.14'], conditions: { ready: true } },
          { addresses: [WORKER.address], conditions: { ready: true } },
        ],
        ports,
      },
    })
    lab.universe.powerOff(WORKER.name)
    lab.run(5 * SECOND)
    expect(both(lab, 'web').subsets).toEqual([{ addresses: [{ ip: '10.0.1.14' }], notReadyAddresses: [{ ip: WORKER.address }], ports }])
    expect(both(lab, 'web').slice?.spec?.endpoints.map((each) => each.conditions.ready)).toEqual([true, false])
  })

  it('come and go with it, follow its edits, and are put right', () => {
    const lab = running()
    const { store } = lab.plane
    store.create(SERVICE, draft('new'))
    lab.run(SECOND)
    expect(both(lab, 'new').subsets).toEqual([{ addresses: [{ ip: '10.0.1.14' }], ports: [{ port: 80, protocol: 'TCP' }] }])
    // Of a slice's port the name is always there: clients read it without asking.
    expect(both(lab, 'new').slice?.spec?.ports).toEqual([{ name: '', port: 80, protocol: 'TCP' }])
    store.update(SERVICE, draft('new', { endpoints: [] }))
    store.delete(ENDPOINT_SLICE, 'new-ipv4', 'default')
    lab.run(SECOND)
    expect([both(lab, 'new').subsets, both(lab, 'new').slice?.spec?.endpoints]).toEqual([[], []])
    store.delete(SERVICE, 'new', 'default')
    lab.run(SECOND)
    expect(both(lab, 'new')).toEqual({ subsets: undefined, slice: undefined })
  })
})
