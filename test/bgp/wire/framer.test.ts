import { expect, test } from 'vitest'
import { Framer } from '../../../src/bgp/wire/index.ts'
import { hex, message, toHex } from './hex.ts'

const KEEPALIVE = message(4, '')

test('a keepalive one octet at a time is one frame, at its last octet', () => {
  const framer = new Framer()
  const counts = Array.from(KEEPALIVE, (octet) => framer.push(Uint8Array.of(octet)).frames.length)
  expect(counts).toEqual([...new Array<number>(18).fill(0), 1])
})

test('two messages and a half in one chunk', () => {
  const framer = new Framer()
  const chunk = Uint8Array.from([...KEEPALIVE, ...message(5, '0001 00 01'), ...KEEPALIVE.slice(0, 7)])
  expect(framer.push(chunk).frames.map((f) => f.type)).toEqual([4, 5])
  expect(framer.pending).toBe(7)
  expect(framer.push(KEEPALIVE.slice(7)).frames.map((f) => f.type)).toEqual([4])
})

test.each([
  ['a marker that is not all ones', `00${'ff'.repeat(15)} 0013 04`, 1, ''],
  ['a length below the header’s', `${'ff'.repeat(16)} 0012 04`, 2, '0012'],
  ['a length above 4096', `${'ff'.repeat(16)} 1001 02`, 2, '1001'],
  ['an unknown type', `${'ff'.repeat(16)} 0013 09`, 3, '09'],
  ['a KEEPALIVE with a body', `${'ff'.repeat(16)} 0014 04`, 2, '0014'],
  ['an OPEN that is too short', `${'ff'.repeat(16)} 001c 01`, 2, '001c'],
])('%s is a Message Header Error (RFC 4271 §6.1)', (_, text, subcode, data) => {
  const framer = new Framer()
  const { frames, error } = framer.push(Uint8Array.from([...KEEPALIVE, ...hex(text)]))
  expect(frames).toHaveLength(1)
  expect(error).toMatchObject({ code: 1, subcode })
  expect(toHex(error!.data)).toBe(data)
  expect(framer.push(KEEPALIVE).frames).toHaveLength(0)
})
