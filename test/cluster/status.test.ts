/** What the cluster says of itself in its resources, in virtual time: sessions and routes, the gateway's status, the load balancer's conditions. */
import { describe, expect, it } from 'vitest'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  type Condition,
  NETWORK_GATEWAY,
  SERVICE,
  SYSTEM_NAMESPACE,
} from '../../src/cluster/api/index.ts'
import { serviceDraft } from '../../src/cluster/controllers/index.ts'
import { MILLISECOND, SECOND, TIMER_PROFILES } from '../../src/model/index.ts'
import { HTTP } from './gateway/cluster.ts'
import { MemoryLab, TORS, VIP } from './lab-in-memory.ts'

const FIP = '10.0.1.100'
const OTHER = '10.0.2.100'
const timers = TIMER_PROFILES.fast
const namespace = 'cluster-small'

const names = (lab: MemoryLab) => lab.plane.store.list(BGP_SESSION).items.map((each) => each.metadata.name)
const read = (lab: MemoryLab, name: string) => lab.plane.store.get(BGP_SESSION, name, SYSTEM_NAMESPACE)
const service = (name: string, vip: string) => serviceDraft({ namespace: 'default', name, vip, ports: [HTTP], backends: [] })

/** `a.b.c.d → peer`: state and routes, as the agents have them and as the resources tell them. */
function actual(lab: MemoryLab): Map<string, string> {
  const sessions = [...lab.agents.values()].flatMap((agent) => agent.status().sessions)
  return new Map(
    sessions.map(({ localAddress, peerAddress, state, advertised }) => [`${localAddress} → ${peerAddress}`, `${state} ${advertised}`]),
  )
}
function told(lab: MemoryLab): Map<string, string> {
  const sessions = lab.plane.store.list(BGP_SESSION).items
  return new Map(sessions.map(({ spec, status }) => [`${spec?.localIP} → ${spec?.peerIP}`, `${status?.state} ${status?.advertisedRoutes}`]))
}

/** Looks a hundred times a second; answers what a resource told that had not been so for more than a second. */
function lies(lab: MemoryLab, length: number): string[] {
  const found: string[] = []
  const step = 10 * MILLISECOND
  const past: Map<string, string>[] = []
  const since = new Map<string, number>()
  for (const end = lab.now + length; lab.now < end; lab.run(step)) {
    past.push(actual(lab))
    if (past.length > SECOND / step) past.shift()
    const now = told(lab)
    for (const key of since.keys()) if (!now.has(key)) since.delete(key)
    for (const [key, text] of now) {
      if (!since.has(key)) since.set(key, lab.now)
      // A second to say anything at all of a session that is planned anew.
      if (lab.now - since.get(key)! > SECOND && !past.some((each) => each.get(key) === text)) found.push(`${lab.now}: ${key} ${text}`)
    }
  }
  return found
}

describe('BGPSession', () => {
  it('R36: says exactly the floating IP, both ends and the node, and what its agent reports', () => {
    const lab = new MemoryLab()
    lab.converge()
    const session = read(lab, '10.8.0.10-node-04')!
    expect(session).toMatchObject({ apiVersion: 'networking.gke.io/v1alpha1', kind: 'BGPSession' })
    expect(session.spec).toEqual({
      floatingIP: FIP,
      localASN: 65001,
      localIP: FIP,
      nodeName: 'node-04',
      peerASN: 65002,
      peerIP: '10.8.0.10',
    })
    expect(session.status).toEqual({
      advertisedRoutes: [VIP],
      lastReportTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      state: 'Established',
    })
  })

  it('R36: says why it is not Established, in the words of its speaker, below the fields that it always has', () => {
    const lab = new MemoryLab()
    lab.converge()
    const { store } = lab.plane
    const edit = (peerASN: number) => {
      const peers = Object.values(TORS).map((peerIP) => ({ peerIP, peerASN: peerIP === TORS.tor1 ? peerASN : 65002 }))
      expect(store.update(BGP_LOAD_BALANCER, { metadata: { name: 'bgplb', namespace }, spec: { localASN: 65001, peers } }).ok).toBe(true)
    }
    const session = () => read(lab, '10.8.0.10-node-04')
    edit(65009)
    lab.until('the speaker knows', () => /^wrong AS: .*65002/.test(session()?.status?.stateReason ?? ''), 15 * SECOND)
    expect(Object.keys(session()!.status!).sort()).toEqual(['advertisedRoutes', 'lastReportTime', 'state', 'stateReason'])
    expect(session()?.status?.stateReason).toContain('NOTIFICATION 2/2 sent')
    lab.run(SECOND)
    const balancer = store.get(BGP_LOAD_BALANCER, 'bgplb', namespace)?.status as { readonly conditions: readonly Condition[] }
    expect(balancer.conditions.find((each) => each.type === 'SessionsEstablished')?.message).toMatch(
      /^2 of 4; 10\.8\.0\.10 from 10\.0\.1\.100 is \w+: wrong AS: /,
    )
    edit(65002)
    lab.until('it is up again', () => lab.reported()['10.8.0.10-node-04'] === 'Established', 30 * SECOND)
    expect(session()!.status).not.toHaveProperty('stateReason')
  })

  it('R35: one for each service session, named <peerIP>-<node>, in kube-system; none for the control plane', () => {
    const nodes = [
      { name: 'node-01', address: '10.0.1.10', controlPlane: true, loadBalancer: false },
      { name: 'node-04', address: '10.0.1.14', controlPlane: false, loadBalancer: true },
      { name: 'node-05', address: '10.0.1.15', controlPlane: false, loadBalancer: true },
      { name: 'node-06', address: '10.0.2.16', controlPlane: false, loadBalancer: true },
    ]
    const lab = new MemoryLab({
      cluster: { nodes, cpNodes: ['10.0.1.10'], cpPeers: Object.values(TORS).map((ip) => ({ ip, asn: 65002 })) },
      apiAtVip: true,
    })
    lab.until('six sessions', () => lab.established() === 6, 20 * SECOND)
    expect(lab.session('tor1', '10.0.1.10').state).toBe('Established')
    expect(names(lab).toSorted()).toEqual(['10.8.0.10-node-04', '10.8.0.10-node-06', '10.8.0.11-node-04', '10.8.0.11-node-06'])
    for (const { metadata } of lab.plane.store.list(BGP_SESSION).items) expect(metadata.namespace).toBe('kube-system')
    expect(
      lab.agents
        .get('node-01')!
        .status()
        .sessions.map((each) => each.localAddress),
    ).toEqual(['10.0.1.10', '10.0.1.10'])
  })

  it('R35: two floating IPs of one peer on one node have objects of distinct names, each with its own report', () => {
    const lab = new MemoryLab({ cluster: { floatingIPs: [OTHER, '10.0.2.101'], gateway: gateway() } })
    lab.until('four sessions', () => lab.established() === 4, 20 * SECOND)
    lab.run(2 * SECOND)
    expect(lab.places()).toEqual({ [OTHER]: 'node-06', '10.0.2.101': 'node-06' })
    const found = lab.plane.store.list(BGP_SESSION).items.map(({ metadata, spec, status }) => [metadata.name, spec?.localIP, status?.state])
    const plain = found.filter(([name]) => /^10\.8\.0\.1[01]-node-06$/.test(name!))
    const longer = found.filter(([name, local]) => new RegExp(`^10\\.8\\.0\\.1[01]-node-06-${local}$`).test(name!))
    expect([plain.length, longer.length, found.length]).toEqual([2, 2, 4])
    expect(new Set(found.map(([, , state]) => state))).toEqual(new Set(['Established']))
    expect(new Set(found.map(([name, local]) => `${name!.slice(0, 9)} ${local}`)).size).toBe(4)
  })

  it.each([1, 2, 3])('R36: tells the truth within a second: established, lost, routes come and gone (seed %i)', (seed) => {
    const lab = new MemoryLab({ seed })
    const { store } = lab.plane
    const found: string[] = []
    found.push(...lies(lab, 12 * SECOND))
    expect(lab.reported()['10.8.0.10-node-04']).toBe('Established')
    store.create(SERVICE, service('shop', '10.0.0.2'))
    found.push(...lies(lab, 3 * SECOND))
    expect(read(lab, '10.8.0.11-node-06')?.status?.advertisedRoutes).toEqual([VIP, '10.0.0.2/32'])
    store.delete(SERVICE, 'shop', 'default')
    found.push(...lies(lab, 3 * SECOND))
    expect(read(lab, '10.8.0.11-node-06')?.status?.advertisedRoutes).toEqual([VIP])
    lab.receivers.get('tor1')!.resetPeer(FIP)
    found.push(...lies(lab, 2 * SECOND))
    lab.universe.cut('tor2')
    found.push(...lies(lab, 15 * SECOND))
    expect(lab.reported()['10.8.0.11-node-06']).not.toBe('Established')
    expect(read(lab, '10.8.0.11-node-06')?.status?.advertisedRoutes).toEqual([])
    lab.universe.heal('tor2')
    found.push(...lies(lab, 15 * SECOND))
    expect(Object.values(lab.reported())).toEqual(['Established', 'Established', 'Established', 'Established'])
    expect(found).toEqual([])
  })

  it('control: a report that is held back is found out', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.plane.stopServing()
    lab.receivers.get('tor1')!.resetPeer(FIP)
    expect(lies(lab, 3 * SECOND)[0]).toContain(`${FIP} → 10.8.0.10 Established`)
  })

  it('R36: Last Report Time moves while nothing changes, and stands still once its agent is dead', () => {
    const lab = new MemoryLab()
    lab.converge()
    const seconds = () => Date.parse(read(lab, '10.8.0.10-node-04')!.status!.lastReportTime) / 1000
    const now = () => Date.parse(lab.worlds.get('admin')!.clock.wallTime()) / 1000
    const start = seconds()
    for (let i = 0; i < 30; i++) {
      lab.run(SECOND)
      expect(now() - seconds()).toBeLessThanOrEqual(timers.leaseRenewInterval / SECOND + 1)
    }
    expect(seconds()).toBeGreaterThanOrEqual(start + 29)
    expect(read(lab, '10.8.0.10-node-04')!.metadata.generation).toBe(1)
    lab.universe.powerOff('node-04')
    const last = seconds()
    lab.run(2 * SECOND)
    expect(seconds()).toBe(last)
  })

  it('R36: what somebody else wrote there is put right within a second', () => {
    const lab = new MemoryLab()
    lab.converge()
    const status = { state: 'Idle', advertisedRoutes: [], lastReportTime: '' }
    lab.plane.store.updateStatus(BGP_SESSION, { metadata: { name: '10.8.0.10-node-06', namespace: SYSTEM_NAMESPACE }, status })
    lab.run(SECOND)
    expect(read(lab, '10.8.0.10-node-06')?.status).toMatchObject({ state: 'Established', advertisedRoutes: [VIP] })
  })

  it('R35: goes with its session: a floating IP that moves takes new objects, one without a place has none', () => {
    const lab = new MemoryLab()
    lab.converge()
    const before = read(lab, '10.8.0.10-node-06')!.metadata
    lab.universe.powerOff('node-04')
    lab.until('the floating IP moves', () => lab.places()[FIP] === 'node-05', 5 * SECOND)
    lab.run(10 * MILLISECOND)
    expect(names(lab).toSorted()).toEqual(['10.8.0.10-node-05', '10.8.0.10-node-06', '10.8.0.11-node-05', '10.8.0.11-node-06'])
    expect(read(lab, '10.8.0.10-node-05')?.status).toBeUndefined()
    expect(read(lab, '10.8.0.10-node-06')!.metadata.uid).toBe(before.uid)
    lab.until('its new sessions are reported', () => lab.reported()['10.8.0.10-node-05'] === 'Established', 15 * SECOND)
    lab.universe.powerOff('node-06')
    lab.until('the other is Unassigned', () => lab.places()[OTHER] === undefined, 5 * SECOND)
    lab.run(10 * MILLISECOND)
    expect(names(lab).toSorted()).toEqual(['10.8.0.10-node-05', '10.8.0.11-node-05'])
  })
})

describe('BGPAdvertisedRoute', () => {
  const routes = (lab: MemoryLab) =>
    Object.fromEntries(lab.plane.store.list(BGP_ADVERTISED_ROUTE).items.map(({ metadata, spec }) => [metadata.name, spec]))

  it('R37: is named <bgplb>-<service namespace>-<service>, lists the next hops, follows them, and goes with its Service', () => {
    const lab = new MemoryLab()
    lab.converge()
    const all = ['10.0.1.14', '10.0.1.15', '10.0.2.16']
    expect(routes(lab)).toEqual({ 'bgplb-default-web': { prefix: VIP, nextHops: all, nextHop: expect.stringMatching(/^10\.0\./) } })
    lab.plane.store.create(SERVICE, service('shop', '10.0.0.2'))
    lab.run(100 * MILLISECOND)
    expect(Object.keys(routes(lab)).toSorted()).toEqual(['bgplb-default-shop', 'bgplb-default-web'])
    lab.universe.powerOff('node-05')
    lab.until('a next hop less', () => routes(lab)['bgplb-default-web']?.nextHops.length === 2, 5 * SECOND)
    expect(routes(lab)['bgplb-default-shop']?.nextHops).toEqual(['10.0.1.14', '10.0.2.16'])
    lab.plane.store.delete(SERVICE, 'shop', 'default')
    lab.run(10 * MILLISECOND)
    expect(Object.keys(routes(lab))).toEqual(['bgplb-default-web'])
  })
})

describe('the gateway’s status', () => {
  const status = (lab: MemoryLab, where = namespace) =>
    lab.plane.store.get(NETWORK_GATEWAY, 'default', where)?.status as {
      readonly floatingIPs: readonly { readonly address: string; readonly phase: string; readonly since: string; readonly reason: string }[]
      readonly nodes: Readonly<Record<string, string>>
    }
  const of = (lab: MemoryLab, address: string) => status(lab).floatingIPs.find((each) => each.address === address)

  it('says of each floating IP which node holds it and since when, and moves that moment only when it moves (R17)', () => {
    const lab = new MemoryLab()
    lab.converge()
    const first = of(lab, FIP)!
    expect(first).toEqual({ address: FIP, phase: 'Assigned', nodeName: 'node-04', since: expect.any(String), reason: 'initialPlacement' })
    expect(status(lab).nodes).toEqual({ 'node-04': 'Up', 'node-05': 'Up', 'node-06': 'Up' })
    lab.run(10 * SECOND)
    expect(of(lab, FIP)).toEqual(first)
    lab.universe.powerOff('node-04')
    lab.until('the floating IP moves', () => lab.places()[FIP] === 'node-05', 5 * SECOND)
    lab.run(10 * MILLISECOND)
    expect(of(lab, FIP)).toMatchObject({ phase: 'Assigned', nodeName: 'node-05', reason: 'node-04 is not Ready' })
    expect(Date.parse(of(lab, FIP)!.since)).toBeGreaterThan(Date.parse(first.since))
    expect(status(lab).nodes).toEqual({ 'node-04': 'Down', 'node-05': 'Up', 'node-06': 'Up' })
  })

  it('says Unassigned, since when and why; and the copy says the same (R17, R30)', () => {
    const lab = new MemoryLab()
    lab.converge()
    const before = of(lab, OTHER)!.since
    lab.universe.powerOff('node-06')
    lab.until('Unassigned', () => of(lab, OTHER)?.phase === 'Unassigned', 5 * SECOND)
    expect(of(lab, OTHER)).toEqual({
      address: OTHER,
      phase: 'Unassigned',
      since: expect.any(String),
      reason: 'no node of 10.0.2.0/24 is Ready (node-06)',
    })
    expect(Date.parse(of(lab, OTHER)!.since)).toBeGreaterThan(Date.parse(before))
    lab.run(10 * MILLISECOND)
    expect(status(lab, SYSTEM_NAMESPACE)).toEqual(status(lab))
  })

  it('says Pending of one that is new while nothing is moved (R17)', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.universe.cut('admin')
    lab.run(10 * SECOND)
    lab.plane.store.update(NETWORK_GATEWAY, { metadata: { name: 'default', namespace }, spec: { floatingIPs: [FIP, '10.0.1.101', OTHER] } })
    lab.run(SECOND)
    expect(of(lab, '10.0.1.101')).toEqual({
      address: '10.0.1.101',
      phase: 'Pending',
      reason: 'waits to hear from the nodes of its subnet',
    })
  })
})

describe('the load balancer’s conditions', () => {
  interface BalancerStatus {
    readonly sessions: number
    readonly established: number
    readonly lostSessions: readonly unknown[]
    readonly conditions: readonly Condition[]
  }
  const status = (lab: MemoryLab, where = namespace) => lab.plane.store.get(BGP_LOAD_BALANCER, 'bgplb', where)?.status as BalancerStatus
  const condition = (lab: MemoryLab, type: string) => status(lab).conditions.find((each) => each.type === type)!
  const is = (lab: MemoryLab, type: string, value: string) => () =>
    status(lab)?.conditions.some((each) => each.type === type && each.status === value)

  it('say that every session is planned and Established and every Service announced (R18)', () => {
    const lab = new MemoryLab()
    lab.converge()
    expect(status(lab)).toMatchObject({ sessions: 4, established: 4, lostSessions: [] })
    expect(status(lab).conditions.map(({ type, status: value, message }) => [type, value, message])).toEqual([
      ['SessionsPlanned', 'True', '4 sessions'],
      ['SessionsEstablished', 'True', '4 of 4'],
      ['ServicesAnnounced', 'True', '1 of 1'],
    ])
    expect(status(lab, SYSTEM_NAMESPACE)).toEqual(status(lab))
  })

  it('say which session is not Established within a second, and since when; Established again, they say so (R18)', () => {
    const lab = new MemoryLab()
    lab.converge()
    const before = condition(lab, 'SessionsEstablished').lastTransitionTime
    lab.universe.cut('tor2')
    const since = lab.now
    lab.until('the agents lose it', () => lab.events('fsm', since).some((event) => event.from === 'Established'), 15 * SECOND)
    lab.until('the condition', is(lab, 'SessionsEstablished', 'False'), SECOND)
    lab.run(2 * SECOND)
    const { message, reason, lastTransitionTime } = condition(lab, 'SessionsEstablished')
    expect(reason).toBe('NotEstablished')
    const down = (address: string) =>
      `10\\.8\\.0\\.11 from ${address.replaceAll('.', '\\.')} is \\w+: no answer from 10\\.8\\.0\\.11:179 to ${address}: .*`
    expect(message).toMatch(new RegExp(`^2 of 4; ${down(FIP)}; ${down(OTHER)}$`))
    expect(Date.parse(lastTransitionTime)).toBeGreaterThan(Date.parse(before))
    expect(condition(lab, 'SessionsPlanned').status).toBe('True')
    lab.universe.heal('tor2')
    lab.until('the condition again', is(lab, 'SessionsEstablished', 'True'), 20 * SECOND)
    expect(status(lab)).toMatchObject({ sessions: 4, established: 4 })
  })

  it('list the sessions that are lost while a floating IP is Unassigned (R18)', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.universe.powerOff('node-06')
    lab.until('the condition', is(lab, 'SessionsPlanned', 'False'), 5 * SECOND)
    expect(status(lab)).toMatchObject({
      sessions: 2,
      lostSessions: [
        { floatingIP: OTHER, peerIP: '10.8.0.10', peerASN: 65002 },
        { floatingIP: OTHER, peerIP: '10.8.0.11', peerASN: 65002 },
      ],
    })
    expect(condition(lab, 'SessionsPlanned')).toMatchObject({
      reason: 'FewerSessions',
      message:
        '1 of 2 sessions with 10.8.0.10: 1 of 2 floating IPs assigned (R18); 1 of 2 sessions with 10.8.0.11: 1 of 2 floating IPs assigned (R18)',
    })
    lab.startAgent('node-06')
    lab.until('all of them again', is(lab, 'SessionsPlanned', 'True'), 10 * SECOND)
    expect(status(lab).lostSessions).toEqual([])
  })

  it('warn where one floating IP allows one session only, and lose none of it (R16, R18)', () => {
    const lab = new MemoryLab({ cluster: { floatingIPs: [FIP] } })
    lab.until('two sessions', () => lab.established() === 2, 20 * SECOND)
    lab.until('their reports', is(lab, 'SessionsEstablished', 'True'), 2 * SECOND)
    expect(condition(lab, 'SessionsPlanned')).toMatchObject({ status: 'False', reason: 'FewerSessions' })
    expect(condition(lab, 'SessionsPlanned').message).toContain('1 of 2 sessions with 10.8.0.11: 1 of 1 floating IPs assigned')
    expect(status(lab).lostSessions).toEqual([])
  })

  it('say which Service is not announced, and why (R20)', () => {
    const lab = new MemoryLab()
    lab.converge()
    for (const node of ['node-04', 'node-05']) lab.universe.powerOff(node)
    lab.run(5 * SECOND)
    lab.universe.powerOff('node-06')
    lab.run(5 * SECOND)
    const { store } = lab.plane
    store.create(SERVICE, { metadata: { name: 'poor', namespace: 'default' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } })
    lab.run(SECOND)
    const { status: value, message } = condition(lab, 'ServicesAnnounced')
    expect(value).toBe('False')
    expect(message).toContain('default/poor')
  })
})

function gateway() {
  return { sessions: 2, initialPlacement: {}, massExpiryShare: 0.55, nextHopWithoutAddPath: 'per-vip' } as const
}
