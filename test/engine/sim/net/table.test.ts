import { describe, expect, it } from 'vitest'
import { type FibRoute, fibNextHops, SECOND } from '../../../../src/model/index.ts'
import { connect, Lab, VIP } from './network.ts'

const vip = { prefix: `${VIP}/32`, protocol: 'bgp', metric: 20 }

/** What the kernel of a machine tells from now on, as `prefix → next hops`. */
function told(lab: Lab, machine: string): string[] {
  const log: string[] = []
  lab.machine(machine).table.subscribe((route) => log.push(`${route.prefix} ${route.protocol} → ${fibNextHops(route).join(' ')}`))
  return log
}

function prefixes(lab: Lab, machine: string): string[] {
  return lab
    .machine(machine)
    .table.all()
    .map(({ prefix }) => prefix)
    .sort()
}

describe("the kernel's table", () => {
  it('has the connected subnets and the static routes, and neither loopbacks nor local addresses', () => {
    const lab = new Lab()
    expect(prefixes(lab, 'tor1')).toEqual(['10.0.1.0/24', '10.0.2.0/24', '10.8.0.11/32', '10.9.0.0/30'])
    expect(lab.machine('tor1').table.get('10.8.0.11/32')).toEqual({
      device: 'tor1',
      prefix: '10.8.0.11/32',
      protocol: 'static',
      metric: 0,
      nextHops: [{ via: '10.0.1.3', interface: 'rack1', weight: 1 }],
    } satisfies FibRoute)
    expect(lab.machine('tor1').table.get('10.0.1.0/24')).toMatchObject({
      protocol: 'kernel',
      nextHops: [{ interface: 'rack1', weight: 1 }],
    })
    expect(prefixes(lab, 'node-04')).toEqual(['0.0.0.0/0', '10.0.1.0/24'])
  })

  it('tells of a route with several next hops, sorted, when it comes, changes and goes; and not when nothing changed', () => {
    const lab = new Lab()
    const { table } = lab.machine('tor1')
    const log = told(lab, 'tor1')
    expect(table.replace({ ...vip, nextHops: [{ via: '10.0.2.20' }, { via: '10.0.1.20' }] })).toBeUndefined()
    table.replace({ ...vip, nextHops: [{ via: '10.0.1.20' }] })
    table.replace({ ...vip, nextHops: [{ via: '10.0.1.20', interface: 'rack1' }] })
    expect(table.remove(vip.prefix, 20)).toBe(true)
    expect(table.remove(vip.prefix, 20)).toBe(false)
    expect(log).toEqual(['10.0.0.1/32 bgp → 10.0.1.20 10.0.2.20', '10.0.0.1/32 bgp → 10.0.1.20', '10.0.0.1/32 bgp → '])
  })

  it('forwards by the lowest metric, and falls back on the next', () => {
    const lab = new Lab()
    const { table } = lab.machine('tor1')
    table.replace({ ...vip, metric: 30, nextHops: [{ via: '10.0.1.21' }] })
    table.replace({ ...vip, nextHops: [{ via: '10.0.1.20' }] })
    table.replace({ ...vip, metric: 40, nextHops: [{ via: '10.0.1.22' }] })
    expect(lab.machine('tor1').routeTo(VIP)?.via).toBe('10.0.1.20')
    const log = told(lab, 'tor1')
    expect(table.remove(vip.prefix, 20, 'static')).toBe(false)
    table.remove(vip.prefix, 20, 'bgp')
    expect(log).toEqual(['10.0.0.1/32 bgp → 10.0.1.21'])
    table.flush('bgp')
    expect(log.slice(1)).toEqual(['10.0.0.1/32 bgp → '])
    expect(table.get(vip.prefix)).toBeUndefined()
  })

  it('refuses a gateway that is not on a link, a device that is not there or not up', () => {
    const lab = new Lab()
    const { table } = lab.machine('core')
    expect(table.replace({ ...vip, nextHops: [{ via: '10.0.1.20' }] })).toBe('Nexthop 10.0.1.20 has invalid gateway')
    expect(table.replace({ ...vip, nextHops: [{ via: '10.9.0.1', interface: 'tor2' }] })).toBe('Nexthop 10.9.0.1 has invalid gateway')
    expect(table.replace({ ...vip, nextHops: [{ via: '10.9.0.1', interface: 'eth9' }] })).toBe('Cannot find device "eth9"')
    expect(table.replace({ ...vip, nextHops: [] })).toContain('without next hops')
    lab.fabric.setInterface('core', 'tor1', false)
    expect(table.replace({ ...vip, nextHops: [{ interface: 'tor1' }] })).toBe('Nexthop device tor1 is not up')
    expect(prefixes(lab, 'core')).not.toContain(vip.prefix)
  })
})

describe('routes and links', () => {
  it('an interface that is set down takes its next hops out of every route; up, the connected and static ones are back', () => {
    const lab = new Lab()
    const { table } = lab.machine('tor1')
    table.replace({ ...vip, nextHops: [{ via: '10.0.1.20' }, { via: '10.0.2.20' }] })
    const log = told(lab, 'tor1')
    lab.fabric.setInterface('tor1', 'rack1', false)
    expect(log.sort()).toEqual(['10.0.0.1/32 bgp → 10.0.2.20', '10.0.1.0/24 kernel → ', '10.8.0.11/32 static → '])
    log.length = 0
    lab.fabric.setInterface('tor1', 'rack1', true)
    expect(log.sort()).toEqual(['10.0.1.0/24 kernel → rack1', '10.8.0.11/32 static → 10.0.1.3'])
  })

  it('a lost carrier changes no route, but nothing resolves through it', () => {
    const lab = new Lab()
    const { table } = lab.machine('core')
    table.replace({ prefix: '10.0.1.0/24', protocol: 'bgp', metric: 20, nextHops: [{ via: '10.9.0.1' }] })
    const seen: string[] = []
    lab.machine('core').onInterface(({ name, up, carrier, running }) => seen.push(`${name} ${up} ${carrier} ${running}`))
    const before = prefixes(lab, 'core')
    const { generation } = table
    expect(table.resolve('10.0.1.20')).toEqual({ ok: true, hops: [{ via: '10.9.0.1', interface: 'tor1' }] })
    lab.fabric.setInterface('tor1', 'core', false)
    expect(prefixes(lab, 'core')).toEqual(before)
    expect(seen).toEqual(['tor1 true false false'])
    expect(table.generation).toBeGreaterThan(generation)
    expect(table.resolve('10.0.1.20')).toEqual({ ok: false, reason: expect.stringContaining('no route to it') })
    lab.fabric.setInterface('tor1', 'core', true)
    expect(table.resolve('10.0.1.20').ok).toBe(true)
  })

  it('an interface that has no carrier already tells all the same that it was set down, and that it went', () => {
    const lab = new Lab()
    const seen: string[] = []
    lab.machine('core').onInterface(({ name, present, up, carrier }) => seen.push(`${name} ${present} ${up} ${carrier}`))
    lab.fabric.setInterface('tor1', 'core', false)
    lab.fabric.setInterface('core', 'tor1', false)
    lab.fabric.powerOff('tor1')
    lab.fabric.powerOn('tor1')
    expect(seen).toEqual(['tor1 true true false', 'tor1 true false false', 'tor1 false false false', 'tor1 true true true'])
  })

  it("a device without power takes the other ends of its links along, a rack's power its nodes' interfaces", () => {
    const lab = new Lab()
    const log = told(lab, 'core')
    lab.fabric.powerOff('tor1')
    expect(log).toEqual(['10.9.0.0/30 kernel → '])
    expect(lab.machine('core').interfaces.find(({ name }) => name === 'tor1')).toMatchObject({ present: false, running: false })
    expect(lab.machine('core').holds('10.9.0.2')).toBe(false)
    expect(prefixes(lab, 'tor1')).toEqual([])
    expect(() => lab.fabric.setInterface('core', 'tor1', true)).toThrow('has no power')
    lab.fabric.powerOn('tor1')
    expect(log.slice(1)).toEqual(['10.9.0.0/30 kernel → tor1'])
    expect(lab.machine('core').holds('10.9.0.2')).toBe(true)
    expect(prefixes(lab, 'tor1')).toEqual(['10.0.1.0/24', '10.0.2.0/24', '10.8.0.11/32', '10.9.0.0/30'])
    lab.fabric.powerOff('rack1')
    expect(lab.fabric.powered('rack1')).toBe(false)
    expect(prefixes(lab, 'node-04')).toEqual([])
    expect(prefixes(lab, 'tor1')).toEqual(['10.0.2.0/24', '10.9.0.0/30'])
    lab.fabric.powerOn('rack1')
    expect(prefixes(lab, 'node-04')).toEqual(['0.0.0.0/0', '10.0.1.0/24'])
  })

  it('comes back from a power cut with its addresses and routes, and nothing that was added', () => {
    const lab = new Lab()
    lab.host('node-04', { addresses: [{ address: '10.0.1.100', interface: 'eth0' }], localVips: [VIP] })
    expect(lab.machine('node-04').holds('10.0.1.100')).toBe(true)
    lab.fabric.powerOff('node-04')
    expect(() => lab.machine('node-04').startWorld()).toThrow('has no power')
    lab.fabric.powerOn('node-04')
    expect(() => lab.fabric.powerOn('node-04')).toThrow('has power already')
    expect(lab.machine('node-04').holds('10.0.1.20')).toBe(true)
    expect(lab.machine('node-04').holds('10.0.1.100')).toBe(false)
    expect(lab.machine('node-04').holds(VIP)).toBe(false)
    expect(lab.machine('node-04').startWorld().host.interfaces()).toEqual([{ name: 'eth0', addresses: ['10.0.1.20/24'] }])
  })
})

describe('a next hop', () => {
  it('resolves over other routes to the gateways that packets leave by, and not over the default route', () => {
    const lab = new Lab()
    const { table } = lab.machine('tor1')
    table.replace({ prefix: '10.9.0.4/30', protocol: 'bgp', metric: 20, nextHops: [{ via: '10.9.0.2' }, { via: '10.0.1.3' }] })
    table.replace({ prefix: '0.0.0.0/0', protocol: 'bgp', metric: 20, nextHops: [{ via: '10.9.0.2' }] })
    expect(table.resolve('10.0.1.20')).toEqual({ ok: true, hops: [{ via: '10.0.1.20', interface: 'rack1' }] })
    expect(table.resolve('10.9.0.5')).toEqual({
      ok: true,
      hops: [
        { via: '10.9.0.2', interface: 'core' },
        { via: '10.0.1.3', interface: 'rack1' },
      ],
    })
    expect(table.resolve('192.0.2.1')).toMatchObject({ ok: false })
  })

  it('resolves anew when a route on which it rests is replaced, more specific, or gone', () => {
    const lab = new Lab()
    const { table } = lab.machine('tor1')
    const via = (address: string) => {
      const found = table.resolve(address)
      return found.ok ? found.hops.map((hop) => hop.via).join(' ') : found.reason
    }
    const rack = { protocol: 'bgp', metric: 20 }
    expect(via('10.3.0.9')).toContain('not reachable')
    table.replace({ ...rack, prefix: '10.3.0.0/16', nextHops: [{ via: '10.9.0.2' }] })
    expect(via('10.3.0.9')).toBe('10.9.0.2')
    table.replace({ ...rack, prefix: '10.3.0.9/32', nextHops: [{ via: '10.0.1.3' }] })
    expect(via('10.3.0.9')).toBe('10.0.1.3')
    expect(table.resolve('10.3.0.9', '10.3.0.9/32')).toMatchObject({ hops: [{ via: '10.9.0.2' }] })
    table.remove('10.3.0.9/32', 20)
    expect(via('10.3.0.9')).toBe('10.9.0.2')
    table.remove('10.3.0.0/16', 20)
    expect(via('10.3.0.9')).toContain('not reachable')
  })
})

describe('an own address', () => {
  it('is spoken from by where the route leaves', () => {
    const lab = new Lab().underlay()
    const source = (machine: string, to: string) => lab.machine(machine).routeTo(to)?.source
    expect(source('tor1', '10.0.2.20')).toBe('10.0.2.2')
    expect(source('tor1', '10.7.0.10')).toBe('10.9.0.1')
    expect(source('node-04', '10.7.0.10')).toBe('10.0.1.20')
    expect(source('node-04', '10.0.1.20')).toBe('10.0.1.20')
    const { events } = connect(lab.machine('tor1').startWorld(), '10.0.2.20', 9)
    lab.run(SECOND)
    expect(events[0]).toMatchObject({ reason: 'refused' })
    lab.host('node-04', { localVips: [VIP] })
    expect(source('node-04', VIP)).toBe(VIP)
  })
})
