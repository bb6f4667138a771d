import { expect, test } from 'vitest'
import {
  type CodecContext,
  decodeMessage,
  encodeEndOfRib,
  endOfRib,
  IPV4_UNICAST,
  IPV6_UNICAST,
  ipv6NextHop,
  type Nlri6,
  PLAIN,
  packAnnouncements6,
  packWithdrawals6,
  type UpdateMessage,
} from '../../../src/bgp/wire/index.ts'
import { ipv6Bytes } from '../../../src/net/index.ts'
import { message, toHex } from './hex.ts'

const IPV6 = { ...PLAIN, ipv6: { addPath: false } }
const IPV6_ADD_PATH = { ...PLAIN, ipv6: { addPath: true } }
const ATTRIBUTES = [
  { type: 'origin' as const, value: 'igp' as const },
  { type: 'as-path' as const, segments: [{ kind: 'sequence' as const, asns: [65001] }] },
]
const HOP = ipv6Bytes('2001:db8::1')

function update(bytes: Uint8Array, context: CodecContext = IPV6): UpdateMessage {
  const decoded = decodeMessage({ type: 2, bytes }, context)
  if (!decoded.ok || decoded.message.type !== 'update') throw new Error(JSON.stringify(decoded))
  return decoded.message
}

test('RFC 4760, 2545: an IPv6 route, octet by octet, MP_REACH_NLRI first (RFC 7606 §5.1)', () => {
  const routes = [{ address: '2001:db8:1::', length: 48, pathId: 0 }]
  const [bytes, more] = packAnnouncements6(ATTRIBUTES, HOP, routes, IPV6)
  expect(more).toBeUndefined()
  expect(toHex(bytes!.slice(19))).toBe(`0000002d900e001c00020110${toHex(HOP)}0030${'20010db80001'}${'40010100'}4002060201${'0000fde9'}`)
  const got = update(bytes!)
  expect(got.errors).toEqual([])
  expect(got.attributes[0]).toMatchObject({ type: 'mp-reach', afi: 2, safi: 1, nlri: [], nlri6: routes })
  expect(got.attributes[0]?.type === 'mp-reach' && ipv6NextHop(got.attributes[0])).toBe('2001:db8::1')
})

test('RFC 4760 §6: what was not negotiated stays bytes, whatever it holds', () => {
  const bytes = packAnnouncements6(ATTRIBUTES, HOP, [{ address: '2001:db8:1::', length: 48, pathId: 0 }], IPV6)[0]!
  expect(update(bytes, PLAIN).attributes[0]).toMatchObject({
    type: 'mp-reach',
    nlri: [],
    other: Uint8Array.of(48, 0x20, 1, 0x0d, 0xb8, 0, 1),
  })
  const evpn = update(message(2, '0000 000a 800f07 0019 46 ffffffff'))
  expect(evpn.attributes[0]).toEqual({ type: 'mp-unreach', afi: 25, safi: 70, nlri: [], other: new Uint8Array(4).fill(255) })
})

test('RFC 7911: path identifiers of IPv6 routes, announced and withdrawn, packed into messages of 4096 octets', () => {
  const routes: Nlri6[] = Array.from({ length: 1000 }, (_, i) => ({ address: `2001:db8:${(i + 1).toString(16)}::`, length: 64, pathId: i }))
  const sent = [...packAnnouncements6(ATTRIBUTES, HOP, routes, IPV6_ADD_PATH), ...packWithdrawals6(routes, IPV6_ADD_PATH)]
  expect(Math.max(...sent.map((bytes) => bytes.length))).toBeLessThanOrEqual(4096)
  const got = sent.flatMap((bytes) => update(bytes, IPV6_ADD_PATH).attributes)
  expect(got.flatMap((a) => (a.type === 'mp-reach' ? (a.nlri6 ?? []) : []))).toEqual(routes)
  expect(got.flatMap((a) => (a.type === 'mp-unreach' ? (a.nlri6 ?? []) : []))).toEqual(routes)
})

test('RFC 8654: with extended messages the same routes need one message each way', () => {
  const wide = { ...IPV6, maxMessageSize: 65535 }
  const routes: Nlri6[] = Array.from({ length: 1000 }, (_, i) => ({ address: `2001:db8:${(i + 1).toString(16)}::`, length: 64, pathId: 0 }))
  const sent = [...packAnnouncements6(ATTRIBUTES, HOP, routes, wide), ...packWithdrawals6(routes, wide)]
  expect(sent).toHaveLength(2)
  expect(sent.map((bytes) => update(bytes, wide).attributes[0])).toMatchObject([{ nlri6: routes }, { nlri6: routes }])
})

test('RFC 4724 §2: End-of-RIB of each family, and what is none', () => {
  expect(toHex(encodeEndOfRib(IPV4_UNICAST).slice(19))).toBe('00000000')
  expect(toHex(encodeEndOfRib(IPV6_UNICAST).slice(19))).toBe('00000006800f03000201')
  expect(endOfRib(update(encodeEndOfRib(IPV4_UNICAST)))).toEqual(IPV4_UNICAST)
  expect(endOfRib(update(encodeEndOfRib(IPV6_UNICAST)))).toEqual(IPV6_UNICAST)
  expect(endOfRib(update(encodeEndOfRib(IPV6_UNICAST), PLAIN))).toEqual(IPV6_UNICAST)
  expect(endOfRib(update(packWithdrawals6([{ address: '::', length: 0, pathId: 0 }], IPV6)[0]!))).toBeUndefined()
})
