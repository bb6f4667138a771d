import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Item, readerFor } from '../../../src/bgp/capture/index.ts'
import { encodeMessage } from '../../../src/bgp/wire/index.ts'
import { jsonLine } from '../../../src/cli/decode/json.ts'
import { tell } from '../../../src/cli/decode/told.ts'
import { treeLines } from '../../../src/cli/decode/tree.ts'
import { PLAIN } from '../../../src/report/index.ts'
import { context, message } from '../wire/arbitrary.ts'
import { bgp4mpHead, concat, ipv4, ipv6, keepalive, LINKS, mrt, open, pcap, pcapngSection, u16, u32, update } from './build.ts'
import { read, told } from './read.ts'

const segments = [open(65001), update(1), concat(update(2), keepalive()), update(3)]
const packets = (frame: (packet: Uint8Array) => Uint8Array) => {
  let sequence = 1
  return segments.map((payload, i) => {
    const at = sequence
    sequence += payload.length
    return { frame: frame((i % 2 === 0 ? ipv4 : ipv6)({ sequence: at, payload })) }
  })
}
const rib = concat(u32(0), [24, 10, 1, 2], u16(1), u16(0), u32(1), u16(4), [0x40, 1, 1, 0])
const FILES: Readonly<Record<Parameters<typeof readerFor>[0], Uint8Array>> = {
  pcap: pcap(packets(LINKS.vlan!.frame)),
  pcapng: pcapngSection([{ link: 276, resolution: 9 }], packets(LINKS['Linux cooked v2']!.frame)),
  mrt: concat(mrt(16, 4, concat(bgp4mpHead(), update(1))), mrt(13, 2, rib), mrt(17, 9, concat(u32(5), bgp4mpHead(), update(2)))),
  binary: concat(...segments),
  hex: new TextEncoder().encode(segments.map((bytes) => `log: ${Buffer.from(bytes).toString('hex').replace(/(..)/g, '$1 ')}\n`).join('')),
}

/** All that the command line does with them, in both forms. */
function print(items: readonly Item[]): void {
  for (const item of items) {
    const each = tell(item)
    expect(() => JSON.parse(jsonLine('file', each))).not.toThrow()
    treeLines('file', each, PLAIN)
  }
}

test.each(Object.entries(FILES))('%s, however damaged or cut, is read to its end, and no octet makes it throw', (format, file) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 255))), { maxLength: 6 }),
      fc.nat({ max: file.length }),
      fc.integer({ min: 1, max: 500 }),
      (changes, length, piece) => {
        const copy = file.slice(0, length)
        for (const [at, value] of changes) if (at < length) copy[at] = value
        const items = read(format as 'pcap', copy, { piece })
        print(items)
        expect(told(items)).toEqual(told(read(format as 'pcap', copy, { piece: 100_000 })))
      },
    ),
    { numRuns: 400 },
  )
})

test.each(Object.keys(FILES))('%s of nothing but chance', (format) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 100 }), (bytes, piece) => {
      print(read(format as 'pcap', bytes, { piece }))
    }),
    { numRuns: 300 },
  )
})

test('a message of any kind, with octets changed, is told whatever its header claims, and what is around it too', () => {
  const damaged = context.chain((c) =>
    message(c).chain((m) => {
      const bytes = encodeMessage(m, c)
      const length = fc.tuple(fc.constant(16), fc.integer({ min: 0, max: 255 }))
      const any = fc.tuple(fc.integer({ min: 16, max: bytes.length - 1 }), fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 255)))
      return fc.array(fc.oneof(length, any), { minLength: 1, maxLength: 5 }).map((changes) => {
        for (const [at, value] of changes) bytes[at] = value
        return bytes
      })
    }),
  )
  fc.assert(
    fc.property(damaged, fc.boolean(), fc.boolean(), fc.boolean(), (bytes, asn2, addPath, extendedMessages) => {
      for (const format of ['binary', 'hex'] as const) {
        const stream = concat(keepalive(), bytes, update(1))
        const input = format === 'hex' ? new TextEncoder().encode(Buffer.from(stream).toString('hex')) : stream
        const items = read(format, input, { asn2, addPath, extendedMessages })
        print(items)
        expect(told(items.slice(0, 1))).toEqual(['KEEPALIVE'])
      }
    }),
    { numRuns: 1000 },
  )
})
