import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../src/model/index.ts'
import type { CloseReason, Connection } from '../../src/world/index.ts'
import { VirtualUniverse } from '../../src/world/virtual/index.ts'

/** What may happen to a connection that both ends want to keep; each with the pause after it. */
const happening = fc.record({
  what: fc.constantFrom('send', 'answer', 'cut a', 'heal a', 'cut b', 'heal b', 'pause', 'resume'),
  size: fc.integer({ min: 1, max: 3_000 }),
  wait: fc.integer({ min: 0, max: 800 * MILLISECOND }),
})

it('delivers every byte once, in order, and then the end, whatever the links and the receiver did', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), fc.integer(), fc.integer({ min: 0, max: 2_000 }), (happenings, seed, jitter) => {
      const universe = new VirtualUniverse({ seed, jitter, sendBuffer: 4_000, receiveBuffer: 5_000 })
      const a = universe.createWorld({ name: 'a', addresses: ['10.0.0.1/24'] })
      const b = universe.createWorld({ name: 'b', addresses: ['10.0.0.2/24'] })
      const got: Record<'a' | 'b', number[]> = { a: [], b: [] }
      const sent: Record<'a' | 'b', number[]> = { a: [], b: [] }
      let server: Connection | undefined
      let ended: CloseReason | undefined
      b.transport.listen({ address: '10.0.0.2', port: 179 }, (event) => {
        if (event.type !== 'connection') return
        server = event.accept((more) => {
          if (more.type === 'data') got.b.push(...more.data)
          if (more.type === 'closed') ended = more.reason
        })
      })
      let connected = false
      const client = a.transport.connect({ remote: { address: '10.0.0.2', port: 179 }, timeout: 600 * SECOND }, (event) => {
        if (event.type === 'connected') connected = true
        if (event.type === 'data') got.a.push(...event.data)
      })
      expect(universe.runUntil(() => connected && server !== undefined, SECOND)).toBe(true)
      const put = (from: 'a' | 'b', connection: Connection, size: number): void => {
        const data = Uint8Array.from({ length: size }, (_, i) => (sent[from].length + i) & 255)
        sent[from].push(...data)
        connection.send(data)
      }
      for (const { what, size, wait } of happenings) {
        if (what === 'send') put('a', client, size)
        else if (what === 'answer') put('b', server!, size)
        else if (what === 'pause') server!.pause()
        else if (what === 'resume') server!.resume()
        else if (what.startsWith('cut')) universe.cut(what.slice(-1))
        else universe.heal(what.slice(-1))
        universe.run(universe.now + wait)
      }
      universe.heal('a')
      universe.heal('b')
      server!.resume()
      universe.runUntil(() => got.a.length === sent.b.length && got.b.length === sent.a.length, universe.now + 300 * SECOND)
      expect(got).toEqual({ a: sent.b, b: sent.a })
      client.close()
      universe.run(universe.now + 300 * SECOND)
      expect(ended).toBe('closed')
      expect(universe.pending).toBe(0)
    }),
    { numRuns: 200 },
  )
})
