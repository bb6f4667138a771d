import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type NodeHealth, type PlacementFloatingIP, type PlacementNode, placement } from '../../../src/cluster/gateway/index.ts'

const node = (name: string, rack: number, health: NodeHealth = 'ready', holding: string[] = []): PlacementNode => ({
  name,
  subnet: `10.0.${rack}.0/24`,
  health,
  holding,
})
const held = (address: string, holder: string): PlacementFloatingIP => ({ address, holder, placed: true })
const fresh = (address: string): PlacementFloatingIP => ({ address, placed: false })
const place = (nodes: PlacementNode[], floatingIPs: PlacementFloatingIP[], initialPlacement: Record<string, string> = {}) =>
  placement({ nodes, floatingIPs, initialPlacement })
const holders = (nodes: PlacementNode[], floatingIPs: PlacementFloatingIP[], initial: Record<string, string> = {}) =>
  Object.fromEntries(place(nodes, floatingIPs, initial).map((each) => [each.address, 'pending' in each ? 'pending' : (each.node ?? '-')]))

describe('placement', () => {
  it('keeps to the subnet and spreads over its nodes (R16, R17)', () => {
    const nodes = [node('a', 1), node('b', 1), node('c', 2)]
    const result = holders(nodes, [fresh('10.0.1.100'), fresh('10.0.1.101'), fresh('10.0.2.100')])
    expect([result['10.0.1.100'], result['10.0.1.101']].sort()).toEqual(['a', 'b'])
    expect(result['10.0.2.100']).toBe('c')
  })

  it('R23: never leaves a subnet: where that has load-balancer nodes only, BGP stays on these, or nowhere', () => {
    const nodes = [node('lb-1', 3), node('lb-2', 3), node('worker', 1)]
    const dead = [node('lb-1', 3, 'not-ready'), node('lb-2', 3), node('worker', 1)]
    const allDead = [node('lb-1', 3, 'not-ready'), node('lb-2', 3, 'not-ready'), node('worker', 1)]
    expect(['lb-1', 'lb-2']).toContain(holders(nodes, [fresh('10.0.3.100')])['10.0.3.100'])
    expect(holders(dead, [held('10.0.3.100', 'lb-1')])).toEqual({ '10.0.3.100': 'lb-2' })
    expect(holders(allDead, [held('10.0.3.100', 'lb-2')])).toEqual({ '10.0.3.100': '-' })
  })

  it('shares a node only when forced', () => {
    expect(holders([node('a', 1), node('b', 1, 'not-ready')], [held('10.0.1.100', 'a'), held('10.0.1.101', 'b')])).toEqual({
      '10.0.1.100': 'a',
      '10.0.1.101': 'a',
    })
  })

  it('moves only when the holder is not Ready or gone, and says why', () => {
    const nodes = [node('a', 1, 'not-ready'), node('b', 1)]
    expect(place(nodes, [held('10.0.1.100', 'a')])).toEqual([{ address: '10.0.1.100', node: 'b', reason: 'a is not Ready' }])
    expect(place(nodes, [held('10.0.1.100', 'x')])).toEqual([{ address: '10.0.1.100', node: 'b', reason: 'x is gone' }])
  })

  it('does not fail back, nor even out what is lopsided', () => {
    const nodes = [node('a', 1), node('b', 1)]
    expect(holders(nodes, [held('10.0.1.100', 'b'), held('10.0.1.101', 'b')])).toEqual({ '10.0.1.100': 'b', '10.0.1.101': 'b' })
  })

  it('says Unassigned with the reason where nobody is eligible', () => {
    expect(place([node('a', 1, 'not-ready'), node('c', 2)], [held('10.0.1.100', 'a'), fresh('10.0.9.100')])).toEqual([
      { address: '10.0.1.100', reason: 'no node of 10.0.1.0/24 is Ready (a)' },
      { address: '10.0.9.100', reason: 'no node is in its subnet' },
    ])
  })

  it('follows initialPlacement once, where that node is Ready, and spreads the others around it', () => {
    const nodes = [node('a', 1), node('b', 1), node('c', 2)]
    const wish = { '10.0.1.101': 'a', '10.0.2.100': 'a' }
    expect(holders(nodes, [fresh('10.0.1.100'), fresh('10.0.1.101'), fresh('10.0.2.100')], wish)).toEqual({
      '10.0.1.100': 'b',
      '10.0.1.101': 'a',
      '10.0.2.100': 'c',
    })
    expect(holders(nodes, [held('10.0.1.101', 'b')], wish)).toEqual({ '10.0.1.101': 'b' })
    expect(holders([node('a', 1, 'not-ready'), node('b', 1)], [fresh('10.0.1.101')], wish)).toEqual({ '10.0.1.101': 'b' })
  })

  it('decides nothing for an address while a node of its subnet was not heard from', () => {
    const nodes = [node('a', 1), node('b', 1, 'unknown'), node('c', 2)]
    expect(holders(nodes, [fresh('10.0.1.100'), fresh('10.0.2.100')])).toEqual({ '10.0.1.100': 'pending', '10.0.2.100': 'c' })
    expect(holders(nodes, [held('10.0.1.100', 'b')])).toEqual({ '10.0.1.100': 'b' })
  })

  it('leaves an address that a node says it holds where it is', () => {
    const nodes = [node('a', 1), node('b', 1, 'ready', ['10.0.1.100', '10.0.1.101']), node('c', 1)]
    expect(holders(nodes, [fresh('10.0.1.100'), fresh('10.0.1.101')])).toEqual({ '10.0.1.100': 'b', '10.0.1.101': 'b' })
  })

  it('holds for any cluster: eligible holders only, stable under itself, spread as evenly as stickiness allows', () => {
    const health = fc.constantFrom<NodeHealth>('ready', 'ready', 'not-ready')
    const nodes = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), health), { minLength: 1, maxLength: 8 })
    const count = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(nodes, count, (specs, n) => {
        const all = specs.map(([rack, state], index) => node(`n${index}`, rack, state))
        const addresses = Array.from({ length: n }, (_, index) => `10.0.${1 + (index % 3)}.${100 + index}`)
        const first = place(all, addresses.map(fresh))
        for (const each of first) {
          const eligible = all.filter((one) => one.health === 'ready' && each.address.startsWith(one.subnet.slice(0, 6)))
          if ('pending' in each || each.node === undefined) expect(eligible).toEqual([])
          else expect(eligible.map((one) => one.name)).toContain(each.node)
        }
        const again = first.map((each) =>
          'pending' in each || each.node === undefined ? fresh(each.address) : held(each.address, each.node),
        )
        expect(place(all, again).map((each) => 'node' in each && each.node)).toEqual(first.map((each) => 'node' in each && each.node))
        for (const rack of [1, 2, 3]) {
          const members = all.filter((one) => one.health === 'ready' && one.subnet === `10.0.${rack}.0/24`)
          const loads = members.map((one) => first.filter((each) => 'node' in each && each.node === one.name).length)
          if (loads.length > 0) expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
