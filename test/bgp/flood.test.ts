/** What a peer can make a real process hold: floods over real sockets, with the heap measured after a collection. */
import { connect, createServer, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { Speaker } from '../../src/bgp/index.ts'
import { encodeMessage, type Message } from '../../src/bgp/wire/index.ts'
import { ipv4 } from '../../src/net/index.ts'
import type { World } from '../../src/world/index.ts'
import { createRealWorld } from '../../src/world/real/index.ts'
import { KEEPALIVE, OPEN, update } from './raw-peer.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const CONTEXT = { fourOctetAs: true, addPath: false }
const OURS = '127.0.0.61'
const THEIRS = '127.0.0.62'
const MEGABYTE = 1024 * 1024

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function worldOf(): World {
  const world = createRealWorld({ name: 'node', emit: () => {} })
  ends.push(() => world.end())
  return world
}

/** What objects take after a collection, in bytes. Chunks that were read lie outside of it, and Node gives them back in its own time. */
function held(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const bytes = (...messages: Message[]) => Buffer.concat(messages.map((message) => encodeMessage(message, CONTEXT)))

/** Prefixes announced, then withdrawn, with attributes that are never the same twice. */
function round(number: number): Buffer {
  const nlri = Array.from({ length: 800 }, (_, i) => ({ address: ipv4('20.0.0.0') + i * 7, length: 32, pathId: 0 }))
  const announced = { ...update([65002, 1 + (number % 60_000), 1 + ((number * 7) % 60_000)]), nlri }
  return bytes(announced, { ...announced, attributes: [], nlri: [], withdrawn: nlri })
}

test('a peer that sends without end: as much as the wire carries, and nothing of it stays', {
  timeout: 60_000,
}, async () => {
  let peer: Socket | undefined
  let sent = 0
  const server = createServer((socket) => {
    peer = socket
    socket.on('error', () => {})
    socket.on('data', () => {})
    socket.write(bytes(OPEN, KEEPALIVE))
  })
  ends.push(
    () => server.close(),
    () => peer?.destroy(),
  )
  const { promise: listening, resolve } = Promise.withResolvers<void>()
  server.listen(0, THEIRS, resolve)
  await listening
  const { port } = server.address() as { port: number }

  const up = Promise.withResolvers<void>()
  let received = 0
  const speaker = new Speaker(
    worldOf(),
    { localAddress: OURS, localAsn: 65001, peers: [{ peerAddress: THEIRS, peerAsn: 65002, port }] },
    (event) => {
      if (event.type === 'established') up.resolve()
      if (event.type === 'update-received') received++
    },
  )
  await up.promise

  const flood = async (milliseconds: number) => {
    const until = performance.now() + milliseconds
    while (performance.now() < until) {
      const more = round(sent++)
      if (peer?.write(more) === false) await new Promise((drained) => peer?.once('drain', drained))
    }
  }
  await flood(300)
  const before = held()
  let most = 0
  for (let i = 0; i < 4; i++) {
    await flood(400)
    most = Math.max(most, held() - before)
  }
  expect(received).toBeGreaterThan(200)
  expect(speaker.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1 })
  expect(most).toBeLessThan(8 * MEGABYTE)
  expect(process.memoryUsage().external).toBeLessThan(256 * MEGABYTE)
})

test('a thousand connections at once, from the peer and from strangers: two stay, and what they cost is given back', {
  timeout: 60_000,
}, async () => {
  const listening = Promise.withResolvers<number>()
  const speaker = new Speaker(
    worldOf(),
    { localAddress: OURS, localAsn: 65001, listen: { port: 0 }, peers: [{ peerAddress: THEIRS, peerAsn: 65002, passive: true }] },
    (event) => {
      if (event.type === 'listening') listening.resolve(event.port)
    },
  )
  const port = await listening.promise
  const flood = async (localAddress: string): Promise<number> => {
    const sockets: Socket[] = []
    let closed = 0
    let told = () => {}
    for (let i = 0; i < 1000; i++) {
      const socket = connect({ host: OURS, port, localAddress })
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', () => {})
      socket.on('close', () => {
        closed++
        told()
      })
    }
    const limit = performance.now() + 20_000
    while (closed < 998 && performance.now() < limit) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, 200)
      told = resolve
      await promise
      clearTimeout(timer)
    }
    const open = sockets.length - closed
    for (const socket of sockets) socket.destroy()
    return open
  }
  expect(await flood(THEIRS)).toBeLessThanOrEqual(2)
  expect(await flood('127.0.0.63')).toBeLessThanOrEqual(2)
  const before = held()
  expect(await flood(THEIRS)).toBeLessThanOrEqual(2)
  expect(await flood('127.0.0.63')).toBeLessThanOrEqual(2)
  expect(held() - before).toBeLessThan(4 * MEGABYTE)
  expect(speaker.peers()[0]?.state).not.toBe('Established')
})
