import { describe, expect, it } from 'vitest'
import { devicesOf } from '../../../src/engine/configs.ts'
import { routeLines, wireAgain, wireAll } from '../../../src/engine/docker/wiring.ts'
import { tinyPlan } from '../../containers/tiny-plan.ts'

const plan = tinyPlan()
const pids = new Map([...plan.segments, ...devicesOf(plan)].map((device, index) => [device.name, 100 + index]))

describe('wiring a plan', () => {
  it('makes every link once, with the MAC addresses of the plan', () => {
    const request = wireAll(plan, pids)
    expect(request.links).toHaveLength(plan.links.length)
    const macs = request.links.map((link) => link.b.mac)
    expect(macs).toEqual([...plan.nodes, ...plan.clients, plan.admin].map((device) => device.interfaces[0]!.mac))
    // A bridge port is nobody's address.
    expect(request.links.every((link) => link.a.mac === undefined)).toBe(true)
    expect(request.before.map((batch) => batch.device)).toEqual(['rack1'])
  })

  it('gives a device its loopback, addresses and routes in this order', () => {
    const node = wireAll(plan, pids).after.find((batch) => batch.device === 'node-01')
    expect(node?.lines).toEqual([
      'link set dev lo up',
      'address add 10.0.1.10/24 dev eth0',
      'link set dev eth0 up',
      'route replace default proto static via 10.0.1.1',
    ])
  })

  it('wires again only what the device had, and its bridge port', () => {
    const request = wireAgain(plan, pids, 'node-02')
    expect(request.links.map((link) => [link.a.name, link.b.pid])).toEqual([['node-02', pids.get('node-02')]])
    expect(request.before).toEqual([])
    expect(request.after.map((batch) => batch.device).sort()).toEqual(['node-02', 'rack1'])
  })

  it('leaves out links to devices without power', () => {
    const without = new Map(pids)
    without.delete('rack1')
    expect(wireAgain(plan, without, 'node-02').links).toEqual([])
  })

  it('makes one route of several next hops', () => {
    const routes = [
      { prefix: '0.0.0.0/0', via: '10.0.1.2' },
      { prefix: '10.8.0.11/32', via: '10.0.1.3' },
      { prefix: '0.0.0.0/0', via: '10.0.1.3' },
    ]
    expect(routeLines(routes)).toEqual([
      'route replace default proto static nexthop via 10.0.1.2 nexthop via 10.0.1.3',
      'route replace 10.8.0.11/32 proto static via 10.0.1.3',
    ])
  })
})
