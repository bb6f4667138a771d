import { expect, test } from 'vitest'
import { decodeMessage, describeNotification, encodeMessage, PLAIN } from '../../../src/bgp/wire/index.ts'
import { message, toHex } from './hex.ts'

test('Cease/Administrative Shutdown with a shutdown message (RFC 9003)', () => {
  const bytes = message(3, '0602 0568656c6c6f')
  const decoded = decodeMessage({ type: 3, bytes }, PLAIN)
  expect(decoded).toMatchObject({ ok: true, message: { code: 6, subcode: 2 } })
  if (decoded.ok) expect(toHex(encodeMessage(decoded.message, PLAIN))).toBe(toHex(bytes))
})

test.each([
  [6, 2, 'Cease/Administrative Shutdown (6/2)'],
  [2, 2, 'OPEN Message Error/Bad Peer AS (2/2)'],
  [4, 0, 'Hold Timer Expired (4/0)'],
  [99, 1, 'Unknown Error (99/1)'],
])('%i/%i is named as people know it', (code, subcode, text) => {
  expect(describeNotification(code, subcode)).toBe(text)
})
