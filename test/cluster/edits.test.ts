/** Edits of a running cluster, in virtual time (R30): what they change, and that they touch nothing else. The receivers' own counts are the proof. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  type BGPSession,
  CLUSTER,
  EVENT,
  NETWORK_GATEWAY,
  SERVICE,
  SYSTEM_NAMESPACE,
} from '../../src/cluster/api/index.ts'
import { serviceDraft } from '../../src/cluster/controllers/index.ts'
import { type Micros, SECOND } from '../../src/model/index.ts'
import { HTTP } from './gateway/cluster.ts'
import { MemoryLab, TORS, VIP } from './lab-in-memory.ts'

const FIP = '10.0.1.100'
const SPARE = '10.0.1.101'
const OTHER = '10.0.2.100'
const namespace = 'cluster-small'
const ALL = ['10.0.1.14', '10.0.1.15', '10.0.2.16']

const CLUSTER_DOCUMENT = {
  apiVersion: 'baremetal.cluster.gke.io/v1',
  kind: 'Cluster',
  metadata: { name: 'small', namespace },
  spec: {
    loadBalancer: {
      mode: 'bundled',
      type: 'bgp',
      localASN: 65001,
      bgpPeers: [{ ip: TORS.tor1, asn: 65002 }],
      ports: { controlPlaneLBPort: 443 },
      vips: { controlPlaneVIP: '10.0.0.8' },
    },
  },
}

function running(): MemoryLab {
  const lab = new MemoryLab({ foreseen: [SPARE], controlPlane: { documents: [CLUSTER_DOCUMENT] } })
  lab.converge()
  return lab
}

const editGateway = (lab: MemoryLab, ...floatingIPs: string[]) =>
  lab.plane.store.update(NETWORK_GATEWAY, { metadata: { name: 'default', namespace }, spec: { floatingIPs } })

const peersOf = (tors: readonly string[], peerASN = 65002) => ({ localASN: 65001, peers: tors.map((peerIP) => ({ peerIP, peerASN })) })

const editBalancer = (lab: MemoryLab, spec: unknown) =>
  lab.plane.store.update(BGP_LOAD_BALANCER, { metadata: { name: 'bgplb', namespace }, spec })

/** `tor ← floating IP` of every session that is up, with how often it came up and since when, as the receiver has it. */
function uptimes(lab: MemoryLab): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [tor, speaker] of lab.receivers)
    for (const { peerAddress, state, establishedCount, since } of speaker.sessions())
      if (state === 'Established') found[`${tor} ← ${peerAddress}`] = `${establishedCount} times, last at ${since}`
  return found
}

/** The sessions of `before` that an edit left alone. */
function unharmed(lab: MemoryLab, before: Record<string, string>): string[] {
  const now = uptimes(lab)
  return Object.keys(before)
    .filter((key) => now[key] === before[key])
    .toSorted()
}

const names = (lab: MemoryLab) =>
  lab.plane.store
    .list(BGP_SESSION)
    .items.map((each) => each.metadata.name)
    .toSorted()

/** Why receivers lost sessions since. */
const losses = (lab: MemoryLab, since: Micros) =>
  lab.events('fsm', since).filter((event) => event.device.startsWith('tor') && event.from === 'Established')

describe('an edit of the gateway (R30)', () => {
  it('adds a floating IP: a node takes it, and no session is touched', () => {
    const lab = running()
    const before = uptimes(lab)
    const since = lab.now
    expect(editGateway(lab, FIP, SPARE, OTHER).ok).toBe(true)
    lab.run(10 * SECOND)
    expect(lab.places()).toEqual({ [FIP]: 'node-04', [SPARE]: 'node-05', [OTHER]: 'node-06' })
    expect(lab.held('node-05')).toEqual([SPARE])
    expect(uptimes(lab)).toEqual(before)
    for (const type of ['fsm', 'route'] as const) expect(lab.events(type, since), type).toEqual([])
  })

  it('removes one: its sessions end by Cease, the spare takes their place, its address goes, the others stay (R18)', () => {
    const lab = running()
    editGateway(lab, FIP, SPARE, OTHER)
    lab.run(2 * SECOND)
    const before = uptimes(lab)
    const since = lab.now
    expect(editGateway(lab, SPARE, OTHER).ok).toBe(true)
    lab.until(
      'the spare has its sessions',
      () => lab.paths('tor1', SPARE).length === 3 && lab.paths('tor2', SPARE).length === 3,
      10 * SECOND,
    )
    lab.run(SECOND)
    expect(unharmed(lab, before)).toEqual([`tor1 ← ${OTHER}`, `tor2 ← ${OTHER}`])
    expect(losses(lab, since).map((event) => [event.device, event.peerAddress])).toEqual([
      ['tor1', FIP],
      ['tor2', FIP],
    ])
    for (const { reason } of losses(lab, since)) expect(reason).toContain('Cease')
    expect(names(lab)).toEqual(['10.8.0.10-node-05', '10.8.0.10-node-06', '10.8.0.11-node-05', '10.8.0.11-node-06'])
    expect(lab.held('node-04')).toEqual([])
    expect(Object.keys(lab.places()).toSorted()).toEqual([SPARE, OTHER])
    for (const tor of Object.keys(TORS)) {
      expect(lab.hops(tor)).toEqual(ALL)
      const without = lab
        .events('route', since)
        .filter((event) => event.device === tor && event.route.prefix === VIP && event.route.paths.length === 0)
      expect(without).toEqual([])
    }
  })

  it('is refused as a whole where a field is wrong, by the field’s name, and nothing moves', () => {
    const lab = running()
    const since = lab.now
    const before = uptimes(lab)
    for (const [address, field] of [
      ['10.0.9.100', 'spec.floatingIPs[1]'],
      ['10.0.1.14', 'spec.floatingIPs[1]'],
      ['x', 'spec.floatingIPs[1]'],
    ] as const)
      expect(editGateway(lab, FIP, address)).toMatchObject({ ok: false, error: { code: 'invalid', causes: [{ field }] } })
    lab.run(5 * SECOND)
    expect(uptimes(lab)).toEqual(before)
    expect(lab.events('floating-ip', since)).toEqual([])
  })
})

describe('an edit of the load balancer (R30)', () => {
  it('removes a peer and adds it again: its sessions go and come, those with the other stay up', () => {
    const lab = running()
    const before = uptimes(lab)
    const since = lab.now
    expect(editBalancer(lab, peersOf([TORS.tor1])).ok).toBe(true)
    lab.until('tor2 has none', () => lab.established() === 2 && lab.hops('tor2').length === 0, 5 * SECOND)
    lab.run(2 * SECOND)
    expect(names(lab)).toEqual(['10.8.0.10-node-04', '10.8.0.10-node-06'])
    expect(unharmed(lab, before)).toEqual([`tor1 ← ${FIP}`, `tor1 ← ${OTHER}`])
    for (const { device, reason } of losses(lab, since)) expect(`${device} ${reason}`).toMatch(/^tor2 .*Cease/)
    expect(lab.events('address', since)).toEqual([])
    expect(editBalancer(lab, peersOf(Object.values(TORS))).ok).toBe(true)
    lab.until('all four again', () => lab.established() === 4 && lab.hops('tor2').length === 3, 15 * SECOND)
    lab.run(2 * SECOND)
    expect(unharmed(lab, before)).toEqual([`tor1 ← ${FIP}`, `tor1 ← ${OTHER}`])
    for (const address of [FIP, OTHER]) expect(lab.session('tor2', address).establishedCount).toBe(2)
    expect(Object.values(lab.reported())).toEqual(['Established', 'Established', 'Established', 'Established'])
  })

  it('gives a peer another AS number: its sessions are set up anew, in vain, those with the other stay up', () => {
    const lab = running()
    const before = uptimes(lab)
    editBalancer(lab, {
      localASN: 65001,
      peers: [
        { peerIP: TORS.tor1, peerASN: 65002 },
        { peerIP: TORS.tor2, peerASN: 65099 },
      ],
    })
    lab.run(8 * SECOND)
    expect(unharmed(lab, before)).toEqual([`tor1 ← ${FIP}`, `tor1 ← ${OTHER}`])
    expect(lab.established()).toBe(2)
    expect(lab.plane.store.get(BGP_SESSION, '10.8.0.11-node-04', SYSTEM_NAMESPACE)?.spec?.peerASN).toBe(65099)
  })

  it('gives the cluster another AS number and takes it back: every session goes, and comes again', () => {
    const lab = running()
    const since = lab.now
    editBalancer(lab, { ...peersOf(Object.values(TORS)), localASN: 65009 })
    lab.until('no peer takes it', () => lab.established() === 0, 5 * SECOND)
    lab.run(8 * SECOND)
    expect([lab.established(), names(lab).length]).toEqual([0, 4])
    expect(lab.events('address', since)).toEqual([])
    editBalancer(lab, peersOf(Object.values(TORS)))
    lab.until(
      'all four again',
      () => lab.established() === 4 && lab.hops('tor1').length === 3 && lab.hops('tor2').length === 3,
      20 * SECOND,
    )
  })

  it('asks for fewer sessions with a peer: one of two goes, and no other (R18)', () => {
    const lab = running()
    const before = uptimes(lab)
    editBalancer(lab, {
      localASN: 65001,
      peers: [
        { peerIP: TORS.tor1, peerASN: 65002 },
        { peerIP: TORS.tor2, peerASN: 65002, sessions: 1 },
      ],
    })
    lab.run(5 * SECOND)
    expect(unharmed(lab, before)).toHaveLength(3)
    expect(names(lab).filter((name) => name.startsWith(TORS.tor2))).toHaveLength(1)
  })

  it('is taken away and made again: everything ends in good order, the addresses stay, and all comes back', () => {
    const lab = running()
    const since = lab.now
    lab.plane.store.delete(BGP_LOAD_BALANCER, 'bgplb', namespace)
    lab.until('no session', () => lab.established() === 0, 5 * SECOND)
    lab.run(2 * SECOND)
    expect(names(lab)).toEqual([])
    for (const { reason } of losses(lab, since)) expect(reason).toContain('Cease')
    expect(lab.events('address', since)).toEqual([])
    expect(
      lab.plane.store.create(BGP_LOAD_BALANCER, { metadata: { name: 'bgplb', namespace }, spec: peersOf(Object.values(TORS)) }).ok,
    ).toBe(true)
    lab.until('all again', () => lab.established() === 4 && lab.hops('tor1').length === 3 && lab.hops('tor2').length === 3, 20 * SECOND)
  })
})

describe('Services at run time (R30)', () => {
  it('come, change their address and go without any session being touched', () => {
    const lab = running()
    const before = uptimes(lab)
    const since = lab.now
    const draft = (vip: string) => serviceDraft({ namespace: 'default', name: 'shop', vip, ports: [HTTP], backends: [] })
    lab.plane.store.create(SERVICE, draft('10.0.0.2'))
    lab.until('it is announced', () => Object.keys(TORS).every((tor) => lab.hops(tor, undefined, '10.0.0.2/32').length === 3), 2 * SECOND)
    lab.plane.store.update(SERVICE, draft('10.0.0.3'))
    const counts = (tor: string) => ['10.0.0.2/32', '10.0.0.3/32'].map((prefix) => lab.hops(tor, undefined, prefix).length)
    lab.until(
      'it is announced elsewhere, and no more there',
      () => Object.keys(TORS).every((tor) => counts(tor).join() === '0,3'),
      2 * SECOND,
    )
    lab.plane.store.delete(SERVICE, 'shop', 'default')
    lab.until('it is gone', () => Object.keys(TORS).every((tor) => lab.hops(tor, undefined, '10.0.0.3/32').length === 0), 2 * SECOND)
    lab.run(2 * SECOND)
    expect(uptimes(lab)).toEqual(before)
    expect(lab.events('fsm', since)).toEqual([])
    expect(lab.events('route', since).filter((event) => event.route.prefix === VIP)).toEqual([])
  })
})

describe('what may not be edited', () => {
  const { loadBalancer } = CLUSTER_DOCUMENT.spec
  it.each([
    ['mode', { ...loadBalancer, mode: 'manual' }],
    ['type', { ...loadBalancer, type: 'layer2' }],
    ['localASN', { ...loadBalancer, localASN: 65009 }],
    ['bgpPeers', { ...loadBalancer, bgpPeers: [{ ip: TORS.tor2, asn: 65002 }] }],
    ['ports.controlPlaneLBPort', { ...loadBalancer, ports: { controlPlaneLBPort: 6443 } }],
    ['vips.controlPlaneVIP', { ...loadBalancer, vips: { controlPlaneVIP: '10.0.0.9' } }],
  ])('R14: spec.loadBalancer.%s of the Cluster: refused with its name, and nothing of it is stored', (field, edited) => {
    const lab = running()
    const { store } = lab.plane
    const before = store.get(CLUSTER, 'small', namespace)
    expect(store.update(CLUSTER, { metadata: { name: 'small', namespace }, spec: { loadBalancer: edited } })).toMatchObject({
      ok: false,
      error: { code: 'invalid', status: 422, causes: [{ field: `spec.loadBalancer.${field}`, reason: 'FieldValueForbidden' }] },
    })
    expect(store.get(CLUSTER, 'small', namespace)).toBe(before)
  })

  it('R14: other fields of the Cluster are free', () => {
    const lab = running()
    const spec = { ...CLUSTER_DOCUMENT.spec, profile: 'edge' }
    expect(lab.plane.store.update(CLUSTER, { metadata: { name: 'small', namespace }, spec }).ok).toBe(true)
  })

  it('R30: a copy in the target cluster: overwritten, told as an event, and no controller follows it in between', () => {
    const lab = running()
    const { store } = lab.plane
    const before = uptimes(lab)
    const since = lab.now
    const copies = [
      [NETWORK_GATEWAY, 'default', { floatingIPs: [OTHER] }],
      [BGP_LOAD_BALANCER, 'bgplb', peersOf([])],
    ] as const
    for (const [type, name, spec] of copies) {
      const metadata = { name, namespace: SYSTEM_NAMESPACE }
      const owners = store.get(type, name, namespace)?.spec
      expect(store.update(type, { metadata, spec }).ok).toBe(true)
      expect(store.get(type, name, SYSTEM_NAMESPACE)?.spec).toEqual(spec)
      lab.run(SECOND)
      expect(store.get(type, name, SYSTEM_NAMESPACE)?.spec).toEqual(owners)
      expect(store.get(type, name, namespace)?.spec).toEqual(owners)
      store.delete(type, name, SYSTEM_NAMESPACE)
      lab.run(SECOND)
      expect(store.get(type, name, SYSTEM_NAMESPACE)?.spec).toEqual(owners)
    }
    const told = store.list(EVENT).items.filter((each) => each.spec?.reason === 'Overwritten')
    const text = (each: (typeof told)[number]) =>
      `${each.spec?.involvedObject.kind} in ${each.spec?.involvedObject.namespace}: ${each.spec?.message?.split(':')[0]}`
    expect(told.map(text).sort()).toEqual([
      'AnthosNetworkGateway in kube-system: this is a copy',
      'AnthosNetworkGateway in kube-system: this is a copy, and made again',
      'BGPLoadBalancer in kube-system: this is a copy',
      'BGPLoadBalancer in kube-system: this is a copy, and made again',
    ])
    lab.run(5 * SECOND)
    expect(uptimes(lab)).toEqual(before)
    for (const type of ['fsm', 'route', 'floating-ip', 'address'] as const) expect(lab.events(type, since), type).toEqual([])
  })

  it('R30: the copies follow the owner’s documents', () => {
    const lab = running()
    editGateway(lab, FIP, SPARE, OTHER)
    editBalancer(lab, peersOf([TORS.tor1]))
    lab.run(SECOND)
    const { store } = lab.plane
    expect(store.get(NETWORK_GATEWAY, 'default', SYSTEM_NAMESPACE)?.spec).toEqual({ floatingIPs: [FIP, SPARE, OTHER] })
    expect(store.get(BGP_LOAD_BALANCER, 'bgplb', SYSTEM_NAMESPACE)?.spec).toEqual(peersOf([TORS.tor1]))
  })

  it('R35: a session’s object that somebody edits or deletes is put right, and the sessions of the others stay up', () => {
    const lab = running()
    const { store } = lab.plane
    const before = uptimes(lab)
    const name = '10.8.0.10-node-04'
    const { spec } = store.get(BGP_SESSION, name, SYSTEM_NAMESPACE) as BGPSession
    store.update(BGP_SESSION, { metadata: { name, namespace: SYSTEM_NAMESPACE }, spec: { ...spec!, peerASN: 65009 } })
    store.delete(BGP_SESSION, '10.8.0.11-node-06', SYSTEM_NAMESPACE)
    lab.run(10 * SECOND)
    expect(store.get(BGP_SESSION, name, SYSTEM_NAMESPACE)?.spec).toEqual(spec)
    expect(unharmed(lab, before)).toEqual(expect.arrayContaining([`tor1 ← ${OTHER}`, `tor2 ← ${FIP}`]))
    expect(Object.values(lab.reported())).toEqual(['Established', 'Established', 'Established', 'Established'])
  })

  it('R37: a route’s object that somebody edits or deletes is put right', () => {
    const lab = running()
    const { store } = lab.plane
    const read = () => store.get(BGP_ADVERTISED_ROUTE, 'bgplb-default-web', SYSTEM_NAMESPACE)?.spec
    const before = read()
    const metadata = { name: 'bgplb-default-web', namespace: SYSTEM_NAMESPACE }
    store.update(BGP_ADVERTISED_ROUTE, { metadata, spec: { ...before!, nextHops: ['10.0.1.99'] } })
    lab.run(SECOND)
    expect(read()).toEqual(before)
    store.delete(BGP_ADVERTISED_ROUTE, metadata.name, metadata.namespace)
    lab.run(SECOND)
    expect(read()).toEqual(before)
    for (const tor of Object.keys(TORS)) expect(lab.hops(tor)).toEqual(ALL)
  })
})

describe('any edits, one after the other (R30)', () => {
  it('leave alone every session that is wanted before and after', () => {
    const gateways = fc.subarray([FIP, SPARE, OTHER], { minLength: 1 })
    const peers = fc.subarray(Object.values(TORS))
    const edit = fc.oneof(fc.record({ floatingIPs: gateways }), fc.record({ tors: peers }), fc.record({ service: fc.boolean() }))
    const planned = (lab: MemoryLab) =>
      new Set(
        lab.plane.store.list(BGP_SESSION).items.map(({ spec }) => `${spec?.peerIP === TORS.tor1 ? 'tor1' : 'tor2'} ← ${spec?.localIP}`),
      )
    fc.assert(
      fc.property(fc.array(fc.tuple(edit, fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 6 }), (edits) => {
        const lab = running()
        for (const [change, seconds] of edits) {
          const before = uptimes(lab)
          const wanted = planned(lab)
          if ('floatingIPs' in change) editGateway(lab, ...change.floatingIPs)
          else if ('tors' in change) editBalancer(lab, peersOf(change.tors))
          else if (change.service)
            lab.plane.store.upsert(SERVICE, serviceDraft({ namespace: 'default', name: 'a', vip: '10.0.0.2', ports: [HTTP], backends: [] }))
          else lab.plane.store.delete(SERVICE, 'a', 'default')
          lab.run(seconds * SECOND)
          const still = planned(lab)
          const untouched = Object.keys(before).filter((key) => wanted.has(key) && still.has(key))
          expect(unharmed(lab, before)).toEqual(expect.arrayContaining(untouched))
        }
        // And in the end the receivers have what the resources say.
        lab.run(15 * SECOND)
        expect(Object.keys(uptimes(lab)).toSorted()).toEqual([...planned(lab)].toSorted())
      }),
      { numRuns: 40 },
    )
  })
})
