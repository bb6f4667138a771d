import { expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../src/model/index.ts'
import type { Connection, ConnectionEvent, Endpoint, Listener, ListenerEvent, World } from '../../src/world/index.ts'
import { Tape, type WorldHarness } from './harness.ts'

/** What every Transport does. */
export function connectionContract(harness: () => WorldHarness): void {
  it('connects, tells both ends their addresses, and carries bytes both ways in order', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    expect(client.tape.find('connected')?.remote).toEqual(server.local)
    expect(client.tape.find('connected')?.local).toEqual(server.remote)
    for (let i = 0; i < 100; i++) client.connection.send(Uint8Array.of(i))
    server.connection.send(text('hello'))
    await h.until(() => bytes(server.tape).length === 100 && bytes(client.tape).length === 5, 'all bytes')
    expect([...bytes(server.tape)]).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(new TextDecoder().decode(bytes(client.tape))).toBe('hello')
  })

  it('never calls a sink before the request has returned', async () => {
    const h = harness()
    const { world, address } = h.device()
    let returned = false
    const early: string[] = []
    const note = (event: { type: string }): void => {
      if (!returned) early.push(event.type)
      h.woken()
    }
    world.transport.listen({ address, port: 0 }, note)
    world.transport.listen({ address: '203.0.113.9', port: 7 }, note)
    world.transport.connect({ remote: { address, port: 9 }, timeout: SECOND }, note)
    world.transport.connect({ remote: { address, port: 9 }, localAddress: '203.0.113.9', timeout: SECOND }, note)
    returned = true
    await h.pass(50 * MILLISECOND)
    expect(early).toEqual([])
  })

  it('is refused where nobody listens', async () => {
    const h = harness()
    const { world } = h.device()
    const other = h.device()
    const tape = new Tape<ConnectionEvent>(h)
    world.transport.connect({ remote: { address: other.address, port: 9 }, timeout: 5 * SECOND }, tape.sink)
    await h.until(() => tape.all.length > 0, 'an answer')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'refused' }])
  })

  it('times out where nobody answers, not before and not much after its time', async () => {
    const h = harness()
    const { world } = h.device()
    const remote = await h.noAnswer()
    const tape = new Tape<ConnectionEvent>(h)
    const begin = world.clock.now()
    world.transport.connect({ remote, timeout: 300 * MILLISECOND }, tape.sink)
    await h.until(() => tape.all.length > 0, 'the time-out')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'timeout' }])
    expect(world.clock.now() - begin).toBeGreaterThanOrEqual(300 * MILLISECOND)
    expect(world.clock.now() - begin).toBeLessThan(2 * SECOND)
  })

  it('says unreachable where there is no way', async () => {
    const h = harness()
    const { world, endpoint } = await h.unreachable()
    const tape = new Tape<ConnectionEvent>(h)
    world.transport.connect({ remote: endpoint, timeout: 10 * SECOND }, tape.sink)
    await h.until(() => tape.all.length > 0, 'a failure', 10 * SECOND)
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'unreachable' }])
  })

  it('refuses to connect from, or to listen on, an address that the host does not hold', async () => {
    const h = harness()
    const { world, address } = h.device()
    const tape = new Tape<ConnectionEvent | ListenerEvent>(h)
    world.transport.connect({ remote: { address, port: 9 }, localAddress: '203.0.113.9', timeout: SECOND }, tape.sink)
    await h.until(() => tape.all.length === 1, 'the first failure')
    world.transport.listen({ address: '203.0.113.9', port: 0 }, tape.sink)
    await h.until(() => tape.all.length === 2, 'the second failure')
    expect(tape.all).toMatchObject([
      { type: 'failed', reason: 'address-not-local' },
      { type: 'failed', reason: 'address-not-local' },
    ])
  })

  it('says when a port is taken', async () => {
    const h = harness()
    const { world, address } = h.device()
    const first = await listening(h, world, address)
    const tape = new Tape<ListenerEvent>(h)
    world.transport.listen(first.local, tape.sink)
    await h.until(() => tape.all.length > 0, 'a failure')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'address-in-use' }])
  })

  it('connects from the local address that was asked for', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    expect(client.tape.find('connected')?.local.address).toBe(client.address)
    expect(server.remote.address).toBe(client.address)
  })

  it('resets a connection that the listener does not accept in its event', async () => {
    const h = harness()
    const server = h.device()
    const tape = new Tape<ListenerEvent>(h)
    server.world.transport.listen({ address: server.address, port: 0 }, tape.sink)
    await h.until(() => tape.find('listening') !== undefined, 'listening')
    const client = new Tape<ConnectionEvent>(h)
    h.device().world.transport.connect({ remote: tape.find('listening')!.local, timeout: 5 * SECOND }, client.sink)
    await h.until(() => client.find('closed') !== undefined || client.find('failed') !== undefined, 'the reset')
    // A kernel that has the RST before the program heard of the connection reports a failed attempt.
    const last = client.all.at(-1)
    if (last?.type === 'failed') expect(client.all).toMatchObject([{ type: 'failed', reason: 'refused' }])
    else expect(last).toEqual({ type: 'closed', reason: 'reset' })
  })

  it('tells FIN from RST, delivers what came before FIN, and says nothing to the one who ended it', async () => {
    const h = harness()
    const fin = await joined(h)
    fin.client.connection.send(text('last words'))
    fin.client.connection.close()
    await h.until(() => fin.server.tape.find('closed') !== undefined, 'FIN')
    expect(fin.server.tape.types.at(-1)).toBe('closed')
    expect(fin.server.tape.find('closed')?.reason).toBe('closed')
    expect(new TextDecoder().decode(bytes(fin.server.tape))).toBe('last words')

    const rst = await joined(h)
    rst.server.connection.abort()
    await h.until(() => rst.client.tape.find('closed') !== undefined, 'RST')
    expect(rst.client.tape.find('closed')?.reason).toBe('reset')

    await h.pass(50 * MILLISECOND)
    expect(fin.client.tape.types).toEqual(['connected'])
    expect(rst.server.tape.types).toEqual([])
  })

  it('still delivers the last words of an end that closes while bytes for it are on their way', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    server.connection.pause()
    client.connection.send(text('not read any more'))
    await h.pass(20 * MILLISECOND)
    server.connection.send(text('goodbye'))
    server.connection.close()
    await h.until(() => client.tape.find('closed') !== undefined, 'the end')
    expect(new TextDecoder().decode(bytes(client.tape))).toBe('goodbye')
    expect(client.tape.find('closed')?.reason).toBe('closed')
  })

  it('ignores what is sent on an ended connection', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    client.connection.close()
    client.connection.send(text('too late'))
    client.connection.close()
    client.connection.abort()
    await h.until(() => server.tape.find('closed') !== undefined, 'the end')
    expect(bytes(server.tape).length).toBe(0)
  })

  it('holds a sender back while its receiver pauses, and drains after it resumes', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    server.connection.pause()
    const chunk = 16_384
    let sent = 0
    for (let round = 0; round < 4_000; round++) {
      const free = client.connection.send(new Uint8Array(chunk))
      sent += chunk
      if (!free) break
    }
    expect(client.connection.queued).toBeGreaterThan(0)
    await h.pass(100 * MILLISECOND)
    expect(server.tape.types).not.toContain('data')
    // However much the kernels take, in the end the receiver's pause reaches the sender.
    for (let round = 0; round < 2_000 && !(await stuck(h, client.connection)); round++) {
      for (let i = 0; i < 32; i++) {
        client.connection.send(new Uint8Array(chunk))
        sent += chunk
      }
    }
    const drains = client.tape.types.filter((type) => type === 'drain').length
    server.connection.resume()
    await h.until(() => total(server.tape) === sent, 'every byte', 20 * SECOND)
    await h.until(() => client.tape.types.filter((type) => type === 'drain').length > drains, 'drain')
    expect(client.connection.queued).toBe(0)
  })

  it('delivers FIN after the bytes that a paused receiver has not had yet', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    server.connection.pause()
    client.connection.send(text('before the end'))
    client.connection.close()
    await h.pass(50 * MILLISECOND)
    expect(server.tape.types).toEqual([])
    server.connection.resume()
    await h.until(() => server.tape.find('closed') !== undefined, 'the end')
    expect(server.tape.types).toEqual(['data', 'closed'])
  })

  it('stops listening: new connections are refused, open ones stay', async () => {
    const h = harness()
    const { client, server, listener } = await joined(h)
    listener.close()
    const tape = new Tape<ConnectionEvent>(h)
    await h.pass(10 * MILLISECOND)
    client.world.transport.connect({ remote: server.local, timeout: 5 * SECOND }, tape.sink)
    await h.until(() => tape.all.length > 0, 'an answer')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'refused' }])
    client.connection.send(text('still here'))
    await h.until(() => bytes(server.tape).length === 10, 'the bytes')
  })

  it('gives up an attempt without a word when it is closed or aborted first', async () => {
    const h = harness()
    const { world } = h.device()
    const remote = await h.noAnswer()
    const tape = new Tape<ConnectionEvent>(h)
    world.transport.connect({ remote, timeout: 100 * MILLISECOND }, tape.sink).close()
    world.transport.connect({ remote, timeout: 100 * MILLISECOND }, tape.sink).abort()
    await h.pass(250 * MILLISECOND)
    expect(tape.all).toEqual([])
  })

  it('hears nothing from a peer that lost power, and RST from the machine that takes its address', async () => {
    const h = harness()
    const { world, endpoint, powerOff, replace } = await h.silentPeer()
    const tape = new Tape<ConnectionEvent>(h)
    const connection = world.transport.connect({ remote: endpoint, timeout: 5 * SECOND }, tape.sink)
    await h.until(() => tape.find('connected') !== undefined, 'connected')
    await powerOff()
    connection.send(text('anyone there?'))
    await h.pass(700 * MILLISECOND)
    expect(tape.types).toEqual(['connected'])
    await replace()
    await h.until(() => tape.find('closed') !== undefined, 'the reset', 15 * SECOND)
    expect(tape.all.at(-1)).toEqual({ type: 'closed', reason: 'reset' })
  })

  it('ends a world: its peers get FIN, and no callback of it runs again', async () => {
    const h = harness()
    const { client, server } = await joined(h)
    let late = 0
    const { clock, transport } = server.world
    clock.timer('late', () => late++).start(10 * MILLISECOND)
    clock.yield(() => late++)
    transport.connect({ remote: { address: client.address, port: 9 }, timeout: SECOND }, () => late++)
    transport.listen({ address: server.local.address, port: 0 }, () => late++)
    client.connection.send(text('x'))
    server.world.end()
    const before = server.tape.all.length
    await h.until(() => client.tape.find('closed') !== undefined, 'FIN')
    const after = clock.timer('after the end', () => late++)
    after.start(0)
    await h.pass(50 * MILLISECOND)
    expect(client.tape.types.at(-1)).toBe('closed')
    expect(server.tape.all.length).toBe(before)
    expect(late).toBe(0)
    expect(after.running).toBe(false)
  })
}

/** A listener on `address` that keeps its events, and where it listens. */
async function listening(
  h: WorldHarness,
  world: World,
  address: string,
): Promise<{ local: Endpoint; listener: Listener; tape: Tape<ListenerEvent> }> {
  const tape = new Tape<ListenerEvent>(h)
  const listener = world.transport.listen({ address, port: 0 }, tape.sink)
  await h.until(() => tape.find('listening') !== undefined, 'listening')
  return { local: tape.find('listening')!.local, listener, tape }
}

interface End {
  readonly world: World
  readonly connection: Connection
  readonly tape: Tape<ConnectionEvent>
}

/** Two new devices with a connection between them. */
async function joined(h: WorldHarness): Promise<{
  client: End & { readonly address: string }
  server: End & { readonly local: Endpoint; readonly remote: Endpoint }
  listener: Listener
}> {
  const a = h.device()
  const b = h.device()
  const heard = new Tape<ListenerEvent>(h)
  let accepted: (End & { local: Endpoint; remote: Endpoint }) | undefined
  const listener = b.world.transport.listen({ address: b.address, port: 0 }, (event) => {
    if (event.type === 'connection') {
      const tape = new Tape<ConnectionEvent>(h)
      accepted = { world: b.world, tape, local: event.local, remote: event.remote, connection: event.accept(tape.sink) }
    }
    heard.sink(event)
  })
  await h.until(() => heard.find('listening') !== undefined, 'listening')
  const tape = new Tape<ConnectionEvent>(h)
  const remote = heard.find('listening')!.local
  const connection = a.world.transport.connect({ remote, localAddress: a.address, timeout: 5 * SECOND }, tape.sink)
  await h.until(() => accepted !== undefined && tape.find('connected') !== undefined, 'a connection')
  return { client: { ...a, connection, tape }, server: accepted!, listener }
}

/** Whether the sender's queue stands still: two looks, apart, find the same. */
async function stuck(h: WorldHarness, connection: Connection): Promise<boolean> {
  await h.pass(20 * MILLISECOND)
  const first = connection.queued
  if (first === 0) return false
  await h.pass(60 * MILLISECOND)
  return connection.queued === first
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function total(tape: Tape<ConnectionEvent>): number {
  return tape.all.reduce((sum, event) => sum + (event.type === 'data' ? event.data.length : 0), 0)
}

function bytes(tape: Tape<ConnectionEvent>): Uint8Array {
  const whole = new Uint8Array(total(tape))
  let at = 0
  for (const event of tape.all) {
    if (event.type !== 'data') continue
    whole.set(event.data, at)
    at += event.data.length
  }
  return whole
}
