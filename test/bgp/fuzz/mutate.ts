/**
 * Mutated messages, the same for the same seed: sound ones of every kind as a base, damaged in the ways in which real ones are damaged
 * (bits flipped, octets overwritten with the values at which code goes wrong, lengths that lie, parts cut out, doubled and swapped).
 */
import { encodeMessage, type Message, PLAIN, packAnnouncements6, packWithdrawals6 } from '../../../src/bgp/wire/index.ts'
import { ipv4, ipv6Bytes } from '../../../src/net/index.ts'

/** xorshift128+ would be more than this needs: a 32-bit generator (mulberry32) that runs in a few nanoseconds. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Uniform in 0…bound-1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
}

const V6 = { ...PLAIN, ipv6: { addPath: false } }
const SEQUENCE = [{ kind: 'sequence' as const, asns: [65002, 4200000000] }]
const HOP = { type: 'next-hop' as const, address: ipv4('10.0.1.11') }
const ROUTES = Array.from({ length: 12 }, (_, i) => ({ address: ipv4('10.0.0.0') + (i << 8), length: 24, pathId: 0 }))
const ROUTES6 = Array.from({ length: 6 }, (_, i) => ({ address: `2001:db8:${i + 1}::`, length: 48, pathId: 0 }))

const MESSAGES: readonly Message[] = [
  {
    type: 'open',
    myAs: 65002,
    holdTimeSeconds: 90,
    identifier: ipv4('10.8.0.10'),
    capabilities: [
      { type: 'multiprotocol', afi: 1, safi: 1 },
      { type: 'multiprotocol', afi: 2, safi: 1 },
      { type: 'route-refresh' },
      { type: 'enhanced-route-refresh' },
      { type: 'four-octet-as', asn: 65002 },
      { type: 'add-path', families: [{ afi: 1, safi: 1, send: true, receive: true }] },
      {
        type: 'graceful-restart',
        restarting: false,
        notification: true,
        restartSeconds: 120,
        families: [{ afi: 1, safi: 1, forwarding: true }],
      },
      { type: 'unknown', code: 73, value: new TextEncoder().encode('\u0004tor1\u0000') },
    ],
  },
  { type: 'keepalive' },
  { type: 'route-refresh', afi: 1, safi: 1, subtype: 0 },
  { type: 'route-refresh', afi: 2, safi: 1, subtype: 1 },
  { type: 'notification', code: 6, subcode: 2, data: new TextEncoder().encode('\u000cback at two.') },
  { type: 'update', withdrawn: [], attributes: [], nlri: [], errors: [] },
  { type: 'update', withdrawn: ROUTES, attributes: [], nlri: [], errors: [] },
  {
    type: 'update',
    withdrawn: ROUTES.slice(0, 2),
    attributes: [
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments: [...SEQUENCE, { kind: 'set', asns: [1, 2, 3] }] },
      HOP,
      { type: 'multi-exit-disc', value: 7 },
      { type: 'local-pref', value: 100 },
      { type: 'atomic-aggregate' },
      { type: 'aggregator', asn: 65002, address: 1 },
      { type: 'communities', values: [0xfdea0064, 0xffff0000] },
      { type: 'unknown', flags: 0xc0, code: 16, value: new Uint8Array(16) },
      { type: 'large-communities', values: [{ global: 1, local1: 2, local2: 3 }] },
      { type: 'unknown', flags: 0xe0, code: 99, value: new Uint8Array(300) },
    ],
    nlri: ROUTES,
    errors: [],
  },
  {
    type: 'update',
    withdrawn: [],
    attributes: [
      { type: 'origin', value: 'incomplete' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns: [65002, 23456] }] },
      HOP,
      { type: 'as4-path', segments: SEQUENCE },
      { type: 'as4-aggregator', asn: 4200000000, address: 1 },
      { type: 'mp-reach', afi: 1, safi: 1, nextHop: Uint8Array.of(10, 0, 1, 11), nlri: ROUTES, other: new Uint8Array(0) },
      { type: 'mp-unreach', afi: 25, safi: 70, nlri: [], other: new Uint8Array(30) },
    ],
    nlri: [],
    errors: [],
  },
]

const PATH = [
  { type: 'origin' as const, value: 'igp' as const },
  { type: 'as-path' as const, segments: [{ kind: 'sequence' as const, asns: [65002] }] },
]

/** The bases, encoded. */
export const CORPUS: readonly Uint8Array[] = [
  ...MESSAGES.map((message) => encodeMessage(message, PLAIN)),
  ...packAnnouncements6(PATH, ipv6Bytes('2001:db8::1'), ROUTES6, V6),
  ...packWithdrawals6(ROUTES6, V6),
]

const EDGES = [0, 1, 2, 3, 4, 16, 32, 33, 64, 127, 128, 129, 254, 255]

/** One of the bases, damaged; now and then only its length is made right again, so that what is behind the header is reached. */
export function mutate(chance: Chance): Uint8Array {
  let bytes: Uint8Array = CORPUS[chance.below(CORPUS.length)]!.slice()
  for (let n = 1 + chance.below(4); n > 0; n--) bytes = damage(bytes, chance)
  if (bytes.length >= 19 && chance.below(8) !== 0) {
    bytes.fill(255, 0, 16)
    bytes[16] = bytes.length >> 8
    bytes[17] = bytes.length & 255
  }
  return bytes
}

function damage(bytes: Uint8Array, chance: Chance): Uint8Array {
  const at = chance.below(bytes.length)
  switch (chance.below(8)) {
    case 0:
      bytes[at]! ^= 1 << chance.below(8)
      return bytes
    case 1:
    case 2:
      bytes[at] = EDGES[chance.below(EDGES.length)]!
      return bytes
    case 3:
      bytes[at] = chance.below(256)
      return bytes
    case 4: {
      // Something goes missing.
      const length = Math.min(1 + chance.below(8), bytes.length - at)
      return join(bytes.subarray(0, at), bytes.subarray(at + length))
    }
    case 5: {
      // Something comes twice.
      const length = Math.min(1 + chance.below(24), bytes.length - at)
      if (bytes.length + length > 4096) return bytes
      return join(bytes.subarray(0, at + length), bytes.subarray(at))
    }
    case 6: {
      // A field of 16 bits.
      if (at + 1 < bytes.length) {
        bytes[at] = EDGES[chance.below(EDGES.length)]!
        bytes[at + 1] = EDGES[chance.below(EDGES.length)]!
      }
      return bytes
    }
    default: {
      // A piece of another message.
      const other = CORPUS[chance.below(CORPUS.length)]!
      const from = chance.below(other.length)
      const length = Math.min(1 + chance.below(32), other.length - from, bytes.length - at)
      bytes.set(other.subarray(from, from + length), at)
      return bytes
    }
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length + b.length === 0) return new Uint8Array(1)
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
