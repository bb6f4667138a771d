import { expect, test } from 'vitest'
import {
  asnsOf,
  decodeMessage,
  encodeMessage,
  mergeAs4Path,
  PLAIN,
  packAnnouncements,
  packWithdrawals,
  treatAsWithdraw,
  type UpdateMessage,
} from '../../../src/bgp/wire/index.ts'
import { ipv4 } from '../../../src/net/index.ts'
import { message, toHex } from './hex.ts'

const ADD_PATH = { fourOctetAs: true, addPath: true }
const ORIGIN = '400101 00'
const PATH = '400206 0201 0000fde9'
const HOP = '400304 0a00010b'

const decode = (body: string, context = PLAIN) => decodeMessage({ type: 2, bytes: message(2, body) }, context)

/** An UPDATE from attributes and NLRI. */
function decodeUpdate(attributes: string, nlri: string, context = PLAIN): UpdateMessage {
  const octets = attributes.replace(/[\s|]/g, '').length / 2
  const decoded = decode(`0000 ${octets.toString(16).padStart(4, '0')} ${attributes} ${nlri}`, context)
  if (!decoded.ok || decoded.message.type !== 'update') throw new Error(JSON.stringify(decoded))
  return decoded.message
}

const VIP = { address: ipv4('10.0.0.1'), length: 32, pathId: 0 }

test('a VIP with its next hop, octet by octet', () => {
  const update: UpdateMessage = {
    type: 'update',
    withdrawn: [],
    attributes: [
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns: [65001] }] },
      { type: 'next-hop', address: ipv4('10.0.1.11') },
    ],
    nlri: [VIP],
    errors: [],
  }
  const bytes = encodeMessage(update, PLAIN)
  expect(toHex(bytes)).toBe(toHex(message(2, `0000 0014 ${ORIGIN} ${PATH} ${HOP} 200a000001`)))
  expect(decodeMessage({ type: 2, bytes }, PLAIN)).toEqual({ ok: true, message: update })
})

test('with ADD-PATH a path identifier stands before every prefix, withdrawn ones too (RFC 7911 §3)', () => {
  expect(decode('000a 00000002 18 c00002 0000', ADD_PATH).ok).toBe(false)
  const decoded = decode(`0008 00000002 18 c00002 0014 ${ORIGIN} ${PATH} ${HOP} 00000001 200a000001`, ADD_PATH)
  expect(decoded).toMatchObject({
    ok: true,
    message: { withdrawn: [{ address: ipv4('192.0.2.0'), length: 24, pathId: 2 }], nlri: [{ ...VIP, pathId: 1 }] },
  })
})

test('bits beyond the prefix length are ignored', () => {
  expect(decodeUpdate(`${ORIGIN}${PATH}${HOP}`, '0a 0aff').nlri).toEqual([{ address: ipv4('10.192.0.0'), length: 10, pathId: 0 }])
})

test('an empty UPDATE is End-of-RIB', () => {
  expect(decode('0000 0000')).toEqual({ ok: true, message: { type: 'update', withdrawn: [], attributes: [], nlri: [], errors: [] } })
})

test.each([
  ['withdrawn routes beyond the message', 'ffff 0000', 1],
  ['attributes beyond the message', '0000 00ff 400101', 1],
  ['a prefix of 33 bits', '0006 21 0a000001 00 0000', 10],
  ['an NLRI cut short', `0000 0014 ${ORIGIN} ${PATH} ${HOP} 20 0a0000`, 10],
  ['an unknown well-known attribute', `0000 0003 407f00`, 2],
  ['MP_REACH_NLRI twice', '0000 0010 800e05 0002010000 800e05 0002010000', 1],
])('%s ends the session (RFC 7606)', (_, body, subcode) => {
  expect(decode(body)).toMatchObject({ ok: false, error: { code: 3, subcode } })
})

test.each([
  ['ORIGIN 3', `400101 03 ${PATH} ${HOP}`, 1, 6],
  ['ORIGIN of two octets', `400102 0000 ${PATH} ${HOP}`, 1, 5],
  ['an AS_PATH segment of type 9', `${ORIGIN} 400206 0901 0000fde9 ${HOP}`, 2, 11],
  ['an AS_PATH segment that overruns', `${ORIGIN} 400206 0202 0000fde9 ${HOP}`, 2, 11],
  ['an empty AS_PATH segment', `${ORIGIN} 400202 0200 ${HOP}`, 2, 11],
  ['a NEXT_HOP of three octets', `${ORIGIN} ${PATH} 400303 0a0001`, 3, 5],
  ['a multicast NEXT_HOP', `${ORIGIN} ${PATH} 400304 e0000001`, 3, 8],
  ['an optional ORIGIN', `c00101 00 ${PATH} ${HOP}`, 1, 4],
  ['no NEXT_HOP', `${ORIGIN} ${PATH}`, 3, 3],
  ['no ORIGIN', `${PATH} ${HOP}`, 1, 3],
  ['attributes that do not fill their length', `${ORIGIN} ${PATH} ${HOP} c008`, 0, 1],
  ['an attribute that overruns', `${ORIGIN} ${PATH} ${HOP} c008ff 00`, 0, 1],
])('%s makes the routes count as withdrawn (RFC 7606)', (_, attributes, attribute, subcode) => {
  const update = decodeUpdate(attributes, '200a000001')
  expect(update.errors).toMatchObject([{ action: 'treat-as-withdraw', attribute, subcode }])
  expect(treatAsWithdraw(update)).toBe(true)
  expect(update.nlri).toEqual([VIP])
})

test('a malformed AGGREGATOR is only left out', () => {
  const update = decodeUpdate(`${ORIGIN} ${PATH} ${HOP} c00703 000000`, '200a000001')
  expect(update.errors).toMatchObject([{ action: 'attribute-discard', attribute: 7 }])
  expect(treatAsWithdraw(update)).toBe(false)
  expect(update.attributes).toHaveLength(3)
})

test.each([
  [255, [255]],
  [256, [1, 255]],
  [300, [45, 255]],
  [900, [135, 255, 255, 255]],
])('RFC 4271 §5.1.2: a sequence of %i AS numbers goes in segments of 255 at most', (count, segments) => {
  const asns = Array.from({ length: count }, (_, i) => 65_000 + i)
  const attributes = [
    { type: 'origin' as const, value: 'igp' as const },
    { type: 'as-path' as const, segments: [{ kind: 'sequence' as const, asns }] },
    { type: 'next-hop' as const, address: ipv4('10.0.1.11') },
  ]
  const bytes = encodeMessage({ type: 'update', withdrawn: [], attributes, nlri: [], errors: [] }, PLAIN)
  const decoded = decodeMessage({ type: 2, bytes }, PLAIN)
  if (!decoded.ok || decoded.message.type !== 'update') throw new Error(JSON.stringify(decoded))
  const path = decoded.message.attributes.find((each) => each.type === 'as-path')!
  expect(path.segments.map((each) => each.asns.length)).toEqual(segments)
  expect(path.segments.flatMap((each) => each.asns)).toEqual(asns)
  expect(decoded.message.errors).toEqual([])
})

test('an AS_SET that does not fit into a segment is the caller’s error', () => {
  const asns = Array.from({ length: 256 }, (_, i) => 65_000 + i)
  const attributes = [{ type: 'as-path' as const, segments: [{ kind: 'set' as const, asns }] }]
  expect(() => encodeMessage({ type: 'update', withdrawn: [], attributes, nlri: [], errors: [] }, PLAIN)).toThrow(/AS_SET of 256/)
})

test('of an attribute that comes twice the first counts', () => {
  const update = decodeUpdate(`${ORIGIN} ${PATH} ${HOP} 400304 0a00010c`, '200a000001')
  expect(update.errors).toEqual([])
  expect(update.attributes[2]).toEqual({ type: 'next-hop', address: ipv4('10.0.1.11') })
})

test('Extended Length on a short AS_PATH, as FRR sends it', () => {
  expect(decodeUpdate(`${ORIGIN} 50020006 0201 0000fde9 ${HOP}`, '200a000001').attributes[1]).toEqual({
    type: 'as-path',
    segments: [{ kind: 'sequence', asns: [65001] }],
  })
})

test('to a two-octet peer a large AS number goes as AS_TRANS, and AS4_PATH brings it back', () => {
  const bytes = encodeMessage(
    {
      type: 'update',
      withdrawn: [],
      attributes: [
        { type: 'as-path', segments: [{ kind: 'sequence', asns: [65002, 4273481990] }] },
        { type: 'as4-path', segments: [{ kind: 'sequence', asns: [4273481990] }] },
      ],
      nlri: [],
      errors: [],
    },
    { fourOctetAs: false, addPath: false },
  )
  expect(toHex(bytes.slice(19))).toBe('00000012 40020602 02fdea5ba0 c01106 0201feb82906'.replaceAll(' ', ''))
  const path = [{ kind: 'sequence' as const, asns: [65002, 23456] }]
  expect(asnsOf(mergeAs4Path(path, [{ kind: 'sequence', asns: [4273481990] }]))).toEqual([65002, 4273481990])
  expect(mergeAs4Path(path, [{ kind: 'sequence', asns: [1, 2, 3] }])).toBe(path)
})

test('many routes of the same attributes are packed into as few messages as hold them', () => {
  const routes = Array.from({ length: 2000 }, (_, i) => ({ address: ipv4('10.0.0.0') + i, length: 32, pathId: 1 }))
  const attributes = [{ type: 'origin' as const, value: 'igp' as const }]
  for (const pack of [packAnnouncements.bind(null, attributes), packWithdrawals]) {
    const messages = pack(routes, ADD_PATH)
    expect(messages).toHaveLength(5)
    expect(Math.max(...messages.map((m) => m.length))).toBeLessThanOrEqual(4096)
    const got = messages.flatMap((bytes) => {
      const decoded = decodeMessage({ type: 2, bytes }, ADD_PATH)
      return decoded.ok && decoded.message.type === 'update' ? [...decoded.message.nlri, ...decoded.message.withdrawn] : []
    })
    expect(got).toEqual(routes)
  }
})
