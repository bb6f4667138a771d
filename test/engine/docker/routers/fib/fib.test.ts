import { describe, expect, it } from 'vitest'
import { type FibChange, parseIpRoutes, parseMonitorLine } from '../../../../../src/engine/docker/routers/fib/parse.ts'
import { Resolver } from '../../../../../src/engine/docker/routers/fib/resolve.ts'
import { FibTable, forwarding } from '../../../../../src/engine/docker/routers/fib/table.ts'
import type { FibRoute } from '../../../../../src/model/index.ts'
import { golden } from '../support.ts'

const hop = (via: string) => ({ via, interface: 'rack0', weight: 1 })
const route = (prefix: string, nextHops: FibRoute['nextHops'], metric = 0): FibRoute => ({
  device: 'tor1',
  prefix,
  protocol: 'bgp',
  metric,
  nextHops,
})
const connected = (prefix: string, name: string) => route(prefix, [{ interface: name, weight: 1 }])

describe('kernel routes as ip(8) prints them', () => {
  it('are read from JSON', () => {
    expect(parseIpRoutes('tor1', golden('ip-route.golden.json'))).toEqual([
      {
        device: 'tor1',
        prefix: '10.0.0.1/32',
        protocol: 'bgp',
        metric: 20,
        nextHops: [hop('10.0.1.11'), hop('10.0.1.12'), hop('10.0.1.13')],
      },
      { device: 'tor1', prefix: '10.0.1.0/24', protocol: 'kernel', metric: 0, nextHops: [{ interface: 'rack0', weight: 1 }] },
    ])
  })

  it('keep a next hop without carrier, as the kernel does, unless a carrier is asked for', () => {
    const json = golden('ip-route-no-carrier.golden.json')
    expect(parseIpRoutes('tor1', json)[0]?.nextHops).toHaveLength(1)
    expect(parseIpRoutes('tor1', json, { carrier: 'required' })[0]?.nextHops).toEqual([])
  })

  it('are followed line by line', () => {
    const changes = golden('ip-monitor.golden.txt')
      .split('\n')
      .map((line) => parseMonitorLine('tor1', line))
      .filter((change) => change !== undefined)
    const multipath = (vias: string[]): FibChange => ({ type: 'route', route: route('10.0.0.1/32', vias.map(hop), 20) })
    expect(changes).toEqual([
      multipath(['10.0.1.11', '10.0.1.12', '10.0.1.13']),
      multipath(['10.0.1.11', '10.0.1.13']),
      { type: 'resync' },
      { type: 'route', route: { ...route('10.0.7.0/24', [hop('10.0.1.12')], 7), protocol: 'boot' } },
      { type: 'deleted', prefix: '10.0.7.0/24', metric: 7 },
    ])
  })

  it.each([
    ['local 10.0.0.1 dev lo table local proto kernel scope host src 10.0.0.1'],
    ['broadcast 10.0.1.255 dev e0 table local proto kernel scope link src 10.0.1.2'],
    ['10.9.9.0/24 via 10.0.1.1 dev e0 table 100'],
    ['blackhole 10.9.9.0/24'],
    ['id 9 group 10/11/12 proto zebra'],
  ])('leave out %s', (line) => {
    expect(parseMonitorLine('tor1', line)).toBeUndefined()
  })

  it('ask for a new reading when a next-hop object goes, which takes routes along in silence', () => {
    expect(parseMonitorLine('tor1', 'Deleted id 9 group 10/11/12 proto zebra')).toEqual({ type: 'resync' })
  })

  it('know the default route', () => {
    expect(parseMonitorLine('tor1', 'default via 10.9.0.1 dev core proto bgp metric 20 ')).toMatchObject({
      route: { prefix: '0.0.0.0/0', metric: 20, nextHops: [{ via: '10.9.0.1', interface: 'core' }] },
    })
  })
})

describe('the table that forwards', () => {
  it('has the lowest metric of a prefix, and tells only changes of that', () => {
    const table = new FibTable('tor1')
    const low = route('10.0.0.1/32', [hop('10.0.1.11')], 5)
    const high = route('10.0.0.1/32', [hop('10.0.1.12')], 20)
    expect(table.apply({ type: 'route', route: high })).toEqual(high)
    expect(table.apply({ type: 'route', route: low })).toEqual(low)
    expect(table.apply({ type: 'route', route: { ...high, nextHops: [hop('10.0.1.13')] } })).toBeUndefined()
    expect(table.apply({ type: 'deleted', prefix: '10.0.0.1/32', metric: 5 })?.nextHops).toEqual([hop('10.0.1.13')])
    expect(table.apply({ type: 'deleted', prefix: '10.0.0.1/32', metric: 20 })).toMatchObject({
      prefix: '10.0.0.1/32',
      metric: 20,
      nextHops: [],
    })
    expect(table.all()).toEqual([])
  })

  it('takes a route with the same metric as a replacement', () => {
    const table = new FibTable('tor1')
    table.apply({ type: 'route', route: route('10.0.0.1/32', [hop('10.0.1.11'), hop('10.0.1.12')], 20) })
    const narrowed = route('10.0.0.1/32', [hop('10.0.1.12')], 20)
    expect(table.apply({ type: 'route', route: narrowed })).toEqual(narrowed)
    expect(table.apply({ type: 'route', route: narrowed })).toBeUndefined()
  })

  it('answers the differences of a whole reading, gone ones included', () => {
    const table = new FibTable('tor1')
    const old = [route('10.0.0.1/32', [hop('10.0.1.11')]), route('10.0.0.2/32', [hop('10.0.1.11')])]
    expect(table.replace(old)).toEqual(old)
    expect(table.replace([old[1]!])).toEqual([{ ...old[0], nextHops: [] }])
    expect(forwarding('tor1', [...old, route('10.0.0.1/32', [], -1)])).toHaveLength(2)
  })
})

describe('next-hop resolution', () => {
  const resolver = new Resolver([
    connected('10.0.1.0/24', 'rack1'),
    connected('10.0.2.0/24', 'rack2'),
    route(
      '10.8.0.11/32',
      [hop('10.0.1.3')].map((one) => ({ ...one, interface: 'rack1' })),
    ),
    route('10.5.0.0/16', [
      { via: '10.0.1.3', interface: 'rack1', weight: 1 },
      { via: '10.0.2.3', interface: 'rack2', weight: 1 },
    ]),
    route('0.0.0.0/0', [{ via: '10.0.1.254', interface: 'rack1', weight: 1 }]),
    route('10.6.0.0/16', [{ via: '10.5.0.1', interface: 'rack1', weight: 1 }]),
  ])

  it('finds a connected next hop', () => {
    expect(resolver.resolve('10.0.2.12', '10.0.0.1/32')).toEqual({ ok: true, hops: [{ via: '10.0.2.12', interface: 'rack2' }] })
  })

  it('goes through a gateway, through several, and through a route on a route', () => {
    expect(resolver.resolve('10.8.0.11', '10.0.0.1/32')).toEqual({ ok: true, hops: [{ via: '10.0.1.3', interface: 'rack1' }] })
    const both = [
      { via: '10.0.1.3', interface: 'rack1' },
      { via: '10.0.2.3', interface: 'rack2' },
    ]
    expect(resolver.resolve('10.5.9.9', '10.0.0.1/32')).toEqual({ ok: true, hops: both })
    expect(resolver.resolve('10.6.0.1', '10.0.0.1/32')).toEqual({ ok: true, hops: both })
  })

  it('does not take the default route, nor the route that is being installed', () => {
    expect(resolver.resolve('10.77.0.1', '10.0.0.1/32')).toEqual({
      ok: false,
      reason: 'next hop 10.77.0.1 is not reachable: this router has no route to it',
    })
    expect(resolver.resolve('10.8.0.11', '10.8.0.11/32').ok).toBe(false)
  })
})
