import { describe, expect, it } from 'vitest'
import { LeaseMonitor } from '../../../src/cluster/gateway/index.ts'
import { type Micros, SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'

const timers = TIMER_PROFILES.fast
const NODES = ['a', 'b', 'c', 'd', 'e']

/** Five nodes that renew once a second, a fifth of a second apart, until told to be silent. */
function setUp(known: 'unknown' | 'ready' = 'unknown', firstContact?: Micros) {
  const universe = new VirtualUniverse()
  const { clock } = universe.createWorld({ name: 'admin', addresses: [] })
  const changes: string[] = []
  const said: string[] = []
  const monitor = new LeaseMonitor(
    clock,
    { timers, massExpiryShare: 0.55, ...(firstContact !== undefined && { firstContact }) },
    {
      changed: (node, health) => changes.push(`${(universe.now / SECOND).toFixed(1)} ${node} ${health}`),
      said: (_level, message) => said.push(message),
    },
  )
  const silent = new Set<string>()
  for (const name of NODES) monitor.add(name, known)
  NODES.forEach((name, index) => {
    const tick = () => {
      if (!silent.has(name)) monitor.renewed(name)
      universe.at(universe.now + timers.leaseRenewInterval, tick)
    }
    universe.at(index * 200_000, tick)
  })
  const run = (until: Micros) => {
    universe.run(until)
    return changes.splice(0)
  }
  return { universe, monitor, silent, said, run }
}

describe('the lease monitor', () => {
  it('judges a silent node when its lease ends, and hears it when it is back', () => {
    const { silent, run, monitor } = setUp()
    expect(run(1.5 * SECOND)).toHaveLength(5)
    expect(monitor.settled).toBe(true)
    silent.add('b')
    expect(run(10 * SECOND)).toEqual(['4.2 b not-ready'])
    silent.clear()
    expect(run(12 * SECOND)).toEqual(['10.2 b ready'])
  })

  it('judges nobody until one lease duration after its start', () => {
    const { silent, run, monitor } = setUp('ready')
    for (const name of ['a', 'b']) silent.add(name)
    expect(run(2.9 * SECOND)).toEqual([])
    expect(run(3.1 * SECOND)).toEqual(['3.0 a not-ready', '3.0 b not-ready'])
    expect(monitor.settled).toBe(true)
  })

  it('gives longer to who was never heard from, and no longer than a lease to who was', () => {
    const { silent, run } = setUp('unknown', 20 * SECOND)
    silent.add('a')
    expect(run(6 * SECOND)).toHaveLength(4)
    silent.add('b')
    expect(run(19.9 * SECOND)).toEqual(['8.2 b not-ready'])
    expect(run(21 * SECOND)).toEqual(['20.0 a not-ready'])
  })

  it('moves nothing when most fall silent together, says so, and judges who stays silent one lease after the others are back', () => {
    const { silent, run, said, monitor } = setUp()
    run(5.1 * SECOND)
    for (const name of ['a', 'b', 'c']) silent.add(name)
    expect(run(20 * SECOND)).toEqual([])
    expect(monitor.frozen).toBe(true)
    expect(said).toEqual(['3 of 5 Ready nodes fell silent together: the path to the API is suspect, nothing is moved'])
    silent.delete('a')
    expect(run(23.9 * SECOND)).toEqual([])
    expect(monitor.frozen).toBe(false)
    expect(run(24.1 * SECOND)).toEqual(['24.0 b not-ready', '24.0 c not-ready'])
  })

  it('judges as many, when they fall silent one after the other', () => {
    const { silent, run, said } = setUp()
    run(5.1 * SECOND)
    for (const [index, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      silent.add(name)
      expect(run((10.1 + index * 5) * SECOND)).toHaveLength(1)
    }
    expect(said).toEqual([])
  })

  it('judges nobody while the API is away, nor for one lease duration after its return', () => {
    const { silent, run, monitor } = setUp()
    run(5.1 * SECOND)
    monitor.pause()
    for (const name of NODES) silent.add(name)
    expect(run(60 * SECOND)).toEqual([])
    monitor.resume()
    for (const name of NODES.slice(1)) silent.delete(name)
    expect(run(62.9 * SECOND)).toEqual([])
    expect(run(63.1 * SECOND)).toEqual(['63.0 a not-ready'])
  })
})
