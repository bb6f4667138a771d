import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ProgramStream } from '../../../src/engine/docker/stream.ts'
import type { LabEvent } from '../../../src/model/index.ts'

function frame(stream: 1 | 2, text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(8)
  head[0] = stream
  head.writeUInt32BE(payload.length, 4)
  return Buffer.concat([head, payload])
}

function make() {
  const written: string[] = []
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => {
      written.push(String(chunk))
      done()
    },
  })
  const seen = { events: [] as LabEvent[], noise: [] as string[], ended: [] as string[] }
  const stream = new ProgramStream('node-01', wire, {
    event: (event) => seen.events.push(event),
    noise: (text) => seen.noise.push(text),
    ended: (error) => seen.ended.push(error.message),
  })
  return { wire, stream, written, seen }
}

describe("a program's stream", () => {
  it('answers requests by their number, in any order, and passes errors on with what was asked', async () => {
    const { wire, stream, written } = make()
    const first = stream.request('sessions')
    const second = stream.request('reset', { peerAddress: '10.0.1.100' })
    expect(written.map((line) => JSON.parse(line))).toEqual([
      { id: 1, op: 'sessions' },
      { id: 2, op: 'reset', args: { peerAddress: '10.0.1.100' } },
    ])
    wire.push(frame(1, '{"type":"reply","id":2,"error":"no such peer"}\n{"type":"reply","id":1,"result":[1]}\n'))
    await expect(second).rejects.toThrow('node-01: reset: no such peer')
    expect(await first).toEqual([1])
  })

  it('puts frames and lines together however they were cut, byte by byte within a letter too', async () => {
    const { wire, seen } = make()
    const event = { type: 'log', device: 'node-01', level: 'info', message: 'größer ✓', at: 1 }
    const text = Buffer.from(`${JSON.stringify(event)}\n`)
    const whole = Buffer.concat([...text].map((byte) => Buffer.concat([frame(1, ' ').subarray(0, 8), Buffer.from([byte])])))
    for (const byte of whole) wire.push(Buffer.from([byte]))
    await new Promise(setImmediate)
    expect(seen.events).toEqual([event])
  })

  it('rejects what waits when the program ends, with its last words', async () => {
    const { wire, stream, seen } = make()
    const waiting = stream.request('routes')
    wire.push(frame(2, 'Error: out of luck\n'))
    wire.push(null)
    await expect(waiting).rejects.toThrow(/routes: .*last words: Error: out of luck/)
    await expect(stream.request('routes')).rejects.toThrow('no program to ask')
    expect(seen.noise).toEqual(['Error: out of luck'])
    expect(seen.ended).toHaveLength(1)
  })

  it('says nothing about an end that the lab wanted', async () => {
    const { stream, seen } = make()
    const waiting = stream.request('routes')
    stream.close()
    await expect(waiting).rejects.toThrow('the lab closed it')
    await new Promise(setImmediate)
    expect(seen.ended).toEqual([])
  })
})
