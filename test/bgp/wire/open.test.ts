import { expect, test } from 'vitest'
import { asnOf, decodeMessage, encodeMessage, type OpenMessage, PLAIN } from '../../../src/bgp/wire/index.ts'
import { ipv4 } from '../../../src/net/index.ts'
import { message, toHex } from './hex.ts'

const decode = (body: string) => decodeMessage({ type: 1, bytes: message(1, body) }, PLAIN)

const OURS: OpenMessage = {
  type: 'open',
  myAs: 23456,
  holdTimeSeconds: 90,
  identifier: ipv4('10.0.1.100'),
  capabilities: [
    { type: 'multiprotocol', afi: 1, safi: 1 },
    { type: 'route-refresh' },
    { type: 'four-octet-as', asn: 4273481990 },
    { type: 'add-path', families: [{ afi: 1, safi: 1, receive: false, send: true }] },
  ],
}

test('our OPEN, octet by octet', () => {
  expect(toHex(encodeMessage(OURS, PLAIN))).toBe(
    `${'ff'.repeat(16)}003301` +
      '045ba0005a0a00016416' + // version 4, AS_TRANS, hold 90 s, 10.0.1.100, 22 octets of parameters
      '0214' +
      '010400010001' +
      '0200' +
      '4104feb82906' +
      '450400010102',
  )
})

test('an OPEN with one capability per parameter, as FRR sends it', () => {
  const decoded = decode('04 fdea 00b4 0a08000a 1c | 02060104 00010001 | 02020200 | 02064104 0000fdea | 0206 4504 00010101')
  expect(decoded).toMatchObject({
    ok: true,
    message: {
      myAs: 65002,
      holdTimeSeconds: 180,
      capabilities: [
        { type: 'multiprotocol', afi: 1, safi: 1 },
        { type: 'route-refresh' },
        { type: 'four-octet-as', asn: 65002 },
        { type: 'add-path', families: [{ afi: 1, safi: 1, receive: true, send: false }] },
      ],
    },
  })
})

test('an unknown capability is kept as it came', () => {
  expect(decode('04 fdea 005a 0a08000a 08 | 0206 4004 80780001')).toMatchObject({
    ok: true,
    message: { capabilities: [{ type: 'unknown', code: 64, value: Uint8Array.of(0x80, 0x78, 0, 1) }] },
  })
})

test('the longer form of optional parameters (RFC 9072) is read', () => {
  expect(decode('04 fdea 005a 0a08000a ff ff 0005 | 02 0002 0200')).toMatchObject({
    ok: true,
    message: { capabilities: [{ type: 'route-refresh' }] },
  })
})

test.each(['01', '08', 'fe', 'ff'])('RFC 9072 §2: the type tells the longer form, whatever the length says: %s', (length) => {
  expect(decode(`04 fdea 005a 0a08000a ${length} ff 0005 | 02 0002 0200`)).toMatchObject({
    ok: true,
    message: { capabilities: [{ type: 'route-refresh' }] },
  })
})

test('a capability that does not fit into its octet of length is the caller’s error', () => {
  const families = Array.from({ length: 64 }, (_, i) => ({ afi: i + 1, safi: 1, receive: true, send: true }))
  expect(() => encodeMessage({ ...OURS, capabilities: [{ type: 'add-path', families }] }, PLAIN)).toThrow(/capability 69 of 256 octets/)
})

test('the AS number is the four-octet one where there is one', () => {
  expect(asnOf(OURS)).toBe(4273481990)
  expect(asnOf({ ...OURS, myAs: 65002, capabilities: [] })).toBe(65002)
})

test.each([
  ['version 3', '03 fdea 005a 0a08000a 00', 1, '0004'],
  ['identifier 0.0.0.0', '04 fdea 005a 00000000 00', 3, ''],
  ['a parameter that is no capability', '04 fdea 005a 0a08000a 03 010100', 4, ''],
  ['a hold time of two seconds', '04 fdea 0002 0a08000a 00', 6, ''],
  ['parameters longer than the message', '04 fdea 005a 0a08000a 09 0200', 0, ''],
  ['a capability longer than its parameter', '04 fdea 005a 0a08000a 04 02020105', 0, ''],
])('%s is an OPEN Message Error (RFC 4271 §6.2)', (_, body, subcode, data) => {
  const decoded = decode(body)
  expect(decoded).toMatchObject({ ok: false, error: { code: 2, subcode } })
  if (!decoded.ok) expect(toHex(decoded.error.data)).toBe(data)
})

test('RFC 9072: capabilities of more than 253 octets go in the longer form, and come back', () => {
  const families = Array.from({ length: 60 }, (_, i) => ({ afi: i + 1, safi: 1, receive: true, send: true }))
  const unknown = { type: 'unknown' as const, code: 200, value: new Uint8Array(100).fill(7) }
  const open: OpenMessage = { ...OURS, capabilities: [{ type: 'add-path', families }, unknown] }
  const bytes = encodeMessage(open, PLAIN)
  // 2 + 240 and 2 + 100 octets of capabilities in one parameter of three octets more.
  expect(toHex(bytes.slice(28, 35))).toBe('ffff015b020158')
  expect(decodeMessage({ type: 1, bytes }, PLAIN)).toEqual({ ok: true, message: open })
})

test('RFC 9072: 252 octets still go in the short form', () => {
  const fill = (octets: number): OpenMessage => ({
    ...OURS,
    capabilities: [
      { type: 'unknown', code: 200, value: new Uint8Array(200) },
      { type: 'unknown', code: 201, value: new Uint8Array(octets - 204) },
    ],
  })
  for (const [octets, length] of [
    [252, 254],
    [253, 255],
  ] as const) {
    const bytes = encodeMessage(fill(octets), PLAIN)
    expect(bytes[28]).toBe(length === 254 ? 254 : 255)
    expect(decodeMessage({ type: 1, bytes }, PLAIN)).toEqual({ ok: true, message: fill(octets) })
  }
})

test('RFC 4724 §3: Graceful Restart with its flags, time and families', () => {
  expect(decode('04 fdea 005a 0a08000a 0c | 020a 4006 c078 0001 01 80 | 4600')).toMatchObject({
    ok: true,
    message: {
      capabilities: [
        {
          type: 'graceful-restart',
          restarting: true,
          notification: true,
          restartSeconds: 120,
          families: [{ afi: 1, safi: 1, forwarding: true }],
        },
        { type: 'enhanced-route-refresh' },
      ],
    },
  })
})
