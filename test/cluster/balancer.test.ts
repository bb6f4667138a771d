import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advertisedRoutes, assignVips, nextHopForSession } from '../../src/cluster/index.ts'
import { parseAddressRange } from '../../src/model/index.ts'

const service = (index: number) => ({ namespace: 'default', name: `web-${index}`, vip: `10.0.0.${index}` })
const ready = (...addresses: string[]) => addresses.map((address) => ({ address, ready: true }))
const singles = (routes: readonly { prefix: string; nextHop: string }[]) => new Map(routes.map((route) => [route.prefix, route.nextHop]))

describe('advertisedRoutes', () => {
  test('R20–R22, R37: every ready LB node with ADD-PATH, one of them without', () => {
    const nodes = [...ready('10.0.2.12', '10.0.1.12', '10.0.1.9'), { address: '10.0.1.13', ready: false }]
    const { routes } = advertisedRoutes([{ namespace: 'gke-system', name: 'istio-ingress', vip: '10.0.0.1' }], nodes)
    expect(routes).toMatchObject([
      { name: 'bgplb-gke-system-istio-ingress', prefix: '10.0.0.1/32', nextHops: ['10.0.1.9', '10.0.1.12', '10.0.2.12'] },
    ])
    expect(routes[0]!.nextHops).toContain(routes[0]!.nextHop)
  })

  test('what cannot be announced is said, with the reason (R7)', () => {
    const services = [{ ...service(1), externalTrafficPolicy: 'Local' }, { namespace: 'default', name: 'new' }, service(2)]
    expect(advertisedRoutes(services, ready('10.0.1.12')).notAdvertised.map((each) => each.code)).toEqual([
      'traffic-policy-local',
      'no-vip',
    ])
    expect(advertisedRoutes([service(1)], [{ address: '10.0.1.12', ready: false }])).toMatchObject({
      routes: [],
      notAdvertised: [{ code: 'no-ready-node' }],
    })
  })

  test('a node on which a Service does not stand is none of its next hops, and a Service that stands nowhere is not announced', () => {
    const nodes = ready('10.0.1.10', '10.0.1.11', '10.0.1.12')
    const some = { ...service(1), standsOn: ['10.0.1.11', '10.0.1.12', '10.0.1.99'] }
    const none = { ...service(2), standsOn: [] }
    const { routes, notAdvertised } = advertisedRoutes([some, none, service(3)], nodes, {
      current: [{ prefix: '10.0.0.1/32', nextHop: '10.0.1.10' }],
    })
    expect(routes.map((route) => route.nextHops)).toEqual([
      ['10.0.1.11', '10.0.1.12'],
      ['10.0.1.10', '10.0.1.11', '10.0.1.12'],
    ])
    for (const route of routes) expect(route.nextHops).toContain(route.nextHop)
    expect(notAdvertised.map((each) => each.code)).toEqual(['rules-pending'])
  })

  const setup = fc.record({ vips: fc.integer({ min: 1, max: 20 }), nodes: fc.integer({ min: 2, max: 6 }) })
  const make = ({ vips, nodes }: { vips: number; nodes: number }) => ({
    services: Array.from({ length: vips }, (_, i) => service(i + 1)),
    nodes: Array.from({ length: nodes }, (_, i) => `10.0.1.${i + 10}`),
  })

  test('VIPs are spread evenly over the nodes, whatever the order of either', () => {
    fc.assert(
      fc.property(setup, (size) => {
        const { services, nodes } = make(size)
        const { routes } = advertisedRoutes(services, ready(...nodes))
        const loads = nodes.map((node) => routes.filter((route) => route.nextHop === node).length)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
        expect(singles(advertisedRoutes(services.toReversed(), ready(...nodes.toReversed())).routes)).toEqual(singles(routes))
      }),
    )
  })

  test('a node that leaves moves its own VIPs only; its return moves no more than its share', () => {
    fc.assert(
      fc.property(setup, fc.nat(), (size, pick) => {
        const { services, nodes } = make(size)
        const before = advertisedRoutes(services, ready(...nodes)).routes
        const gone = nodes[pick % nodes.length]!
        const left = nodes.filter((node) => node !== gone)
        const after = advertisedRoutes(services, ready(...left), { current: before }).routes
        for (const route of before) if (route.nextHop !== gone) expect(singles(after).get(route.prefix)).toBe(route.nextHop)
        const back = advertisedRoutes(services, ready(...nodes), { current: after }).routes
        const moved = back.filter((route) => singles(after).get(route.prefix) !== route.nextHop)
        expect(moved.every((route) => route.nextHop === gone)).toBe(true)
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(size.vips / size.nodes))
      }),
    )
  })

  test('the choice per session is stable and uses more than one node', () => {
    const [route] = advertisedRoutes([service(1)], ready('10.0.1.10', '10.0.1.11', '10.0.1.12')).routes
    const sessions = Array.from({ length: 20 }, (_, i) => ({ localIP: `10.0.1.${100 + i}`, peerIP: '10.8.0.10' }))
    const chosen = sessions.map((session) => nextHopForSession(route!, session))
    expect(chosen).toEqual(sessions.map((session) => nextHopForSession(route!, session)))
    expect(new Set(chosen).size).toBeGreaterThan(1)
  })
})

describe('assignVips (R27)', () => {
  const model = { cpVip: '10.0.0.8', ingressVip: '10.0.0.1', pools: [{ name: 'pool1', ranges: [parseAddressRange('10.0.0.1-10.0.0.4')!] }] }
  const ingress = { namespace: 'gke-system', name: 'istio-ingress' }
  const web = (name: string, more: object = {}) => ({ namespace: 'default', name, ...more })

  test('the ingress VIP is kept for its Service; what is fixed goes first, the others fill up', () => {
    const { assigned, refused } = assignVips(model, [web('a'), web('b', { loadBalancerIP: '10.0.0.2' }), ingress, web('c')])
    expect(assigned.map((each) => `${each.name} ${each.vip} ${each.pool}`)).toEqual([
      'a 10.0.0.3 pool1',
      'b 10.0.0.2 pool1',
      'istio-ingress 10.0.0.1 pool1',
      'c 10.0.0.4 pool1',
    ])
    expect(refused).toEqual([])
  })

  test('refusals are said, each with its reason', () => {
    const services = [
      web('a', { loadBalancerIP: '10.0.0.1' }),
      web('b', { loadBalancerIP: '10.0.0.9' }),
      web('c', { loadBalancerIP: '10.0.0.2' }),
      web('d', { loadBalancerIP: '10.0.0.2' }),
      web('e', { loadBalancerIP: 'fd00::1' }),
      web('f', { loadBalancerIP: '10.0.0.8' }),
    ]
    expect(assignVips(model, services).refused.map((each) => `${each.name} ${each.code}`)).toEqual([
      'a vip-reserved',
      'b vip-outside-pools',
      'd vip-taken',
      'e bad-address',
      'f vip-reserved',
    ])
    const many = ['a', 'b', 'c', 'd'].map((name) => web(name))
    expect(assignVips(model, many)).toMatchObject({ assigned: { length: 3 }, refused: [{ name: 'd', code: 'pools-exhausted' }] })
  })

  test('a Service keeps the address that it has, whoever comes before it', () => {
    const { assigned } = assignVips(model, [web('new'), web('old', { current: '10.0.0.2' })])
    expect(assigned.map((each) => each.vip)).toEqual(['10.0.0.3', '10.0.0.2'])
  })
  test('a VIP stays with its holder when somebody else asks for it by name, whether the holder asks for it or has it from the pool', () => {
    for (const holder of [web('old', { current: '10.0.0.4' }), web('old', { current: '10.0.0.4', loadBalancerIP: '10.0.0.4' })]) {
      const newcomer = web('new', { loadBalancerIP: '10.0.0.4', current: '10.0.0.2' })
      const { assigned, refused } = assignVips(model, [newcomer, holder])
      expect(assigned).toMatchObject([{ name: 'old', vip: '10.0.0.4' }])
      expect(refused).toMatchObject([{ name: 'new', code: 'vip-taken', message: expect.stringContaining('which default/old has') }])
    }
  })

  test('an address that is no longer right is given up: the ingress VIP that somebody else holds, and one that its own owner replaced', () => {
    const services = [web('old', { current: '10.0.0.1' }), ingress, web('moved', { current: '10.0.0.2', loadBalancerIP: '10.0.0.3' })]
    const next = web('next', { loadBalancerIP: '10.0.0.2' })
    expect(assignVips(model, [...services, next]).assigned.map((each) => `${each.name} ${each.vip}`)).toEqual([
      'old 10.0.0.4',
      'istio-ingress 10.0.0.1',
      'moved 10.0.0.3',
      'next 10.0.0.2',
    ])
  })
})
