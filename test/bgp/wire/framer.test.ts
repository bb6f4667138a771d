import { expect, test } from 'vitest'
import { decodeMessage, Framer, PLAIN } from '../../../src/bgp/wire/index.ts'
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
  ['an UPDATE that is too short', `${'ff'.repeat(16)} 0016 02`, 2, '0016'],
  ['a NOTIFICATION that is too short', `${'ff'.repeat(16)} 0014 03`, 2, '0014'],
  ['a ROUTE-REFRESH that is too short', `${'ff'.repeat(16)} 0016 05`, 2, '0016'],
  ['type 0', `${'ff'.repeat(16)} 0013 00`, 3, '00'],
  ['a marker wrong in its last octet', `${'ff'.repeat(15)}fe 0013 04`, 1, ''],
  ['an unknown type', `${'ff'.repeat(16)} 0013 09`, 3, '09'],
  ['a KEEPALIVE with a body', `${'ff'.repeat(16)} 0014 04`, 2, '0014'],
  ['an OPEN that is too short', `${'ff'.repeat(16)} 001c 01`, 2, '001c'],
])('%s is a Message Header Error (RFC 4271 §6.1)', (_, text, subcode, data) => {
  const framer = new Framer()
  const { frames, error } = framer.push(Uint8Array.from([...KEEPALIVE, ...hex(text)]))
  expect(frames).toHaveLength(1)
  expect(error).toMatchObject({ code: 1, subcode, offset: [0, 0, 16, 18][subcode] })
  expect(toHex(error!.data)).toBe(data)
  expect(framer.push(KEEPALIVE).frames).toHaveLength(0)
})

test('RFC 8654: 65535 octets where they were offered, but no such OPEN or KEEPALIVE', () => {
  const long = (type: number) => message(type, `0000 0000 ${'00'.repeat(5000)}`)
  expect(new Framer(65535).push(long(2)).frames).toHaveLength(1)
  expect(new Framer().push(long(2)).error).toMatchObject({ code: 1, subcode: 2 })
  for (const type of [1, 4]) expect(new Framer(65535).push(long(type)).error).toMatchObject({ code: 1, subcode: 2 })
})

test('RFC 7313 §5: a BoRR or EoRR of another length is answered with 7/1 and the message; a request is a bad length', () => {
  for (const subtype of ['01', '02']) {
    const bytes = message(5, `0001 ${subtype} 01 00`)
    expect(new Framer().push(bytes).frames).toHaveLength(1)
    expect(decodeMessage({ type: 5, bytes }, PLAIN)).toMatchObject({ ok: false, error: { code: 7, subcode: 1, data: bytes } })
  }
  const bytes = message(5, '0001 00 01 00')
  expect(decodeMessage({ type: 5, bytes }, PLAIN)).toMatchObject({ ok: false, error: { code: 1, subcode: 2, data: Uint8Array.of(0, 24) } })
})
