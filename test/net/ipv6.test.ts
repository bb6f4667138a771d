import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatIpv6, maskIpv6, parseIpv6, parsePrefix6 } from '../../src/net/index.ts'

test.each([
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80::', 'fe80::'],
  ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
])('RFC 5952: %s is written %s', (text, canonical) => {
  expect(formatIpv6(parseIpv6(text)!)).toBe(canonical)
})

test.each(['', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', 'fe80::1%eth0', '::256.0.0.1', 'x::', '::1.2.3'])(
  '%j is no IPv6 address',
  (text) => {
    expect(parseIpv6(text)).toBeUndefined()
  },
)

test('what is written reads back as it was', () => {
  const zeroes = fc.constantFrom(0, 0, 0, 1, 255)
  fc.assert(
    fc.property(fc.array(fc.oneof(zeroes, fc.nat(255)), { minLength: 16, maxLength: 16 }), (octets) => {
      const bytes = Uint8Array.from(octets)
      expect(parseIpv6(formatIpv6(bytes))).toEqual(bytes)
    }),
  )
})

test('a prefix has no host bits', () => {
  expect(parsePrefix6('2001:db8::/32')).toEqual({ address: '2001:db8::', length: 32 })
  expect(parsePrefix6('::/0')).toEqual({ address: '::', length: 0 })
  expect(parsePrefix6('2001:db8::1/128')).toEqual({ address: '2001:db8::1', length: 128 })
  for (const text of ['2001:db8::1/64', '2001:db8::/129', '2001:db8::', '10.0.0.0/8']) expect(parsePrefix6(text)).toBeUndefined()
  expect(formatIpv6(maskIpv6(new Uint8Array(16).fill(255), 67))).toBe('ffff:ffff:ffff:ffff:e000::')
})
