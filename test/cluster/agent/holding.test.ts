import { describe, expect, it } from 'vitest'
import { Holding } from '../../../src/cluster/agent/holding.ts'
import { HostKeeper } from '../../../src/cluster/agent/host-keeper.ts'
import { peerOf, type SpeakerFactory } from '../../../src/cluster/agent/speaker.ts'
import { SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'

const FIP = '10.0.1.100'
const timers = TIMER_PROFILES.fast

/** A holding on a host where things take their time: 5 ms to apply, `closing` to close a speaker. */
function setUp(closing = 20_000) {
  const universe = new VirtualUniverse({ applyDelay: 5_000 })
  const world = universe.createWorld({ name: 'node-04', addresses: ['10.0.1.14/24'] })
  const log: string[] = []
  universe.subscribe((event) => {
    if (event.type === 'address') log.push(event.present ? 'address' : 'no address')
    if (event.type === 'gratuitous-arp') log.push('arp')
    if (event.type === 'log') log.push(`log ${event.level}`)
  })
  const openSpeaker: SpeakerFactory = ({ peers, localAsn }) => {
    log.push(`open ${localAsn} ${peers.map((peer) => peer.peerAddress).join(' ')}`)
    return {
      setPeers: (next) => log.push(`peers ${next.map((peer) => peer.peerAddress).join(' ')}`),
      announce: (routes) => log.push(`announce ${routes.map((route) => route.prefix).join(' ')}`),
      sessions: () => [],
      stop: (done) => {
        log.push('cease')
        const timer = world.clock.timer('closing', () => {
          log.push('closed')
          done()
        })
        timer.start(closing)
      },
    }
  }
  const host = new HostKeeper(world)
  const holding = new Holding(world, host, { address: FIP, interfaceName: 'eth0', timers, openSpeaker, changed: () => {} })
  const run = (length = SECOND) => {
    universe.run(universe.now + length)
    return log.splice(0)
  }
  const peers = (...addresses: string[]) => addresses.map((address) => peerOf(address, 65002, timers))
  return { holding, host, run, peers, log, world }
}

describe('a holding', () => {
  it('takes: address, gratuitous ARP, then the speaker with what it announces', () => {
    const { holding, run, peers } = setUp()
    holding.setPeers(65001, peers('10.8.0.10'))
    holding.setRoutes([{ prefix: '10.0.0.1/32', nextHops: ['10.0.1.14'], singleNextHop: '10.0.1.14' }])
    holding.acquire()
    expect(run()).toEqual(['address', 'open 65001 10.8.0.10', 'announce 10.0.0.1/32', 'arp'])
    expect(holding.state).toBe('held')
  })

  it('gives up: Cease and close, and only then the address', () => {
    const { holding, run, peers } = setUp()
    holding.setPeers(65001, peers('10.8.0.10'))
    holding.acquire()
    run()
    holding.release()
    expect(run(15_000)).toEqual(['cease'])
    expect(holding.state).toBe('closing')
    expect(run()).toEqual(['closed', 'no address'])
    expect(holding.state).toBe('gone')
  })

  it('follows a change of mind once the step that runs is over', () => {
    const { holding, run, peers } = setUp()
    holding.setPeers(65001, peers('10.8.0.10'))
    holding.acquire()
    holding.release()
    expect(run()).toEqual(['address', 'no address'])
    holding.acquire()
    run()
    holding.release()
    run(10_000)
    holding.acquire()
    expect(run()).toEqual(['closed', 'no address', 'address', 'open 65001 10.8.0.10', 'arp'])
    expect(holding.state).toBe('held')
  })

  it('opens its speaker when the first peer is known, changes peers in place, and starts anew only for another AS of its own', () => {
    const { holding, run, peers } = setUp()
    holding.acquire()
    expect(run()).toEqual(['address', 'arp'])
    holding.setPeers(65001, peers('10.8.0.10'))
    holding.setPeers(65001, peers('10.8.0.10', '10.8.0.11'))
    holding.setPeers(undefined, [])
    expect(run()).toEqual(['open 65001 10.8.0.10', 'peers 10.8.0.10 10.8.0.11', 'peers '])
    holding.setPeers(65009, peers('10.8.0.10'))
    expect(run()).toEqual(['cease', 'closed', 'open 65009 10.8.0.10'])
  })
})

describe('the host keeper', () => {
  it('puts the parts together, one apply for the changes of a turn, and tries again what failed', () => {
    const { host, world, run } = setUp()
    const told: string[] = []
    host.setVips('control plane', ['10.0.0.8'], () => told.push('vips'))
    host.setVips('services', ['10.0.0.1', '10.0.0.8'])
    host.addAddress(FIP, 'eth0', () => told.push('address'))
    expect(run()).toEqual(['address'])
    expect(told).toEqual(['vips', 'address'])
    expect(world.host.applied).toMatchObject({
      id: 1,
      localVips: ['10.0.0.1', '10.0.0.8'],
      addresses: [{ address: FIP, interface: 'eth0' }],
    })
    host.addAddress('10.0.1.101', 'eth9', () => told.push('never'))
    expect(run(1.5 * SECOND)).toEqual(['log error', 'log error'])
    host.removeAddress('10.0.1.101', () => told.push('mended'))
    run(2 * SECOND)
    expect(told.slice(2)).toContain('mended')
  })
})
