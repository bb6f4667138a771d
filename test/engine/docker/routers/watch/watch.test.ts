import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TableReading } from '../../../../../src/engine/docker/routers/driver.ts'
import { TableWatch } from '../../../../../src/engine/docker/routers/watch/tables.ts'
import { SessionMemory } from '../../../../../src/engine/session-memory.ts'
import type { LabEvent, Route, RoutePath } from '../../../../../src/model/index.ts'
import { establishedSession as session } from '../../../../session.ts'

const path = (nextHop: string): RoutePath => ({ nextHop, from: '10.0.1.100', asPath: [65001], valid: true, best: false, multipath: true })
const route = (...hops: string[]): Route => ({ device: 'tor1', prefix: '10.0.0.1/32', paths: hops.map(path) })

describe('what is remembered of sessions', () => {
  const down = session({ state: 'Active', addPath: { receive: false, send: false } })

  it('is told once, and again when one goes down and comes up', () => {
    const memory = new SessionMemory('tor1')
    expect(memory.take([session()], 10)).toMatchObject([{ type: 'session', session: { since: 10 } }])
    expect(memory.take([session({ prefixesReceived: 7 })], 20)).toEqual([])
    expect(memory.take([down], 30)).toMatchObject([{ session: { state: 'Active', since: 30 } }])
    expect(memory.take([{ ...down, state: 'Connect' }], 40)).toEqual([])
    expect(memory.take([session({ establishedCount: 2 })], 50)).toMatchObject([{ session: { since: 50, establishedCount: 2 } }])
  })

  it('is told when a session was set up again between two readings', () => {
    const memory = new SessionMemory('tor1')
    memory.take([session()], 10)
    expect(memory.take([session({ establishedCount: 2 })], 20)).toMatchObject([{ session: { since: 20 } }])
  })

  it('is told when a session is removed', () => {
    const memory = new SessionMemory('tor1')
    memory.take([session()], 10)
    expect(memory.take([], 20)).toEqual([{ type: 'session-removed', device: 'tor1', localAddress: '10.8.0.10', peerAddress: '10.0.1.100' }])
  })
})

describe('the watch over tables', () => {
  let now = 0
  let table: TableReading
  let reads = 0
  let events: LabEvent[]
  let watch: TableWatch

  beforeEach(() => {
    vi.useFakeTimers()
    now = 0
    reads = 0
    events = []
    table = { sessions: [session()], routes: [route('10.0.1.11')] }
    watch = new TableWatch({
      device: 'tor1',
      settleMillis: 60,
      now: () => Date.now() * 1000 + now++,
      emit: (event, at = 0) => events.push({ ...event, at }),
      read: async () => {
        reads++
        return table
      },
    })
  })

  afterEach(() => {
    watch.stop()
    vi.useRealTimers()
  })

  const settle = async () => {
    watch.wake()
    await vi.advanceTimersByTimeAsync(1000)
  }
  const routes = () => events.filter((event) => event.type === 'route').map((event) => event.route.paths.map((one) => one.nextHop).join())

  it('reads until two agree, looks once more, and then is quiet', async () => {
    watch.wake()
    await vi.advanceTimersByTimeAsync(200)
    expect(reads).toBe(2)
    expect(routes()).toEqual(['10.0.1.11'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(reads).toBe(3)
  })

  it('finds by its late look what a busy daemon chose late', async () => {
    watch.wake()
    await vi.advanceTimersByTimeAsync(200)
    table = { ...table, routes: [route('10.0.1.12')] }
    await vi.advanceTimersByTimeAsync(1000)
    expect(routes()).toEqual(['10.0.1.11', '10.0.1.12'])
    expect(events.filter((event) => event.type === 'missed-event')).toEqual([])
  })

  it('tells nothing that did not change, and an empty route when one is gone', async () => {
    await settle()
    await settle()
    expect(routes()).toEqual(['10.0.1.11'])
    table = { ...table, routes: [] }
    await settle()
    expect(routes()).toEqual(['10.0.1.11', ''])
  })

  it('does not tell a table that is still moving, and stamps the first reading of the two that agree', async () => {
    await settle()
    table = { ...table, routes: [route('10.0.1.12')] }
    watch.wake()
    await vi.advanceTimersByTimeAsync(30)
    table = { ...table, routes: [route('10.0.1.12', '10.0.1.13')] }
    const moved = Date.now() * 1000
    await vi.advanceTimersByTimeAsync(1000)
    expect(routes()).toEqual(['10.0.1.11', '10.0.1.12,10.0.1.13'])
    const told = events.filter((event) => event.type === 'route').at(-1)!
    expect(told.at).toBeGreaterThan(moved)
    expect(told.at).toBeLessThan(moved + 50_000)
  })

  it('tells sessions at once', async () => {
    await settle()
    table = { ...table, sessions: [session({ state: 'Idle', addPath: { receive: false, send: false } })] }
    watch.wake()
    await vi.advanceTimersByTimeAsync(1)
    expect(events.at(-1)).toMatchObject({ type: 'session', session: { state: 'Idle' } })
  })

  it('tells a table that never rests after a while', async () => {
    await settle()
    const storm = setInterval(() => {
      table = { ...table, routes: [route(`10.0.1.${(reads % 200) + 20}`)] }
      watch.wake()
    }, 20)
    await vi.advanceTimersByTimeAsync(1000)
    clearInterval(storm)
    expect(routes().length).toBeGreaterThan(2)
  })

  it('calls a change missed only when two audits find it, with no wake-up between', async () => {
    await settle()
    table = { ...table, routes: [route('10.0.1.99')] }
    await watch.audit()
    expect(events.filter((event) => event.type === 'missed-event')).toEqual([])
    await watch.audit()
    expect(events.filter((event) => event.type === 'missed-event')).toHaveLength(1)
    expect(routes().at(-1)).toBe('10.0.1.99')
    await watch.audit()
    await watch.audit()
    expect(events.filter((event) => event.type === 'missed-event')).toHaveLength(1)
  })

  it('does not call missed that the reason of a session that is down is another', async () => {
    const down = session({ state: 'Active', reason: 'hold timer expired', addPath: { receive: false, send: false } })
    table = { ...table, sessions: [down] }
    await settle()
    table = { ...table, sessions: [{ ...down, reason: 'waiting for peer OPEN' }] }
    await watch.audit()
    await watch.audit()
    expect(events.filter((event) => event.type === 'missed-event')).toEqual([])
  })

  it('does not call missed what a wake-up explains', async () => {
    await settle()
    table = { ...table, routes: [route('10.0.1.99')] }
    await watch.audit()
    await settle()
    await watch.audit()
    expect(events.filter((event) => event.type === 'missed-event')).toEqual([])
  })

  it('reads again for a wake-up that came during its late look', async () => {
    let release: (() => void) | undefined
    const slow = new TableWatch({
      device: 'tor1',
      settleMillis: 60,
      now: () => Date.now() * 1000,
      emit: (event, at = 0) => events.push({ ...event, at }),
      read: async () => {
        const reading = table
        if (++reads === 3) await new Promise<void>((resolve) => (release = resolve))
        return reading
      },
    })
    slow.wake()
    await vi.advanceTimersByTimeAsync(600)
    table = { ...table, routes: [route('10.0.1.12')] }
    slow.wake()
    release?.()
    await vi.advanceTimersByTimeAsync(200)
    expect(routes()).toEqual(['10.0.1.11', '10.0.1.12'])
    slow.stop()
  })

  it('answers a fresh reading once the tables rest, and under a storm after a while', async () => {
    watch.wake()
    table = { ...table, routes: [route('10.0.1.12')] }
    const fresh = watch.fresh()
    await vi.advanceTimersByTimeAsync(500)
    expect((await fresh).routes).toEqual([route('10.0.1.12')])
    const storm = setInterval(() => watch.wake(), 10)
    let answered = false
    void watch.fresh().then(() => {
      answered = true
    })
    await vi.advanceTimersByTimeAsync(1000)
    clearInterval(storm)
    expect(answered).toBe(true)
  })

  it('says so when reading fails', async () => {
    watch.stop()
    const failing = new TableWatch({
      device: 'tor1',
      settleMillis: 60,
      now: () => 0,
      emit: (event, at = 0) => events.push({ ...event, at }),
      read: () => Promise.reject(new Error('no answer')),
    })
    failing.wake()
    await vi.advanceTimersByTimeAsync(100)
    expect(events).toMatchObject([{ type: 'log', level: 'error', message: 'reading the router failed: no answer' }])
  })
})
