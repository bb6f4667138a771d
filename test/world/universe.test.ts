import { describe, expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../src/model/index.ts'
import type { Connection, ConnectionEvent, HostState, World } from '../../src/world/index.ts'
import { type UniverseOptions, VirtualUniverse, type VirtualWorld } from '../../src/world/virtual/index.ts'

const floating = (id: number, ...addresses: string[]): HostState => ({
  id,
  addresses: addresses.map((address) => ({ address, interface: 'eth0' })),
  localVips: [],
  services: [],
})

function pair(options: UniverseOptions = {}) {
  const universe = new VirtualUniverse(options)
  const a = universe.createWorld({ name: 'a', addresses: ['10.0.1.10/24'] })
  const b = universe.createWorld({ name: 'b', addresses: ['10.0.1.11/24'] })
  return { universe, a, b }
}

function log(world: World, message: string): void {
  world.events.emit({ type: 'log', device: world.name, level: 'info', message })
}

/** Listens on 179 everywhere, and writes what happens into the universe's log. */
function listen(world: World): void {
  world.transport.listen({ address: '0.0.0.0', port: 179 }, (event) => {
    if (event.type === 'connection') event.accept((more) => log(world, more.type))
  })
}

function connect(world: World, address: string, localAddress?: string) {
  const tape: ConnectionEvent[] = []
  const connection = world.transport.connect(
    { remote: { address, port: 179 }, timeout: 5 * SECOND, ...(localAddress === undefined ? {} : { localAddress }) },
    (event) => void tape.push(event),
  )
  return { tape, connection }
}

describe('one seed, one run', () => {
  /** Timers, jittered traffic, a fault and chance, all into the log. */
  function story(seed: number): string {
    const { universe, a, b } = pair({ seed, jitter: 500 })
    listen(b)
    const { connection } = connect(a, '10.0.1.11')
    const chatter = a.clock.timer('chatter', () => {
      log(a, `roll ${a.random.next()}`)
      connection.send(Uint8Array.of(1, 2, 3))
      chatter.start(Math.floor(a.random.next() * SECOND))
    })
    chatter.start(0)
    b.host.apply(floating(1, '10.0.1.100'), () => b.host.announce('10.0.1.100', 'eth0', 3, 200 * MILLISECOND))
    universe.at(3 * SECOND, () => universe.cut('b'))
    universe.at(5 * SECOND, () => universe.heal('b'))
    universe.run(20 * SECOND)
    return JSON.stringify(universe.events)
  }

  it('gives the same log twice, and another one with another seed', () => {
    expect(story(1)).toBe(story(1))
    expect(story(2)).not.toBe(story(1))
  })

  it('moves time only when told, and says what waits', () => {
    const { universe, a } = pair()
    const timer = a.clock.timer('t', () => log(a, 'fired'))
    timer.start(2 * SECOND)
    expect([universe.now, universe.pending, universe.next]).toEqual([0, 1, 2 * SECOND])
    universe.run(SECOND)
    expect([universe.now, universe.events.length]).toEqual([SECOND, 0])
    expect(universe.runUntil(() => universe.events.length === 1, 10 * SECOND)).toBe(true)
    expect(universe.now).toBe(2 * SECOND)
    expect(universe.runUntil(() => false, 3 * SECOND)).toBe(false)
    expect([universe.now, universe.pending, universe.step()]).toEqual([3 * SECOND, 0, false])
    expect(a.clock.wallTime()).toBe('2021-06-14T22:00:03Z')
  })

  it('tells of a program that keeps itself busy without time moving on', () => {
    const { universe, a } = pair()
    const spin = (): void => a.clock.yield(spin)
    spin()
    expect(() => universe.run(SECOND)).toThrow(/livelock/)
  })
})

describe('addresses that move', () => {
  it('applies the desired state after a while, tells each change, and routes to the holder', () => {
    const { universe, a, b } = pair()
    listen(b)
    const applied: unknown[] = []
    b.host.apply(floating(7, '10.0.1.100'), (event) => applied.push(event))
    expect(connectNow(universe, a, '10.0.1.100')).toBe('timeout')
    expect(applied).toEqual([{ type: 'applied', id: 7 }])
    expect(universe.holderOf('10.0.1.100')).toBe('b')
    expect(b.host.applied.id).toBe(7)
    b.host.apply(floating(8), () => {})
    universe.run(universe.now + SECOND)
    expect(universe.events.map((event) => [event.type, 'present' in event && event.present, event.at])).toEqual([
      ['address', true, 5_000],
      ['address', false, universe.now - SECOND + 5_000],
    ])
    expect(universe.holderOf('10.0.1.100')).toBeUndefined()
    expect(b.host.interfaces()).toEqual([{ name: 'eth0', addresses: ['10.0.1.11/24'] }])
  })

  /** The SYN that is lost before the address is there is sent again: the attempt is late, not lost. */
  function connectNow(universe: VirtualUniverse, from: VirtualWorld, address: string): string {
    const early = connect(from, address)
    universe.run(universe.now + 900 * MILLISECOND)
    expect(early.tape).toEqual([])
    universe.run(universe.now + 200 * MILLISECOND)
    expect(early.tape.map(({ type }) => type)).toEqual(['connected'])
    const nobody = connect(from, '10.0.1.99')
    universe.run(universe.now + 6 * SECOND)
    const end = nobody.tape[0]
    return end?.type === 'failed' ? end.reason : 'connected'
  }

  it('refuses an address on an interface that is not there', () => {
    const { universe, b } = pair()
    const answers: unknown[] = []
    b.host.apply({ ...floating(1), addresses: [{ address: '10.0.1.100', interface: 'eth9' }] }, (event) => answers.push(event))
    universe.run(SECOND)
    expect(answers).toEqual([{ type: 'failed', id: 1, detail: '10.0.1.100: b has no interface eth9' }])
  })

  it('gives the traffic of an address with two holders to the one that announced last', () => {
    const { universe, a, b } = pair()
    const c = universe.createWorld({ name: 'c', addresses: ['10.0.1.12/24'] })
    listen(b)
    listen(c)
    b.host.apply(floating(1, '10.0.1.100'), () => {})
    universe.run(SECOND)
    const { tape, connection } = connect(a, '10.0.1.100')
    universe.run(2 * SECOND)
    c.host.apply(floating(1, '10.0.1.100'), () => {})
    universe.run(3 * SECOND)
    expect(universe.holderOf('10.0.1.100')).toBe('b')
    c.host.announce('10.0.1.100', 'eth0', 3, 200 * MILLISECOND)
    universe.run(4 * SECOND)
    expect(universe.holderOf('10.0.1.100')).toBe('c')
    expect(universe.events.filter(({ type }) => type === 'gratuitous-arp')).toEqual([
      { type: 'gratuitous-arp', device: 'c', address: '10.0.1.100', count: 3, at: 3 * SECOND },
    ])
    // The sender's next words reach the new holder, which knows nothing of them.
    connection.send(Uint8Array.of(1))
    universe.run(5 * SECOND)
    expect(tape.at(-1)).toEqual({ type: 'closed', reason: 'reset' })
    c.host.apply(floating(2), () => {})
    universe.run(6 * SECOND)
    expect(universe.holderOf('10.0.1.100')).toBe('b')
  })

  it('leaves both ends unaware when an address goes before its connection does', () => {
    const { universe, a, b } = pair()
    listen(a)
    b.host.apply(floating(1, '10.0.1.100'), () => {})
    universe.run(SECOND)
    const { tape, connection } = connect(b, '10.0.1.10', '10.0.1.100')
    universe.run(2 * SECOND)
    expect(tape.map(({ type }) => type)).toEqual(['connected'])
    b.host.apply(floating(2), () => {})
    universe.run(3 * SECOND)
    connection.send(Uint8Array.of(1))
    universe.run(100 * SECOND)
    expect(tape.length).toBe(1)
    expect(connection.queued).toBe(1)
    expect(universe.events.filter(({ type }) => type === 'log')).toEqual([])
  })
})

describe('flow control', () => {
  /** A connection to a receiver that pauses with its buffer full, and 1000 bytes that wait for it. */
  function blocked() {
    const { universe, a, b } = pair({ receiveBuffer: 1_000 })
    let got = 0
    let server: Connection | undefined
    b.transport.listen({ address: '10.0.1.11', port: 179 }, (event) => {
      if (event.type !== 'connection') return
      server = event.accept((more) => {
        if (more.type === 'data') got += more.data.length
      })
      server.pause()
    })
    const { connection } = connect(a, '10.0.1.11')
    for (let i = 0; i < 20; i++) connection.send(new Uint8Array(100))
    universe.run(500 * MILLISECOND)
    expect([got, connection.queued]).toEqual([0, 1_000])
    return { universe, server: server!, connection, got: () => got }
  }

  it('goes on at once when the receiver resumes', () => {
    const { universe, server, got } = blocked()
    server.resume()
    universe.run(universe.now + 2 * MILLISECOND)
    expect(got()).toBe(2_000)
  })

  it('goes on although the news of the resuming was lost', () => {
    const { universe, server, got } = blocked()
    universe.cut('b')
    server.resume()
    universe.run(universe.now + 100 * MILLISECOND)
    universe.heal('b')
    universe.run(universe.now + 5 * SECOND)
    expect(got()).toBe(2_000)
  })

  it('keeps the order of segments whatever their delays, so that nothing is sent twice', () => {
    const { universe, a, b } = pair({ jitter: 5_000 })
    let last = 0
    b.transport.listen({ address: '10.0.1.11', port: 179 }, (event) => {
      if (event.type !== 'connection') return
      event.accept(() => {
        last = universe.now
      })
    })
    const { connection } = connect(a, '10.0.1.11')
    universe.run(100 * MILLISECOND)
    for (let i = 0; i < 50; i++) connection.send(Uint8Array.of(i))
    universe.run(10 * SECOND)
    // The least retransmission time-out is 200 ms.
    expect(last).toBeGreaterThan(100 * MILLISECOND)
    expect(last).toBeLessThan(110 * MILLISECOND)
  })
})

describe('power and links', () => {
  it('says nothing for a machine that lost power; the sender gives up after the retransmission limit', () => {
    const { universe, a, b } = pair()
    listen(b)
    const idle = connect(a, '10.0.1.11')
    const busy = connect(a, '10.0.1.11')
    universe.run(SECOND)
    const before = universe.events.length
    universe.powerOff('b')
    busy.connection.send(Uint8Array.of(1))
    universe.run(900 * SECOND)
    expect(b.ended).toBe(true)
    expect([idle.tape.length, busy.tape.length, universe.events.length]).toEqual([1, 1, before])
    universe.run(1_000 * SECOND)
    expect(busy.tape.at(-1)).toEqual({ type: 'closed', reason: 'timeout' })
    expect(idle.tape.length).toBe(1)
  })

  it('resets the old connection when the machine is back, and takes a new one', () => {
    const { universe, a, b } = pair()
    listen(b)
    const { tape, connection } = connect(a, '10.0.1.11')
    universe.run(SECOND)
    universe.powerOff('b')
    universe.run(2 * SECOND)
    const again = universe.createWorld({ name: 'b', addresses: ['10.0.1.11/24'] })
    expect(again.host.applied.addresses).toEqual([])
    connection.send(Uint8Array.of(1))
    universe.run(3 * SECOND)
    expect(tape.at(-1)).toEqual({ type: 'closed', reason: 'reset' })
    listen(again)
    const next = connect(a, '10.0.1.11')
    universe.run(4 * SECOND)
    expect(next.tape.at(-1)?.type).toBe('connected')
  })

  it('keeps what was said while a link was cut, and delivers it once, in order, when it heals', () => {
    const { universe, a, b } = pair()
    const heard: number[] = []
    b.transport.listen({ address: '10.0.1.11', port: 179 }, (event) => {
      if (event.type !== 'connection') return
      const connection = event.accept((more) => {
        if (more.type !== 'data') return
        heard.push(...more.data)
        connection.send(more.data)
      })
    })
    const { tape, connection } = connect(a, '10.0.1.11')
    universe.run(SECOND)
    // The third is on its way when the link goes.
    for (let i = 0; i < 10; i++) universe.at(SECOND + i * 100, () => connection.send(Uint8Array.of(i)))
    universe.at(SECOND + 450, () => universe.cut('b'))
    universe.run(3 * SECOND)
    expect(heard.length).toBeLessThan(10)
    universe.heal('b')
    universe.run(10 * SECOND)
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const echoed = tape.flatMap((event) => (event.type === 'data' ? [...event.data] : []))
    expect(echoed).toEqual(heard)
    expect(universe.pending).toBe(0)
  })

  it('lets a machine whose links are cut talk to itself only', () => {
    const { universe, a, b } = pair()
    listen(a)
    listen(b)
    universe.cut('a')
    const inside = connect(a, '10.0.1.10')
    const loopback = connect(a, '127.0.0.1')
    const outside = connect(a, '10.0.1.11')
    const fromOutside = connect(b, '10.0.1.10')
    universe.run(6 * SECOND)
    expect(inside.tape[0]?.type).toBe('connected')
    expect(loopback.tape[0]?.type).toBe('connected')
    expect(outside.tape).toMatchObject([{ type: 'failed', reason: 'timeout' }])
    expect(fromOutside.tape).toMatchObject([{ type: 'failed', reason: 'timeout' }])
  })

  it('parts two machines from each other only, until they are rejoined', () => {
    const { universe, a, b } = pair()
    const c = universe.createWorld({ name: 'c', addresses: ['10.0.1.12/24'] })
    listen(a)
    listen(b)
    universe.part('a', 'b')
    const apart = [connect(a, '10.0.1.11'), connect(b, '10.0.1.10')]
    const others = [connect(c, '10.0.1.10'), connect(c, '10.0.1.11')]
    universe.run(6 * SECOND)
    expect(apart.map(({ tape }) => tape[0])).toMatchObject([{ reason: 'timeout' }, { reason: 'timeout' }])
    expect(others.map(({ tape }) => tape[0]?.type)).toEqual(['connected', 'connected'])
    universe.rejoin('b', 'a')
    const again = connect(a, '10.0.1.11')
    universe.run(7 * SECOND)
    expect(again.tape[0]?.type).toBe('connected')
  })

  it('leaves the addresses of a killed process on its machine, for the next one to reconcile', () => {
    const { universe, a } = pair()
    a.host.apply(floating(1, '10.0.1.100', '10.0.1.101'), () => {})
    universe.run(SECOND)
    a.end()
    expect(universe.holderOf('10.0.1.100')).toBe('a')
    expect(() => universe.createWorld({ name: 'b', addresses: [] })).toThrow(/b is running/)
    const next = universe.createWorld({ name: 'a', addresses: ['10.0.1.10/24'] })
    next.host.apply(floating(1, '10.0.1.101'), () => {})
    universe.run(2 * SECOND)
    expect([universe.holderOf('10.0.1.100'), universe.holderOf('10.0.1.101')]).toEqual([undefined, 'a'])
  })
})
