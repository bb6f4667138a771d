import { expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../src/model/index.ts'
import type {
  CallEvent,
  CallRequest,
  ConnectionEvent,
  Endpoint,
  IncomingRequest,
  Listener,
  MessageStream,
  ServerEvent,
} from '../../src/world/index.ts'
import { type Device, Tape, type WorldHarness } from './harness.ts'

/** What every Calls does. */
export function callContract(harness: () => WorldHarness): void {
  it('carries a request and its reply', async () => {
    const h = harness()
    const { call, server } = await serving(h, (request) => request.reply(201, { got: request.body, at: request.path, by: request.method }))
    const tape = call({ method: 'POST', path: '/things?x=1', body: { name: 'a', n: [1, 2] } })
    await h.until(() => tape.all.length > 0, 'the reply')
    expect(tape.all).toEqual([{ type: 'reply', status: 201, body: { got: { name: 'a', n: [1, 2] }, at: '/things?x=1', by: 'POST' } }])
    expect(server.requests[0]?.remote.address).toBe(server.client.address)
  })

  it('carries a request without a body and an error status as a reply', async () => {
    const h = harness()
    const { call, server } = await serving(h, (request) => request.reply(404, { reason: 'NotFound' }))
    const tape = call({ method: 'GET', path: '/none' })
    await h.until(() => tape.all.length > 0, 'the reply')
    expect(tape.all).toEqual([{ type: 'reply', status: 404, body: { reason: 'NotFound' } }])
    expect(server.requests[0]?.body).toBeUndefined()
  })

  it('carries headers, by names in lower case, and says that a body is JSON unless told otherwise', async () => {
    const h = harness()
    const { call, server } = await serving(h, (request) => request.reply(200, null))
    const tapes = [
      call({ method: 'PATCH', path: '/a', body: {}, headers: { 'content-type': 'application/merge-patch+json', accept: 'text/x' } }),
      call({ method: 'PUT', path: '/b', body: {} }),
      call({ method: 'GET', path: '/c' }),
    ]
    await h.until(() => tapes.every((tape) => tape.all.length > 0), 'the replies')
    const headers = Object.fromEntries(server.requests.map((request) => [request.path, request.headers]))
    expect(headers['/a']).toMatchObject({ 'content-type': 'application/merge-patch+json', accept: 'text/x' })
    expect(headers['/b']).toMatchObject({ 'content-type': 'application/json' })
    expect(headers['/c']?.['content-type']).toBeUndefined()
  })

  it('answers with bytes to whoever can read them: to a request of ours they are malformed', async () => {
    const h = harness()
    const { call } = await serving(h, (request) => request.replyBytes(200, 'application/x-bytes', Uint8Array.of(0, 255, 10)))
    const tape = call({ method: 'GET', path: '/bytes' })
    await h.until(() => tape.all.length > 0, 'the failure')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'malformed', detail: expect.stringContaining('is not JSON') }])
  })

  it('complains to whoever speaks something else, and closes', async () => {
    const h = harness()
    const { server } = await serving(h, () => {})
    const tape = new Tape<ConnectionEvent>(h)
    const { transport } = server.client.world
    const connection = transport.connect({ remote: server.local, localAddress: server.client.address, timeout: 5 * SECOND }, tape.sink)
    await h.until(() => tape.find('connected') !== undefined, 'the connection')
    connection.send(new TextEncoder().encode('connect\n'))
    await h.until(() => tape.find('closed') !== undefined, 'the end')
    expect(tape.find('data')?.data.length).toBeGreaterThan(0)
    expect(server.requests).toEqual([])
  })

  it('carries bodies larger than any buffer', async () => {
    const h = harness()
    const { call } = await serving(h, (request) => request.reply(200, request.body))
    const body = { text: 'é'.repeat(300_000) }
    const tape = call({ method: 'PUT', path: '/large', body })
    await h.until(() => tape.all.length > 0, 'the reply')
    expect(tape.all).toEqual([{ type: 'reply', status: 200, body }])
  })

  it('answers in its own time, several at once', async () => {
    const h = harness()
    const { call, server } = await serving(h, () => {})
    const tapes = ['a', 'b', 'c'].map((name) => call({ method: 'GET', path: `/${name}` }))
    await h.until(() => server.requests.length === 3, 'three requests')
    for (const request of server.requests.toReversed()) request.reply(200, request.path)
    await h.until(() => tapes.every((tape) => tape.all.length === 1), 'three replies')
    expect(tapes.map((tape) => tape.all[0])).toEqual(['/a', '/b', '/c'].map((body) => ({ type: 'reply', status: 200, body })))
  })

  it('watches: messages as they come, however many, then the end', async () => {
    const h = harness()
    const { call, server } = await serving(h, (request) => {
      server.streams.push(request.stream(() => server.gone.push(request.path)))
    })
    const tape = call({ method: 'GET', path: '/watch', watch: true })
    await h.until(() => server.streams.length === 1, 'the watch')
    const stream = server.streams[0]!
    stream.send({ n: 0 })
    await h.until(() => tape.all.length === 1, 'the first message, alone')
    for (let n = 1; n < 50; n++) stream.send({ n, text: 'line\nbreak' })
    stream.end()
    stream.send({ n: 'after the end' })
    await h.until(() => tape.find('ended') !== undefined, 'the end')
    expect(tape.types).toEqual([...Array.from({ length: 50 }, () => 'message'), 'ended'])
    expect(tape.all[49]).toEqual({ type: 'message', body: { n: 49, text: 'line\nbreak' } })
    await h.pass(30 * MILLISECOND)
    expect(server.gone).toEqual([])
  })

  it('does not time a watch once its head has come', async () => {
    const h = harness()
    const { call, server } = await serving(h, (request) => {
      server.streams.push(request.stream(() => {}))
    })
    const tape = call({ method: 'GET', path: '/watch', watch: true, timeout: 200 * MILLISECOND })
    await h.until(() => server.streams.length === 1, 'the watch')
    await h.pass(400 * MILLISECOND)
    expect(tape.all).toEqual([])
    server.streams[0]!.send('late')
    await h.until(() => tape.all.length === 1, 'the message')
  })

  it('gives a watch that is refused its reply', async () => {
    const h = harness()
    const { call } = await serving(h, (request) => request.reply(410, { reason: 'Expired' }))
    const tape = call({ method: 'GET', path: '/watch', watch: true })
    await h.until(() => tape.all.length > 0, 'the reply')
    expect(tape.all).toEqual([{ type: 'reply', status: 410, body: { reason: 'Expired' } }])
  })

  it('tells the server that a watching client went away', async () => {
    const h = harness()
    const { server, start } = await serving(h, (request) => {
      server.streams.push(
        request.stream(() => {
          server.gone.push(request.path)
          h.woken()
        }),
      )
    })
    const { call, tape } = start({ method: 'GET', path: '/watch', watch: true })
    await h.until(() => server.streams.length === 1, 'the watch')
    server.streams[0]!.send(1)
    await h.until(() => tape.all.length === 1, 'a message')
    call.cancel()
    await h.until(() => server.gone.length === 1, 'the news')
    server.streams[0]!.send(2)
    server.streams[0]!.end()
    await h.pass(30 * MILLISECOND)
    expect(server.gone).toEqual(['/watch'])
    expect(tape.types).toEqual(['message'])
  })

  it('fails a watch whose server dies', async () => {
    const h = harness()
    const { call, server } = await serving(h, (request) => {
      server.streams.push(request.stream(() => {}))
    })
    const tape = call({ method: 'GET', path: '/watch', watch: true })
    await h.until(() => server.streams.length === 1, 'the watch')
    server.streams[0]!.send(1)
    await h.until(() => tape.all.length === 1, 'a message')
    server.device.world.end()
    await h.until(() => tape.all.length === 2, 'the failure')
    expect(tape.all[1]).toMatchObject({ type: 'failed', reason: 'closed' })
  })

  it('fails with the reason of its connection: refused, timed out, not local', async () => {
    const h = harness()
    const { world, address } = h.device()
    const silent = await h.noAnswer()
    const request = { method: 'GET', path: '/', timeout: 300 * MILLISECOND } as const
    const run = (more: Pick<CallRequest, 'server' | 'localAddress'>): Tape<CallEvent> => {
      const tape = new Tape<CallEvent>(h)
      world.calls.request({ ...request, ...more }, tape.sink)
      return tape
    }
    const tapes = [
      run({ server: { address, port: 9 } }),
      run({ server: silent }),
      run({ server: { address, port: 9 }, localAddress: '203.0.113.9' }),
    ]
    await h.until(() => tapes.every((tape) => tape.all.length > 0), 'three failures')
    expect(tapes.map((tape) => tape.all)).toMatchObject([
      [{ type: 'failed', reason: 'refused' }],
      [{ type: 'failed', reason: 'timeout' }],
      [{ type: 'failed', reason: 'address-not-local' }],
    ])
  })

  it('times out on a server that takes the request and says nothing', async () => {
    const h = harness()
    const { call, server } = await serving(h, () => {})
    const tape = call({ method: 'GET', path: '/slow', timeout: 200 * MILLISECOND })
    await h.until(() => tape.all.length > 0, 'the time-out')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'timeout' }])
    server.requests[0]!.reply(200, 'too late')
    await h.pass(30 * MILLISECOND)
    expect(tape.all.length).toBe(1)
  })

  it('says nothing after it was cancelled, or after its world has ended', async () => {
    const h = harness()
    const { start, server } = await serving(h, () => {})
    const first = start({ method: 'GET', path: '/cancelled' })
    const second = start({ method: 'GET', path: '/ended' })
    await h.until(() => server.requests.length === 2, 'the requests')
    first.call.cancel()
    server.client.world.end()
    for (const request of server.requests) request.reply(200, 'too late')
    await h.pass(50 * MILLISECOND)
    expect([first.tape.all, second.tape.all]).toEqual([[], []])
  })

  it('says why it cannot serve', async () => {
    const h = harness()
    const { server } = await serving(h, () => {})
    const tape = new Tape<ServerEvent>(h)
    server.device.world.calls.serve(server.local, tape.sink)
    await h.until(() => tape.all.length > 0, 'the failure')
    expect(tape.all).toMatchObject([{ type: 'failed', reason: 'address-in-use' }])
  })
}

interface Server {
  readonly device: Device
  readonly client: Device
  readonly local: Endpoint
  readonly listener: Listener
  readonly requests: IncomingRequest[]
  readonly streams: MessageStream[]
  readonly gone: string[]
}

type Asked = Pick<CallRequest, 'method' | 'path'> & Partial<CallRequest>

/** A server on a new device, and how to call it from another one. */
async function serving(h: WorldHarness, onRequest: (request: IncomingRequest) => void) {
  const device = h.device()
  const client = h.device()
  const heard = new Tape<ServerEvent>(h)
  const requests: IncomingRequest[] = []
  const listener = device.world.calls.serve({ address: device.address, port: 0 }, (event) => {
    if (event.type === 'request') {
      requests.push(event.request)
      onRequest(event.request)
    }
    heard.sink(event)
  })
  await h.until(() => heard.find('listening') !== undefined, 'the server')
  const local = heard.find('listening')!.local
  const server: Server = { device, client, local, listener, requests, streams: [], gone: [] }
  const start = (request: Asked) => {
    const tape = new Tape<CallEvent>(h)
    const call = client.world.calls.request({ server: local, localAddress: client.address, timeout: 5 * SECOND, ...request }, tape.sink)
    return { tape, call }
  }
  return { server, start, call: (request: Asked) => start(request).tape }
}
