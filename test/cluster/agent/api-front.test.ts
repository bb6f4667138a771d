import { describe, expect, it } from 'vitest'
import { ApiFront } from '../../../src/cluster/agent/api-front.ts'
import { SECOND } from '../../../src/model/index.ts'
import type { Connection, ConnectionEvent } from '../../../src/world/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'

const VIP = { address: '10.0.0.8', port: 443 }
const STORE = { address: '10.9.0.2', port: 6443 }

/** A store that keeps what it hears, a front before it, and a client that does likewise. */
function setUp(options: { store?: boolean } = {}) {
  const universe = new VirtualUniverse()
  const store = universe.createWorld({ name: 'admin', addresses: ['10.9.0.2/24'] })
  const nodeWorld = universe.createWorld({ name: 'node-01', addresses: ['10.0.1.10/24', '10.0.0.8/32'] })
  const client = universe.createWorld({ name: 'client', addresses: ['10.7.0.10/24'] })
  const atStore: { connection: Connection; from: string; events: ConnectionEvent[] }[] = []
  if (options.store !== false)
    store.transport.listen(STORE, (event) => {
      if (event.type !== 'connection') return
      const events: ConnectionEvent[] = []
      const connection = event.accept((each) => void events.push(each))
      atStore.push({ connection, from: event.remote.address, events })
    })
  const front = new ApiFront(nodeWorld, { listen: VIP, upstream: STORE, localAddress: '10.0.1.10', timeout: SECOND })
  let problem: string | undefined = 'not told'
  front.start((what) => {
    problem = what
  })
  universe.run(10_000)
  const call = () => {
    const events: ConnectionEvent[] = []
    const connection = client.transport.connect({ remote: VIP, timeout: SECOND }, (event) => void events.push(event))
    return { connection, events, types: () => events.map((event) => event.type) }
  }
  const run = (micros = 100_000) => universe.run(universe.now + micros)
  return { universe, front, call, run, atStore, problem: () => problem }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (events: readonly ConnectionEvent[]) =>
  events.map((event) => (event.type === 'data' ? new TextDecoder().decode(event.data) : '')).join('')

describe('the API’s front', () => {
  it('hands bytes on in both directions, from the node’s own address', () => {
    const { call, run, atStore, front, problem } = setUp()
    expect(problem()).toBeUndefined()
    const client = call()
    client.connection.send(bytes('GET /'))
    run()
    expect(atStore[0]!.from).toBe('10.0.1.10')
    expect(textOf(atStore[0]!.events)).toBe('GET /')
    atStore[0]!.connection.send(bytes('200'))
    run()
    expect(textOf(client.events)).toBe('200')
    expect(front.connections).toBe(1)
  })

  it('ends one side as the other ended: FIN for FIN, RST for RST, both ways', () => {
    const { call, run, atStore, front } = setUp()
    const ends = [
      [(client: Connection) => client.close(), 'store', 'closed'],
      [(client: Connection) => client.abort(), 'store', 'reset'],
      [(_: Connection, store: Connection) => store.close(), 'client', 'closed'],
      [(_: Connection, store: Connection) => store.abort(), 'client', 'reset'],
    ] as const
    for (const [end, where, reason] of ends) {
      const client = call()
      run()
      const store = atStore.at(-1)!
      end(client.connection, store.connection)
      run()
      expect((where === 'client' ? client : store).events.at(-1)).toEqual({ type: 'closed', reason })
      expect(front.connections).toBe(0)
    }
  })

  it('resets who asks while the store refuses', () => {
    const { call, run, front } = setUp({ store: false })
    const client = call()
    run()
    expect(client.events.at(-1)).toEqual({ type: 'closed', reason: 'reset' })
    expect(front.connections).toBe(0)
  })

  it('holds a fast store back while its client does not read', () => {
    const { call, run, atStore } = setUp()
    const client = call()
    run()
    client.connection.pause()
    const { connection, events } = atStore[0]!
    let sent = 0
    while (connection.send(new Uint8Array(8_192)) || sent < 40) {
      sent++
      run(2_000)
      if (sent > 200) break
    }
    expect(sent).toBeLessThan(200)
    expect(connection.queued).toBeGreaterThan(0)
    client.connection.resume()
    run(SECOND)
    expect(connection.queued).toBe(0)
    expect(events.some((event) => event.type === 'drain')).toBe(true)
  })

  it('refuses once it is stopped, ends what was open with FIN, and serves again after a start', () => {
    const { call, run, front } = setUp()
    const open = call()
    run()
    front.stop()
    const late = call()
    run()
    expect(open.events.at(-1)).toEqual({ type: 'closed', reason: 'closed' })
    expect(late.events).toMatchObject([{ type: 'failed', reason: 'refused' }])
    front.start(() => {})
    run()
    const again = call()
    run()
    expect(again.types()).toEqual(['connected'])
  })

  it('says why it cannot listen', () => {
    const universe = new VirtualUniverse()
    const world = universe.createWorld({ name: 'node-01', addresses: ['10.0.1.10/24'] })
    const front = new ApiFront(world, { listen: VIP, upstream: STORE, localAddress: '10.0.1.10', timeout: SECOND })
    let problem: string | undefined
    front.start((what) => {
      problem = what
    })
    universe.run(10_000)
    expect(problem).toContain('address-not-local')
    expect(front.serving).toBe(false)
  })
})
