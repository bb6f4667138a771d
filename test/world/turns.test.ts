import { expect, test } from 'vitest'
import { SECOND } from '../../src/model/index.ts'
import type { Connection, ConnectionEvent } from '../../src/world/index.ts'
import { createRealWorld } from '../../src/world/real/index.ts'

test('a peer that sends without end gets 64 kB in before everything else has had its turn', async () => {
  const world = createRealWorld({ name: 'turns', emit: () => {} })
  try {
    const total = 8 << 20
    const accepted = Promise.withResolvers<Connection>()
    const all = Promise.withResolvers<void>()
    let received = 0
    let turn = 0
    const inTurn = new Map<number, number>()
    const count = (event: ConnectionEvent) => {
      if (event.type !== 'data') return
      received += event.data.length
      inTurn.set(turn, (inTurn.get(turn) ?? 0) + event.data.length)
      // Node reads on for as long as something is there.
      for (const until = performance.now() + 0.2; performance.now() < until; );
      if (received === total) all.resolve()
    }
    const listening = Promise.withResolvers<number>()
    world.transport.listen({ address: '127.0.0.1', port: 0 }, (event) => {
      if (event.type === 'listening') listening.resolve(event.local.port)
      else if (event.type === 'connection') accepted.resolve(event.accept(count))
    })
    const remote = { address: '127.0.0.1', port: await listening.promise }
    const client = world.transport.connect({ remote, timeout: 5 * SECOND }, () => {})
    const receiver = await accepted.promise
    receiver.pause()
    client.send(new Uint8Array(total))
    const tick = () => {
      turn++
      if (received < total) setImmediate(tick)
    }
    setImmediate(tick)
    receiver.resume()
    await all.promise
    // A chunk that Node had read already when it was held may come along with the next.
    expect(Math.max(...inTurn.values())).toBeLessThanOrEqual(128 * 1024)
  } finally {
    world.end()
  }
})
