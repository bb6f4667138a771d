import { expect, test } from 'vitest'
import {
  decodeMessage,
  describeNotification,
  encodeMessage,
  PLAIN,
  shutdownCommunication,
  shutdownData,
} from '../../../src/bgp/wire/index.ts'
import { message, toHex } from './hex.ts'

test('Cease/Administrative Shutdown with a shutdown message (RFC 9003)', () => {
  const bytes = message(3, '0602 0568656c6c6f')
  const decoded = decodeMessage({ type: 3, bytes }, PLAIN)
  expect(decoded).toMatchObject({ ok: true, message: { code: 6, subcode: 2 } })
  if (decoded.ok) expect(toHex(encodeMessage(decoded.message, PLAIN))).toBe(toHex(bytes))
})

const cease = (data: Uint8Array, subcode = 2) => ({ type: 'notification' as const, code: 6, subcode, data })

test('RFC 9003: words for the other operator go along, are cut at a character, and are read without control characters', () => {
  expect(shutdownCommunication(cease(shutdownData('back at 14:00 ☕')))).toBe('back at 14:00 ☕')
  const long = shutdownData('é'.repeat(200))
  expect(long).toHaveLength(1 + 254)
  expect(shutdownCommunication(cease(long, 4))).toBe('é'.repeat(127))
  expect(shutdownCommunication(cease(shutdownData('one\ntwo\u0007')))).toBe('one two ')
  expect(shutdownCommunication(cease(shutdownData('')))).toBeUndefined()
  expect(shutdownCommunication(cease(shutdownData('x'), 3))).toBeUndefined()
})

test('RFC 9003: words that are malformed are said to be so', () => {
  expect(shutdownCommunication(cease(Uint8Array.of(5, 104, 105)))).toBe('(malformed: 5 octets announced, 2 there)')
  expect(shutdownCommunication(cease(Uint8Array.of(2, 0xc3, 0x28)))).toBe('(malformed: not UTF-8)')
})

test('a NOTIFICATION never grows beyond 4096 octets: longer data are cut', () => {
  expect(encodeMessage({ type: 'notification', code: 3, subcode: 9, data: new Uint8Array(5000) }, PLAIN)).toHaveLength(4096)
})

test.each([
  [8, 0, 'Send Hold Timer Expired (8/0)'],
  [6, 2, 'Cease/Administrative Shutdown (6/2)'],
  [2, 2, 'OPEN Message Error/Bad Peer AS (2/2)'],
  [4, 0, 'Hold Timer Expired (4/0)'],
  [99, 1, 'Unknown Error (99/1)'],
])('%i/%i is named as people know it', (code, subcode, text) => {
  expect(describeNotification(code, subcode)).toBe(text)
})
