import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { readerFor } from '../../../src/bgp/capture/index.ts'
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
        expect(told(items)).toEqual(told(read(format as 'pcap', copy, { piece: 100_000 })))
      },
    ),
    { numRuns: 400 },
  )
})

test.each(Object.keys(FILES))('%s of nothing but chance', (format) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 100 }), (bytes, piece) => {
      read(format as 'pcap', bytes, { piece })
    }),
    { numRuns: 300 },
  )
})
