/**
 * The walk through a node's death, in virtual time: resource API and controllers, three agents, two receiving speakers. Everything that
 * containers will run later, on one queue.
 */
import { describe, expect, it } from 'vitest'
import { BGP_SESSION, FLOATING_IP, SYSTEM_NAMESPACE } from '../../src/cluster/api/index.ts'
import { type Micros, SECOND, TIMER_PROFILES } from '../../src/model/index.ts'
import { MemoryLab, VIP } from './lab-in-memory.ts'

const timers = TIMER_PROFILES.fast
const FIP = '10.0.1.100'
const OTHER = '10.0.2.100'
const DEAD = '10.0.1.14'

/** The VIP's next hops at every change since a moment, at one receiver. */
const hopsSince = (lab: MemoryLab, tor: string, since: Micros) =>
  lab
    .events('route', since)
    .filter((event) => event.device === tor && event.route.prefix === VIP)
    .map((event) => [...new Set(event.route.paths.map((path) => path.nextHop))].sort())

/** Converges, cuts the holder's power without a word, and walks to the end; answers the moment of the fault. */
function walk(lab: MemoryLab): Micros {
  lab.converge()
  const died = lab.now
  lab.universe.powerOff('node-04')
  lab.until('the floating IP moves', () => lab.places()[FIP] === 'node-05', timers.leaseDuration + SECOND)
  lab.until(
    'four sessions again',
    () => lab.established() === 4 && lab.paths('tor1', FIP).length === 2 && lab.paths('tor2', FIP).length === 2,
    15 * SECOND,
  )
  lab.run(5 * SECOND)
  return died
}

describe('the walk through a node’s death', () => {
  it('converges: each floating IP has a session with each receiver, and every LB node is a next hop (R18, R22)', () => {
    const lab = new MemoryLab()
    lab.converge()
    expect(lab.places()).toEqual({ [FIP]: 'node-04', [OTHER]: 'node-06' })
    expect(lab.reported()).toEqual({
      '10.8.0.10-node-04': 'Established',
      '10.8.0.11-node-04': 'Established',
      '10.8.0.10-node-06': 'Established',
      '10.8.0.11-node-06': 'Established',
    })
    const object = lab.plane.store.get(BGP_SESSION, '10.8.0.10-node-04', SYSTEM_NAMESPACE)
    expect(object?.status).toMatchObject({
      advertisedRoutes: [VIP],
      lastReportTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    })
    for (const tor of ['tor1', 'tor2']) {
      for (const from of [FIP, OTHER]) expect(lab.hops(tor, from)).toEqual([DEAD, '10.0.1.15', '10.0.2.16'])
      expect(lab.session(tor, FIP).addPath.receive).toBe(true)
    }
    expect(lab.worlds.get('node-05')!.host.applied.localVips).toEqual(['10.0.0.1'])
    expect(lab.worlds.get('node-05')!.host.applied.services).toEqual([
      {
        name: 'default/web:tcp/80',
        vip: '10.0.0.1',
        protocol: 'tcp',
        port: 80,
        backends: [
          { address: '10.0.1.14', port: 8080 },
          { address: '10.0.2.16', port: 8080 },
        ],
      },
    ])
  })

  it('moves the address within its subnet after the lease, re-establishes its sessions, and never loses the VIP (R17, R20)', () => {
    const lab = new MemoryLab()
    const before = new Map<string, number>()
    lab.converge()
    for (const tor of ['tor1', 'tor2']) before.set(tor, lab.session(tor, FIP).establishedCount)
    const died = walk(lab)

    const [moved] = lab.events('floating-ip', died)
    expect(moved).toMatchObject({ address: FIP, node: 'node-05', previous: 'node-04' })
    expect(moved!.at - died).toBeGreaterThan(timers.leaseDuration - timers.leaseRenewInterval - SECOND / 10)
    expect(moved!.at - died).toBeLessThanOrEqual(timers.leaseDuration)
    expect(lab.events('floating-ip', died)).toHaveLength(1)
    expect(lab.held('node-05')).toEqual([FIP])
    expect(lab.universe.holderOf(FIP)).toBe('node-05')

    for (const tor of ['tor1', 'tor2']) {
      expect(lab.session(tor, FIP)).toMatchObject({ state: 'Established', establishedCount: before.get(tor)! + 1 })
      expect(lab.session(tor, OTHER)).toMatchObject({ state: 'Established', establishedCount: 1 })
      expect(lab.hops(tor)).toEqual(['10.0.1.15', '10.0.2.16'])
      const changes = hopsSince(lab, tor, died)
      expect(changes.length).toBeGreaterThan(0)
      for (const hops of changes) expect(hops).toEqual(expect.arrayContaining(['10.0.1.15', '10.0.2.16']))
    }
    expect(lab.reported()).toEqual({
      '10.8.0.10-node-05': 'Established',
      '10.8.0.11-node-05': 'Established',
      '10.8.0.10-node-06': 'Established',
      '10.8.0.11-node-06': 'Established',
    })
  })

  it('takes the address in the right order: address, gratuitous ARP, then BGP', () => {
    const lab = new MemoryLab()
    const died = walk(lab)
    const order = lab.universe.events
      .filter((event) => event.at >= died && 'device' in event && event.device === 'node-05')
      .filter((event) => event.type !== 'service')
      .map((event) => (event.type === 'fsm' ? 'bgp' : event.type))
    expect(order.slice(0, 3)).toEqual(['address', 'gratuitous-arp', 'bgp'])
    expect(lab.events('gratuitous-arp', died)).toMatchObject([{ device: 'node-05', address: FIP, count: timers.gratuitousArp.count }])
  })

  it('gives the same events with the same seed, and a consistent end with any', () => {
    const run = (seed: number) => {
      const lab = new MemoryLab({ seed })
      walk(lab)
      return lab
    }
    const first = run(11)
    expect(run(11).universe.events).toEqual(first.universe.events)
    for (const seed of [12, 13, 14, 15, 16]) {
      const other = run(seed)
      expect(other.universe.events).not.toEqual(first.universe.events)
      expect(other.places()).toEqual(first.places())
      expect([other.hops('tor1'), other.hops('tor2')]).toEqual([first.hops('tor1'), first.hops('tor2')])
    }
  })

  it('control: without the fault nothing moves, no session ends, no route changes', () => {
    const lab = new MemoryLab()
    lab.converge()
    const since = lab.now
    lab.run(60 * SECOND)
    for (const type of ['floating-ip', 'node-ready', 'fsm', 'route', 'address', 'log'] as const)
      expect(lab.events(type, since), type).toEqual([])
    expect(lab.established()).toBe(4)
  })

  it('announces one next hop where the receiver takes no ADD-PATH, the same on every session (R22)', () => {
    const lab = new MemoryLab({ addPathReceive: false })
    lab.until('sessions', () => lab.established() === 4 && lab.paths('tor1').length === 2 && lab.paths('tor2').length === 2, 20 * SECOND)
    expect(lab.hops('tor1')).toHaveLength(1)
    expect(lab.hops('tor2')).toEqual(lab.hops('tor1'))
  })
})

describe('around the walk', () => {
  it('does not fail back when the dead node returns, and makes it a next hop again', () => {
    const lab = new MemoryLab()
    walk(lab)
    const since = lab.now
    lab.startAgent('node-04')
    lab.until('the node is a next hop again', () => lab.hops('tor1').includes(DEAD) && lab.hops('tor2').includes(DEAD), 5 * SECOND)
    lab.run(10 * SECOND)
    expect(lab.places()[FIP]).toBe('node-05')
    expect(lab.held('node-04')).toEqual([])
    expect(lab.events('floating-ip', since)).toEqual([])
    expect(lab.events('fsm', since)).toEqual([])
  })

  it('gives a node that was away for less than its lease its address back, with a session anew', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.universe.powerOff('node-04')
    lab.run(SECOND)
    lab.startAgent('node-04')
    lab.run(10 * SECOND)
    expect(lab.events('floating-ip').filter((event) => event.previous !== undefined)).toEqual([])
    expect(lab.held('node-04')).toEqual([FIP])
    expect(lab.established()).toBe(4)
    expect(lab.session('tor1', FIP).establishedCount).toBe(2)
  })

  it('fails static while the API is away: nothing moves, nothing is withdrawn, no session ends', () => {
    const lab = new MemoryLab()
    lab.converge()
    const since = lab.now
    lab.plane.stopServing()
    lab.run(60 * SECOND)
    lab.plane.serve()
    lab.run(20 * SECOND)
    for (const type of ['floating-ip', 'node-ready', 'fsm', 'route', 'address'] as const) expect(lab.events(type, since), type).toEqual([])
    lab.universe.powerOff('node-04')
    lab.until('the floating IP moves again', () => lab.places()[FIP] === 'node-05', 5 * SECOND)
  })

  it('gives the API no chance to move anything after its return before one lease duration is over', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.plane.stopServing()
    lab.run(10 * SECOND)
    lab.universe.powerOff('node-04')
    lab.run(10 * SECOND)
    const back = lab.now
    lab.plane.serve()
    lab.until('the floating IP moves', () => lab.places()[FIP] === 'node-05', 10 * SECOND)
    expect(lab.now - back).toBeGreaterThanOrEqual(timers.leaseDuration)
    lab.until('four sessions', () => lab.established() === 4, 15 * SECOND)
  })

  it.each([1, 2, 3, 4, 5, 6])('comes through the admin host losing power and memory (seed %i)', (seed) => {
    const lab = new MemoryLab({ seed })
    walk(lab)
    const since = lab.now
    lab.universe.powerOff('admin')
    lab.run(20 * SECOND)
    lab.startAdmin()
    lab.run(20 * SECOND)
    expect(lab.places()).toEqual({ [FIP]: 'node-05', [OTHER]: 'node-06' })
    for (const type of ['fsm', 'address', 'route'] as const) expect(lab.events(type, since), type).toEqual([])
    expect(lab.hops('tor1')).toEqual(['10.0.1.15', '10.0.2.16'])
    expect(lab.reported()['10.8.0.10-node-05']).toBe('Established')
  })

  it('judges nobody for one lease duration when the controllers start anew', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.universe.powerOff('node-04')
    lab.run(2 * SECOND)
    lab.plane.restartControllers()
    const restarted = lab.now
    lab.until('the floating IP moves', () => lab.places()[FIP] === 'node-05', 10 * SECOND)
    expect(lab.now - restarted).toBeGreaterThanOrEqual(timers.leaseDuration)
  })

  it('moves nothing when the admin host is cut off, since all leases end together, and says so', () => {
    const lab = new MemoryLab()
    lab.converge()
    const since = lab.now
    lab.universe.cut('admin')
    lab.run(30 * SECOND)
    expect(lab.events('log', since)).toMatchObject([
      { level: 'warning', message: expect.stringContaining('3 of 3 Ready nodes fell silent together') },
    ])
    lab.universe.heal('admin')
    lab.run(20 * SECOND)
    for (const type of ['floating-ip', 'node-ready', 'fsm', 'route', 'address'] as const) expect(lab.events(type, since), type).toEqual([])
  })

  it('says Unassigned when the last node of a subnet dies, never moves across subnets, and the VIP stays', () => {
    const lab = new MemoryLab()
    lab.converge()
    const since = lab.now
    lab.universe.powerOff('node-06')
    lab.run(20 * SECOND)
    expect(lab.events('floating-ip', since)).toMatchObject([
      { address: OTHER, previous: 'node-06', reason: 'no node of 10.0.2.0/24 is Ready (node-06)' },
    ])
    expect(lab.events('floating-ip', since)[0]).not.toHaveProperty('node')
    expect(lab.places()).toEqual({ [FIP]: 'node-04', [OTHER]: undefined })
    for (const tor of ['tor1', 'tor2']) {
      expect(lab.session(tor, OTHER).state).not.toBe('Established')
      expect(lab.hops(tor)).toEqual([DEAD, '10.0.1.15'])
    }
    lab.startAgent('node-06')
    lab.until('it is held again', () => lab.established() === 4 && lab.held('node-06').includes(OTHER), 20 * SECOND)
  })
})

describe('split brain', () => {
  it('two hold an address while the old holder cannot read; once it reads, it says Cease before the address goes', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.universe.cut('node-04')
    lab.until('the floating IP moves', () => lab.places()[FIP] === 'node-05' && lab.held('node-05').includes(FIP), 10 * SECOND)
    lab.run(2 * SECOND)
    expect(lab.held('node-04')).toEqual([FIP])
    const healed = lab.now
    lab.universe.heal('node-04')
    lab.until('the old holder gives up', () => lab.held('node-04').length === 0, 15 * SECOND)
    const own = lab.universe.events.filter((event) => event.at >= healed && 'device' in event && event.device === 'node-04')
    const gone = own.findIndex((event) => event.type === 'address' && !event.present)
    const closed = own.findLastIndex((event) => event.type === 'fsm' && event.localAddress === FIP)
    expect(gone).toBeGreaterThan(closed)
    lab.until('one owner, four sessions', () => lab.established() === 4 && lab.universe.holderOf(FIP) === 'node-05', 20 * SECOND)
    lab.run(10 * SECOND)
    expect(lab.places()[FIP]).toBe('node-05')
    expect(lab.established()).toBe(4)
  })

  it('a holder that lives is told to Cease: the receiver hears NOTIFICATION, not a lost connection', () => {
    const lab = new MemoryLab()
    lab.converge()
    const since = lab.now
    // As if it had been thought dead while it still reads.
    lab.plane.store.updateStatus(FLOATING_IP, {
      metadata: { name: FIP, namespace: SYSTEM_NAMESPACE },
      status: { phase: 'Assigned', nodeName: 'node-05', since: '', reason: 'by hand' },
    })
    lab.until('the old holder gives up', () => lab.held('node-04').length === 0, 5 * SECOND)
    const [gone] = lab.events('address', since).filter((event) => !event.present)
    const ceased = lab
      .events('fsm', since)
      .filter((event) => event.device.startsWith('tor') && event.peerAddress === FIP && event.from === 'Established')
    expect(ceased.map((event) => event.device).toSorted()).toEqual(['tor1', 'tor2'])
    for (const event of ceased) {
      expect(event.reason).toContain('Cease')
      expect(event.at).toBeLessThan(gone!.at)
    }
    lab.until('four sessions', () => lab.established() === 4, 15 * SECOND)
  })

  it('a holder that nobody replaces keeps its address and its sessions while the API says Unassigned, and afterwards', () => {
    const lab = new MemoryLab()
    lab.converge()
    const since = lab.now
    lab.isolateFromApi('node-06')
    lab.until('Unassigned', () => lab.places()[OTHER] === undefined, 10 * SECOND)
    lab.run(10 * SECOND)
    expect(lab.held('node-06')).toEqual([OTHER])
    expect(lab.established()).toBe(4)
    lab.rejoinApi('node-06')
    lab.until('held by its holder again', () => lab.places()[OTHER] === 'node-06', 10 * SECOND)
    lab.run(10 * SECOND)
    expect(lab.events('fsm', since)).toEqual([])
    expect(lab.events('address', since)).toEqual([])
    expect(lab.established()).toBe(4)
  })
})
