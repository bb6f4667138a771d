import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Connections } from '../../../src/bgp/capture/connections.ts'
import { readFrame } from '../../../src/bgp/capture/link.ts'
import { concat, ipv4, keepalive, open, PLAIN4, type Tcp, update } from './build.ts'
import { told } from './read.ts'

function decode(segments: readonly Tcp[], cuts: readonly number[] = []) {
  const connections = new Connections({ fourOctetAs: true, addPath: false })
  const items = segments.flatMap((segment, i) => {
    const packet = ipv4(segment)
    const read = readFrame(101, packet.subarray(0, packet.length - (cuts[i] ?? 0)))
    if (read === undefined || 'problem' in read) throw new Error('the packet is not read')
    return [...connections.segment(read, { packet: i + 1 })]
  })
  return [...items, ...connections.end()]
}

const routes = (count: number) => Array.from({ length: count }, (_, i) => update(i))
const said = (count: number) => Array.from({ length: count }, (_, i) => `UPDATE 10.0.${i}.0/24`)

describe('a TCP stream is put together again', () => {
  test('however it is cut, doubled, overlapped and put out of order, across the end of the sequence numbers too', () => {
    const stream = concat(...routes(30))
    fc.assert(
      fc.property(
        fc.integer({ min: 0xffffff00, max: 0xffffffff }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 400 }), fc.nat({ max: 200 })), { maxLength: 10 }),
        fc.infiniteStream(fc.nat({ max: 5 })),
        (first, lengths, extra, delays) => {
          const segments: { at: number; length: number }[] = []
          let at = 0
          for (let i = 0; at < stream.length; i++) {
            const length = Math.min(lengths[i % lengths.length]!, stream.length - at)
            segments.push({ at, length })
            at += length
          }
          for (const [where, length, back] of extra) {
            const index = where % segments.length
            const from = Math.max(0, segments[index]!.at - back)
            segments.splice(index + 1, 0, { at: from, length: Math.min(length, segments[index]!.at + segments[index]!.length - from) })
          }
          const late = segments.map((segment, i) => ({ segment, rank: i + delays.next().value! })).sort((a, b) => a.rank - b.rank)
          const packets: Tcp[] = [
            { sequence: (first - 1) >>> 0, flags: 'syn' },
            ...late.map(({ segment }) => ({
              sequence: (first + segment.at) >>> 0,
              payload: stream.subarray(segment.at, segment.at + segment.length),
            })),
          ]
          expect(told(decode(packets))).toEqual(said(30))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('the packet that completed a message is told, and the one in which it began', () => {
    const bytes = update(1)
    const items = decode([
      { sequence: 1, payload: concat(keepalive(), bytes.subarray(0, 20)) },
      { sequence: 40, payload: bytes.subarray(20) },
    ])
    expect(items.map((item) => item.place)).toEqual([
      { packet: 1, from: '10.0.1.10:40000', to: '10.0.1.254:179' },
      { packet: 2, firstPacket: 1, from: '10.0.1.10:40000', to: '10.0.1.254:179' },
    ])
  })
})

describe('the end of a connection', () => {
  const a = { from: '10.0.1.10', to: '10.0.1.254', fromPort: 40000, toPort: 179 }
  const b = { from: '10.0.1.254', to: '10.0.1.10', fromPort: 179, toPort: 40000 }
  const stream = concat(...routes(6))
  const size = update(0).length

  test('a FIN or RST that is captured before octets sent before it takes none of them away', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0xffffff00, max: 0xffffffff }),
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 }),
        fc.constantFrom('fin' as const, 'rst' as const),
        fc.nat(),
        fc.nat(),
        (first, lengths, flags, where, whereOther) => {
          const packets: Tcp[] = []
          for (let at = 0, i = 0; at < stream.length; i++) {
            const length = Math.min(lengths[i % lengths.length]!, stream.length - at)
            packets.push({ ...a, sequence: (first + at) >>> 0, payload: stream.subarray(at, at + length) })
            at += length
          }
          packets.splice(where % (packets.length + 1), 0, { ...a, flags, sequence: (first + stream.length) >>> 0 })
          packets.splice(whereOther % (packets.length + 1), 0, { ...b, flags: 'fin', sequence: 500 })
          const items = decode([{ ...a, sequence: (first - 1) >>> 0, flags: 'syn' }, { ...b, sequence: 499, flags: 'syn' }, ...packets])
          expect(told(items)).toEqual(said(6))
        },
      ),
    )
  })

  test('a RST says nothing of what the other end had on its way', () => {
    const items = decode([
      { ...a, sequence: 1, payload: keepalive() },
      { ...b, sequence: 1000, payload: stream.subarray(0, size + 20) },
      { ...a, sequence: 20, flags: 'rst' },
      { ...b, sequence: 1000 + size + 20, payload: stream.subarray(size + 20) },
    ])
    expect(told(items)).toEqual(['KEEPALIVE', ...said(6)])
  })

  test('octets before a FIN that the capture has not are told', () => {
    const cut = (length: number) =>
      decode([
        { ...a, sequence: 1000, payload: stream.subarray(0, length) },
        { ...a, sequence: 1000 + stream.length, flags: 'fin' },
      ])
    expect(told(cut(5 * size))).toEqual([...said(5), 'missing'])
    expect(cut(5 * size).at(-1)).toMatchObject({ text: `${size} octets are not in the capture`, place: { packet: 2 } })
    expect(told(cut(6 * size - 4))).toEqual([...said(5), 'UPDATE without 4 octets'])
  })

  test('the words that a RST may carry are none of the stream’s octets', () => {
    const items = decode([
      { ...a, sequence: 1000, payload: update(0) },
      { ...a, sequence: 1000 + size, flags: 'rst', payload: new TextEncoder().encode('out of memory') },
    ])
    expect(told(items)).toEqual(said(1))
  })

  test('a message that ends with the connection is shown as far as it goes, before what comes later', () => {
    const items = decode([
      { ...a, sequence: 1000, payload: stream.subarray(0, size - 4) },
      { ...a, sequence: 1000 + size - 4, flags: 'fin' },
      { ...b, sequence: 1, payload: keepalive() },
    ])
    expect(told(items)).toEqual(['UPDATE without 4 octets', 'KEEPALIVE'])
  })

  test('another connection between the same ports, without its SYN, is known by where its octets are', () => {
    const items = decode([
      { ...a, sequence: 1000, payload: update(0) },
      { ...a, sequence: 1000 + size, flags: 'rst' },
      { ...a, sequence: 900_000_000, payload: update(1) },
      { ...a, sequence: 900_000_000 + size, payload: update(2) },
    ])
    expect(told(items)).toEqual(said(3))
  })
})

test('a SYN that is captured behind the first octets of its connection does not cut it in two', () => {
  const [first, second] = routes(2)
  const half = Math.floor(first!.length / 2)
  const items = decode([
    { sequence: 1000, payload: first!.subarray(0, half) },
    { sequence: 999, flags: 'syn' },
    { sequence: 1000 + half, payload: concat(first!.subarray(half), second!) },
  ])
  expect(told(items)).toEqual(said(2))
})

describe('what the capture has not', () => {
  const all = routes(6)
  const size = all[0]!.length
  const at = (i: number) => 1000 + i * size

  test('a missing segment is told once the other end has acknowledged what is behind it', () => {
    const items = decode([
      { sequence: at(0), payload: all[0]! },
      { sequence: at(2), payload: concat(all[2]!, all[3]!) },
      ...[1, 2, 3].map(() => ({ from: '10.0.1.254', to: '10.0.1.10', fromPort: 179, toPort: 40000, sequence: 5, acknowledgement: at(4) })),
      { sequence: at(4), payload: all[4]! },
    ])
    expect(told(items)).toEqual(['UPDATE 10.0.0.0/24', 'missing', 'UPDATE 10.0.2.0/24', 'UPDATE 10.0.3.0/24', 'UPDATE 10.0.4.0/24'])
    expect(items[1]).toMatchObject({ text: `${size} octets are not in the capture` })
  })

  test('a message whose end is missing is shown as far as it goes, and says where the next one begins', () => {
    const stream = concat(...all)
    const half = Math.floor(size / 2)
    const items = decode([
      { sequence: 1000, payload: stream.subarray(0, size + half) },
      { sequence: at(2) - 5, payload: stream.subarray(2 * size - 5) },
    ])
    expect(told(items)).toEqual(['UPDATE 10.0.0.0/24', `UPDATE without ${size - half} octets`, ...said(6).slice(2)])
  })

  test('behind a hole that ends inside a message the next marker is looked for', () => {
    const stream = concat(...all)
    const items = decode([
      { sequence: 1000, payload: stream.subarray(0, size) },
      { sequence: at(2) + 7, payload: stream.subarray(2 * size + 7) },
    ])
    expect(told(items)).toEqual(['UPDATE 10.0.0.0/24', 'missing', 'not-synchronized', ...said(6).slice(3)])
    expect(items[2]).not.toHaveProperty('malformed')
  })

  test('packets that the snapshot length cut go on at the next message without a search', () => {
    const items = decode(
      all.map((payload, i) => ({ sequence: at(i), payload })),
      [0, 10, 0, 10],
    )
    expect(told(items)).toEqual([
      'UPDATE 10.0.0.0/24',
      'UPDATE without 10 octets',
      'UPDATE 10.0.2.0/24',
      'UPDATE without 10 octets',
      ...said(6).slice(4),
    ])
  })

  test('a capture that begins inside a message begins with the next one', () => {
    const stream = concat(...all)
    expect(told(decode([{ sequence: 1, payload: stream.subarray(30) }]))).toEqual(['not-synchronized', ...said(6).slice(1)])
  })

  test('octets from before the first segment, where there was no SYN, are told', () => {
    const items = decode([
      { sequence: at(1), payload: all[1]! },
      { sequence: at(0), payload: all[0]! },
      { sequence: at(1) - 1, payload: Uint8Array.of(0) },
      { sequence: at(2), payload: all[2]! },
    ])
    expect(told(items)).toEqual(['UPDATE 10.0.1.0/24', 'missing', 'UPDATE 10.0.2.0/24'])
    expect(items[1]).toMatchObject({ text: `${size} octets from before the first segment of the capture are not decoded` })
  })

  test('a message at the end that is not whole is shown as far as it goes', () => {
    const stream = concat(...all)
    expect(told(decode([{ sequence: 1, payload: stream.subarray(0, stream.length - 4) }]))).toEqual([...said(5), 'UPDATE without 4 octets'])
  })
})

describe('what the sender got wrong does not hide what follows', () => {
  const stream = (middle: Uint8Array) => decode([{ sequence: 1, payload: concat(update(0), middle, update(1)) }])
  const header = (length: number, type: number) => concat(new Uint8Array(16).fill(255), [length >> 8, length & 255, type])

  test.each([
    ['octets that are no message', new TextEncoder().encode('GET / HTTP/1.1\r\n'), ['not-synchronized']],
    ['a message of 18 octets', header(18, 4), ['KEEPALIVE 1/2']],
    ['a message of 5000 octets', header(5000, 2), ['UPDATE 1/2']],
    ['a message of type 9', concat(header(25, 9), [1, 2, 3, 4, 5, 6]), ['type 9 1/3']],
    ['a KEEPALIVE with a body', concat(header(21, 4), [1, 2]), ['KEEPALIVE 1/2']],
    ['an UPDATE that is too short', concat(header(21, 2), [0, 0]), ['UPDATE 1/2']],
    ['an OPEN of version 3', concat(header(29, 1), [3, 0, 1, 0, 9, 1, 1, 1, 1, 0]), ['OPEN 2/1']],
  ])('%s', (_, middle, wrong) => {
    expect(told(stream(middle))).toEqual(['UPDATE 10.0.0.0/24', ...wrong, 'UPDATE 10.0.1.0/24'])
  })

  test('octets that are no message are the sender’s fault, with the speaker’s error', () => {
    expect(stream(new Uint8Array(40))[1]).toMatchObject({ kind: 'gap', malformed: true, bytes: new Uint8Array(40) })
  })
})

describe('options come from the OPENs of both directions', () => {
  const a = { from: '10.0.1.10', to: '10.0.1.254', fromPort: 40000, toPort: 179 }
  const b = { from: '10.0.1.254', to: '10.0.1.10', fromPort: 179, toPort: 40000 }
  const addPath = { fourOctetAs: true, addPath: true }

  test('ADD-PATH per direction: who sends it to whom receives it', () => {
    const forth = open(65001, { addPath: 'send' })
    const back = open(65002, { addPath: 'receive' })
    const items = decode([
      { ...a, sequence: 1, payload: forth },
      { ...b, sequence: 1, payload: back },
      { ...a, sequence: 1 + forth.length, payload: update(7, addPath) },
      { ...b, sequence: 1 + back.length, payload: update(8) },
    ])
    expect(told(items)).toEqual(['OPEN', 'OPEN', 'UPDATE 10.0.7.0/24 path 7', 'UPDATE 10.0.8.0/24'])
    expect(items.map((item) => item.kind === 'message' && item.optionsKnown)).toEqual([false, false, true, true])
  })

  test('one OPEN without four-octet AS numbers is enough for two octets', () => {
    const old = open(65001, { as4: false })
    const items = decode([
      { ...a, sequence: 1, payload: old },
      { ...b, sequence: 1, payload: update(3, { ...PLAIN4, fourOctetAs: false }) },
    ])
    expect(told(items)).toEqual(['OPEN', 'UPDATE 10.0.3.0/24'])
  })

  test('extended messages only where both have them', () => {
    const long = concat(new Uint8Array(16).fill(255), [5000 >> 8, 5000 & 255, 3, 6, 2], new Uint8Array(5000 - 21))
    const forth = open(65001, { extended: true })
    const session = (back: Uint8Array) =>
      told(
        decode([
          { ...a, sequence: 1, payload: forth },
          { ...b, sequence: 1, payload: back },
          { ...a, sequence: 1 + forth.length, payload: concat(long, keepalive()) },
        ]),
      )
    expect(session(open(65002, { extended: true }))).toEqual(['OPEN', 'OPEN', 'NOTIFICATION', 'KEEPALIVE'])
    expect(session(open(65002))).toEqual(['OPEN', 'OPEN', 'NOTIFICATION 1/2', 'not-synchronized', 'KEEPALIVE'])
    // A ROUTE-REFRESH may grow as well (RFC 8654 §4); what the speaker says of it is another matter.
    const refresh = concat(new Uint8Array(16).fill(255), [5000 >> 8, 5000 & 255, 5, 0, 1, 0, 1], new Uint8Array(5000 - 23))
    const items = decode([
      { ...a, sequence: 1, payload: forth },
      { ...b, sequence: 1, payload: open(65002, { extended: true }) },
      { ...a, sequence: 1 + forth.length, payload: concat(refresh, keepalive()) },
    ])
    expect(told(items)).toEqual(['OPEN', 'OPEN', 'ROUTE-REFRESH 1/2', 'KEEPALIVE'])
  })

  test('a new connection between the same ports begins anew, and one on another port is known by its messages', () => {
    const forth = open(65001, { addPath: 'send' })
    const back = open(65002, { addPath: 'receive' })
    const items = decode([
      { ...a, sequence: 0, flags: 'syn' },
      { ...b, sequence: 0, flags: 'syn' },
      { ...a, sequence: 1, payload: forth },
      { ...b, sequence: 1, payload: back },
      { ...a, sequence: 900, flags: 'syn' },
      { ...b, sequence: 900, flags: 'syn' },
      { ...a, sequence: 901, payload: update(1) },
      { ...a, toPort: 1790, sequence: 1, payload: update(2) },
      { ...a, toPort: 80, sequence: 1, payload: new TextEncoder().encode('GET / HTTP/1.1') },
    ])
    expect(told(items)).toEqual(['OPEN', 'OPEN', 'UPDATE 10.0.1.0/24', 'UPDATE 10.0.2.0/24'])
  })
})
