import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage, Framer, MAX_MESSAGE_SIZE, type Message } from '../../../src/bgp/wire/index.ts'
import { anyContext, message } from './arbitrary.ts'

test('RFC 4271, 4760, 5492, 7911: decode undoes encode, for every message and every negotiated encoding', () => {
  fc.assert(
    fc.property(
      anyContext.chain((c) => message(c).map((m) => [c, m] as const)),
      ([c, m]) => {
        const bytes = encodeMessage(m, c)
        const { frames, error } = new Framer().push(bytes)
        expect(error).toBeUndefined()
        expect(frames).toHaveLength(1)
        expect(decodeMessage(frames[0]!, c)).toEqual({ ok: true, message: m })
      },
    ),
    { numRuns: 400 },
  )
})

test('RFC 4271 §4: any split of the stream gives the same messages', () => {
  const plain = { fourOctetAs: true, addPath: true }
  fc.assert(
    fc.property(fc.array(message(plain), { minLength: 1, maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 200 })), (messages, cuts) => {
      const stream = Uint8Array.from(messages.flatMap((m) => [...encodeMessage(m, plain)]))
      const framer = new Framer()
      const got: Message[] = []
      const take = (chunk: Uint8Array) => {
        const { frames, error } = framer.push(chunk)
        expect(error).toBeUndefined()
        for (const frame of frames) {
          const decoded = decodeMessage(frame, plain)
          if (decoded.ok) got.push(decoded.message)
        }
      }
      let at = 0
      for (const cut of cuts) {
        take(stream.slice(at, at + cut))
        at += cut
      }
      take(stream.slice(at))
      expect(got).toEqual(messages)
      expect(framer.pending).toBe(0)
    }),
    { numRuns: 100 },
  )
})

test('no bytes make the decoder throw: they give a message, or the NOTIFICATION that answers them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.uint8Array({ maxLength: 120 }), anyContext, (type, body, c) => {
      const length = 19 + body.length
      const bytes = Uint8Array.from([...new Array<number>(16).fill(255), length >> 8, length & 255, type, ...body])
      const { frames, error } = new Framer().push(bytes)
      for (const frame of frames) {
        const decoded = decodeMessage(frame, c)
        if (!decoded.ok) expect([1, 2, 3, 7]).toContain(decoded.error.code)
      }
      if (error) expect(error.code).toBe(1)
    }),
    { numRuns: 2000 },
  )
})

test('a damaged UPDATE gives a message or an UPDATE Message Error', () => {
  const c = { fourOctetAs: true, addPath: true }
  const damaged = message(c)
    .filter((m) => m.type === 'update')
    .chain((m) => {
      const bytes = encodeMessage(m, c)
      return fc.tuple(
        fc.constant(bytes),
        fc.array(fc.tuple(fc.integer({ min: 19, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 3,
        }),
      )
    })
  fc.assert(
    fc.property(damaged, ([bytes, changes]) => {
      const copy = bytes.slice()
      for (const [at, value] of changes) copy[at] = value
      expect(copy.length).toBeLessThanOrEqual(MAX_MESSAGE_SIZE)
      const decoded = decodeMessage({ type: 2, bytes: copy }, c)
      if (!decoded.ok) expect(decoded.error.code).toBe(3)
    }),
    { numRuns: 500 },
  )
})
