/**
 * The API at the CP VIP, in virtual time: three control-plane nodes announce it, the others reach it over whichever of them the flow's hash
 * picks. Only sessions that a ToR has heard of carry anything.
 */
import { describe, expect, it } from 'vitest'
import { BGP_SESSION, LEASE } from '../../src/cluster/api/index.ts'
import { type Micros, SECOND, TIMER_PROFILES } from '../../src/model/index.ts'
import { type LabOptions, MemoryLab, TORS } from './lab-in-memory.ts'

const CP_VIP = '10.0.0.8/32'
const FIP = '10.0.1.100'
const CONTROL_PLANE = ['10.0.1.10', '10.0.1.11', '10.0.2.10']
const fast = TIMER_PROFILES.fast

const node = (name: string, address: string, role: 'controlPlane' | 'loadBalancer') => ({
  name,
  address,
  controlPlane: role === 'controlPlane',
  loadBalancer: role === 'loadBalancer',
})

/** Six nodes: three of the control plane, three that take traffic. Four service sessions and six of the control plane. */
function vipLab(options: LabOptions = {}): MemoryLab {
  const nodes = [
    ...CONTROL_PLANE.map((address, index) => node(`node-0${index + 1}`, address, 'controlPlane')),
    node('node-04', '10.0.1.14', 'loadBalancer'),
    node('node-05', '10.0.1.15', 'loadBalancer'),
    node('node-06', '10.0.2.16', 'loadBalancer'),
  ]
  const cluster = {
    nodes,
    cpNodes: CONTROL_PLANE,
    cpPeers: Object.values(TORS).map((ip) => ({ ip, asn: 65002 })),
  }
  const controlPlane = { initialPlacement: { [FIP]: 'node-04', '10.0.2.100': 'node-06' } }
  const lab = new MemoryLab({ apiAtVip: true, cluster, controlPlane, ...options })
  lab.converge(10)
  return lab
}

const cpHops = (lab: MemoryLab, tor = 'tor1') => lab.hops(tor, undefined, CP_VIP)
const moves = (lab: MemoryLab, since: Micros) => lab.events('floating-ip', since).map(({ address, node: to }) => [address, to])
const notReady = (lab: MemoryLab, since: Micros) => lab.events('node-ready', since).flatMap((event) => (event.ready ? [] : [event.node]))

/** Silently: nobody hears of it. Answers when both ToRs have noticed. */
function lose(lab: MemoryLab, name: string, within: Micros): Micros {
  const died = lab.now
  lab.universe.powerOff(name)
  lab.until(`the ToRs lose ${name}`, () => Object.keys(TORS).every((tor) => cpHops(lab, tor).length === 2), within)
  return died
}

describe('the API at the control-plane VIP', () => {
  it('is announced by every control-plane node from its own address, and is how the others reach the API (R4, R5)', () => {
    const lab = vipLab()
    for (const tor of Object.keys(TORS)) expect(cpHops(lab, tor)).toEqual(CONTROL_PLANE)
    expect(lab.places()).toEqual({ [FIP]: 'node-04', '10.0.2.100': 'node-06' })
    expect(lab.plane.store.list(LEASE).items).toHaveLength(6)
    const callers = new Set([...lab.waysToVip.keys()].map((flow) => flow.split(':')[0]))
    expect([...callers].sort()).toEqual(['10.0.1.14', '10.0.1.15', '10.0.2.16'])
    expect(new Set(lab.waysToVip.values())).toEqual(new Set(CONTROL_PLANE))
    for (const name of ['node-01', 'node-02', 'node-03'])
      expect(lab.agents.get(name)!.status().controlPlane).toEqual({
        vip: '10.0.0.8',
        announced: true,
        local: true,
        api: 'serving',
        healthy: true,
      })
  })

  it('costs one delivery for each lease renewal, the gateway’s', () => {
    const lab = vipLab()
    const { store } = lab.plane
    let renewals = 0
    let reports = 0
    store.watch(LEASE, {}, undefined, () => renewals++)
    store.watch(BGP_SESSION, {}, undefined, () => reports++)
    const before = { delivered: store.delivered, revision: Number(store.revision) }
    lab.run(10 * SECOND)
    expect(renewals).toBeGreaterThanOrEqual(6 * 9)
    expect(renewals).toBeLessThanOrEqual(6 * 11)
    expect(Number(store.revision) - before.revision).toBe(renewals + reports)
    // Beside this test's own watches a session's report goes to its agent, the controllers of peering and of status, the chronicle, the teller.
    expect(store.delivered - before.delivered).toBe(renewals * (1 + 1) + reports * (1 + 5))
  })

  it('takes a new connection for each try, several of them within one lease, none longer than a quarter of it', () => {
    const lab = vipLab()
    const world = lab.worlds.get('node-05')!
    const timeouts: Micros[] = []
    const { request } = world.calls
    Object.assign(world.calls, {
      request: ((asked, sink) => {
        timeouts.push(asked.timeout)
        return request(asked, sink)
      }) satisfies typeof request,
    })
    lab.universe.powerOff('admin')
    lab.waysToVip.clear()
    lab.run(fast.leaseDuration)
    const tries = [...lab.waysToVip.keys()].filter((flow) => flow.startsWith('10.0.1.15:'))
    expect(tries.length).toBeGreaterThan(8)
    expect(timeouts.length).toBeGreaterThan(8)
    expect(Math.max(...timeouts)).toBeLessThanOrEqual(fast.leaseDuration / 4)
  })
})

describe('one control-plane node fails, silently', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('default timers: no floating IP moves and no other node is lost (seed %i)', (seed) => {
    const { default: timers } = TIMER_PROFILES
    const lab = vipLab({ seed, timers })
    lab.waysToVip.clear()
    const died = lose(lab, 'node-02', timers.holdTimeSeconds * SECOND + SECOND)
    lab.run(2 * timers.leaseDuration)
    expect(moves(lab, died)).toEqual([])
    expect(notReady(lab, died)).toEqual(['node-02'])
    // The dead way was tried all the while: it is the tries on other ways that count.
    expect([...lab.waysToVip.values()].filter((hop) => hop === '10.0.1.11').length).toBeGreaterThan(5)
  })

  it.each([1, 2, 3, 4])('fast timers (seed %i)', (seed) => {
    const lab = vipLab({ seed })
    const died = lose(lab, 'node-02', fast.holdTimeSeconds * SECOND + SECOND)
    lab.run(10 * SECOND)
    expect(moves(lab, died)).toEqual([])
    expect(notReady(lab, died)).toEqual(['node-02'])
  })

  it('control: with two of three dead and the third cut off from the store, leases do end', () => {
    const lab = vipLab()
    const since = lab.now
    lab.universe.powerOff('node-01')
    lab.universe.powerOff('node-02')
    lab.universe.part('node-03', 'admin')
    lab.run(20 * SECOND)
    expect(lab.events('log', since).some((event) => event.message.includes('fell silent together'))).toBe(true)
  })
})

describe('losing the control plane’s sessions', () => {
  it('at one rack’s ToR ends the leases behind it: the floating IP moves to a node that still has the API', () => {
    const lab = vipLab()
    const since = lab.now
    for (const name of ['node-01', 'node-02', 'node-03']) lab.universe.part('tor1', name)
    // Perhaps by way of node-05, whose lease may end a moment later.
    lab.until('the leases behind tor1 end', () => ['node-01', 'node-02'].includes(lab.places()[FIP]!), 20 * SECOND)
    lab.run(5 * SECOND)
    expect(cpHops(lab)).toEqual([])
    expect(notReady(lab, since).sort()).toEqual(['node-04', 'node-05'])
    const holder = lab.places()[FIP]!
    expect(lab.held(holder)).toEqual([FIP])
    const healed = lab.now
    for (const name of ['node-01', 'node-02', 'node-03']) lab.universe.rejoin('tor1', name)
    lab.until('everybody is heard again', () => lab.events('node-ready', healed).filter((event) => event.ready).length === 2, 30 * SECOND)
    lab.run(10 * SECOND)
    expect(moves(lab, healed)).toEqual([])
    // Here its open watch has told it before, for what the API sends finds a way; in life TCP soon waits for acknowledgements that find none.
    expect(lab.held('node-04')).toEqual([])
  })

  it('everywhere moves nothing where too many nodes fall silent together; they go on once it is back', () => {
    const lab = vipLab()
    const since = lab.now
    for (const tor of Object.keys(TORS)) for (const name of ['node-01', 'node-02', 'node-03']) lab.universe.part(tor, name)
    // In a lab of eight the five others are enough; here two of the control plane's own leases end as well.
    for (const name of ['node-01', 'node-02']) lab.isolateFromApi(name)
    lab.run(40 * SECOND)
    expect(moves(lab, since)).toEqual([])
    expect(lab.held('node-04')).toEqual([FIP])
    for (const tor of Object.keys(TORS)) for (const name of ['node-01', 'node-02', 'node-03']) lab.universe.rejoin(tor, name)
    for (const name of ['node-01', 'node-02']) lab.rejoinApi(name)
    lab.until('the VIP is back', () => cpHops(lab).length === 3, 20 * SECOND)
    lab.run(10 * SECOND)
    expect(moves(lab, since)).toEqual([])
  })
})

describe('a control-plane node whose API is dead', () => {
  it('goes on announcing where nothing else is asked for; its own lease ends, and tries over other nodes keep all others', () => {
    const lab = vipLab()
    const since = lab.now
    lab.agents.get('node-02')!.stopApi()
    lab.until('its own lease ends', () => notReady(lab, since).length > 0, fast.leaseDuration + SECOND)
    lab.run(30 * SECOND)
    expect(cpHops(lab)).toEqual(CONTROL_PLANE)
    expect([moves(lab, since), notReady(lab, since)]).toEqual([[], ['node-02']])
    expect(lab.agents.get('node-02')!.status().controlPlane).toMatchObject({ announced: true, local: true, api: 'stopped', healthy: false })

    lab.agents.get('node-02')!.startApi()
    lab.until('it is Ready again', () => lab.events('node-ready', since).at(-1)!.ready, SECOND)
    lab.run(SECOND)
    expect(lab.agents.get('node-02')!.status().controlPlane).toMatchObject({ api: 'serving', healthy: true })
  })

  it('loses the floating IP that it holds to another node, and gives it up when it can read of that again', () => {
    const lab = vipLab({ controlPlane: { initialPlacement: { [FIP]: 'node-01', '10.0.2.100': 'node-06' } } })
    expect(lab.places()[FIP]).toBe('node-01')
    lab.agents.get('node-01')!.stopApi()
    lab.until('it moves', () => lab.places()[FIP] !== 'node-01', fast.leaseDuration + SECOND)
    const next = lab.places()[FIP]!
    lab.run(20 * SECOND)
    // It cannot read of it: as long as its API is dead two nodes have the address, and the newer one the traffic.
    expect([lab.held('node-01'), lab.held(next)]).toEqual([[FIP], [FIP]])
    expect(lab.universe.holderOf(FIP)).toBe(next)
    expect(lab.session('tor1', FIP).state).toBe('Established')
    const back = lab.now
    lab.agents.get('node-01')!.startApi()
    lab.until('it gives it up', () => lab.held('node-01').length === 0, 2 * SECOND)
    lab.run(10 * SECOND)
    expect([lab.places()[FIP], moves(lab, back), lab.session('tor1', FIP).state]).toEqual([next, [], 'Established'])
  })

  it('is a node without an API: nothing that its agent asks for goes to the store or to the VIP past its own', () => {
    const lab = vipLab()
    const servers = new Set<string>()
    const world = lab.worlds.get('node-02')!
    const { request } = world.calls
    Object.assign(world.calls, {
      request: ((asked, sink) => {
        servers.add(`${asked.server.address}:${asked.server.port} from ${asked.localAddress}`)
        return request(asked, sink)
      }) satisfies typeof request,
    })
    lab.agents.get('node-02')!.stopApi()
    lab.run(10 * SECOND)
    lab.agents.get('node-02')!.startApi()
    lab.run(10 * SECOND)
    expect([...servers]).toEqual(['10.0.1.11:443 from 10.0.1.11'])
  })

  it('asks its own API only once that listens, and is heard of right after a power-cycle', () => {
    const lab = vipLab()
    lab.universe.powerOff('node-02')
    lab.run(5 * SECOND)
    const SLOW = SECOND / 2
    const asked: string[] = []
    const restarted = lab.now
    lab.startAgent('node-02', (world) => {
      const { transport, clock, calls } = world
      // As in life, where listening takes a turn of the loop or two.
      const listen: typeof transport.listen = (local, sink) => {
        let listener = { close() {} }
        const timer = clock.timer('slow listen', () => {
          listener = transport.listen(local, sink)
        })
        timer.start(SLOW)
        return { close: () => [timer.stop(), listener.close()] }
      }
      const request: typeof calls.request = (what, sink) =>
        calls.request(what, (event) => {
          if (event.type === 'failed') asked.push(`${what.path}: ${event.reason}`)
          sink(event)
        })
      return Object.create(world, {
        transport: { value: { ...transport, listen } },
        calls: { value: { ...calls, request } },
      }) as typeof world
    })
    lab.until('it is Ready', () => lab.events('node-ready', restarted).some((event) => event.ready), SLOW + 50_000)
    expect(asked).toEqual([])
    lab.until('it is a next hop', () => cpHops(lab).length === 3, 5 * SECOND)
  })

  it('withdraws where it cannot listen, goes on trying, and comes back once it can', () => {
    const lab = vipLab({ apiAtVip: { withdrawUnhealthy: true } })
    const agent = lab.agents.get('node-02')!
    agent.stopApi()
    const other = lab.worlds.get('node-02')!.transport.listen({ address: '0.0.0.0', port: 443 }, () => {})
    agent.startApi()
    lab.until('no longer a next hop', () => cpHops(lab).length === 2, SECOND)
    lab.run(5 * SECOND)
    expect(agent.status().controlPlane).toMatchObject({ announced: false, api: 'stopped', healthy: false })
    expect(lab.events('log').at(-1)!.message).not.toContain('address-not-local')
    other.close()
    lab.until('a next hop again', () => cpHops(lab).length === 3, 3 * SECOND)
    expect(agent.status().controlPlane).toEqual({ vip: '10.0.0.8', announced: true, local: true, api: 'serving', healthy: true })
  })

  it('withdraws with `withdrawUnhealthy`, and lets go of the address only after that', () => {
    const lab = vipLab({ apiAtVip: { withdrawUnhealthy: true } })
    const local = () => lab.worlds.get('node-02')!.host.applied.localVips
    const since = lab.now
    lab.agents.get('node-02')!.stopApi()
    lab.until('no longer a next hop', () => Object.keys(TORS).every((tor) => cpHops(lab, tor).length === 2), SECOND)
    expect(local()).toEqual(['10.0.0.8'])
    lab.until('no longer local', () => local().length === 0, SECOND)
    expect(lab.session('tor1', '10.0.1.11').state).toBe('Established')
    lab.run(10 * SECOND)
    expect(lab.events('log', since).map((event) => [event.device, event.message])).toEqual([
      ['node-02', 'the API is not healthy (it does not run): 10.0.0.8 is withdrawn'],
      ['node-02', '10.0.0.8 is no longer local'],
    ])

    lab.agents.get('node-02')!.startApi()
    lab.until('a next hop again', () => cpHops(lab).length === 3, SECOND)
    expect(local()).toEqual(['10.0.0.8'])
    expect(lab.agents.get('node-02')!.status().controlPlane).toMatchObject({ announced: true, api: 'serving', healthy: true })
    expect([moves(lab, since), notReady(lab, since), lab.events('fsm', since)]).toEqual([[], ['node-02'], []])
  })

  it('withdraws as well when it cannot reach the store, before its own lease ends, and comes back with it', () => {
    const lab = vipLab({ apiAtVip: { withdrawUnhealthy: true } })
    const since = lab.now
    lab.universe.part('node-02', 'admin')
    lab.until('no longer a next hop', () => cpHops(lab).length === 2, fast.leaseDuration)
    lab.run(10 * SECOND)
    expect(notReady(lab, since)).toEqual(['node-02'])
    expect(moves(lab, since)).toEqual([])
    lab.universe.rejoin('node-02', 'admin')
    lab.until('a next hop again', () => cpHops(lab).length === 3, 5 * SECOND)
  })

  it('is followed through changes of mind at any moment: at the end the VIP is announced and local', () => {
    const lab = vipLab({ apiAtVip: { withdrawUnhealthy: true } })
    const agent = lab.agents.get('node-02')!
    for (let pause = 0; pause < 1_200; pause += 37) {
      agent.stopApi()
      lab.run(pause * 1_000)
      agent.startApi()
      lab.run((1_200 - pause) * 1_000)
      expect(agent.status().controlPlane).toEqual({ vip: '10.0.0.8', announced: true, local: true, api: 'serving', healthy: true })
      expect(cpHops(lab)).toEqual(CONTROL_PLANE)
    }
  })

  it('leaves the VIP alone while the store is away for everybody and nothing else is asked for', () => {
    const lab = vipLab()
    lab.universe.cut('admin')
    lab.run(40 * SECOND)
    expect(cpHops(lab)).toEqual(CONTROL_PLANE)
  })
})
