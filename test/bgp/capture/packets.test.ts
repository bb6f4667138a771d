import { describe, expect, test } from 'vitest'
import { formatOf } from '../../../src/bgp/capture/index.ts'
import { concat, ipv4, ipv6, LINKS, open, pcap, pcapngSection, update } from './build.ts'
import { read, told } from './read.ts'

const message = update(1)
const packet = ipv4({ sequence: 1, payload: message })
const time = 1_700_000_000_123_456_789n

describe('link types', () => {
  test.each(Object.entries(LINKS))('%s, with IPv4 and IPv6', (_, { link, frame }) => {
    const packets = [{ frame: frame(packet) }, { frame: frame(ipv6({ sequence: 1, payload: update(2) })) }]
    const items = read('pcap', pcap(packets, { link }))
    expect(told(items)).toEqual(['UPDATE 10.0.1.0/24', 'UPDATE 10.0.2.0/24'])
    expect(items[1]!.place).toMatchObject({ packet: 2, from: '[2001:db8::1]:40000', to: '[2001:db8::2]:179' })
  })

  test('one that is not known is told once', () => {
    const items = read('pcap', pcap([{ frame: packet }, { frame: packet }], { link: 147 }))
    expect(items).toEqual([expect.objectContaining({ reason: 'unreadable', text: expect.stringContaining('link type 147') })])
  })

  test('fragments are told, and other protocols are passed over', () => {
    const fragment = packet.slice()
    fragment[6] = 0x20
    const udp = packet.slice()
    udp[9] = 17
    const arp = concat(new Uint8Array(12), [0x08, 0x06], new Uint8Array(28))
    const ethernet = LINKS.ethernet!.frame
    const items = read(
      'pcap',
      pcap([{ frame: ethernet(fragment) }, { frame: ethernet(udp) }, { frame: arp }, { frame: new Uint8Array(3) }]),
    )
    expect(items.map((item) => item.kind === 'gap' && item.text)).toEqual([expect.stringContaining('a fragment of an IP packet')])
  })
})

describe('pcap', () => {
  const packets = [{ frame: packet, time }]

  test.each([
    [true, false],
    [false, false],
    [true, true],
    [false, true],
  ])('little-endian %s, nanoseconds %s', (little, nanoseconds) => {
    const file = pcap(packets, { link: 101, little, nanoseconds })
    expect(formatOf(file)).toBe('pcap')
    const items = read('pcap', file, { piece: 5 })
    expect(told(items)).toEqual(['UPDATE 10.0.1.0/24'])
    expect(items[0]!.place.time).toEqual({
      seconds: 1_700_000_000,
      nanoseconds: nanoseconds ? 123_456_789 : 123_456_000,
      digits: nanoseconds ? 9 : 6,
    })
  })

  test('a file that ends inside a packet says so, after what it has', () => {
    const file = pcap([...packets, ...packets], { link: 101 })
    const items = read('pcap', file.subarray(0, file.length - 5))
    expect(told(items)).toEqual(['UPDATE 10.0.1.0/24', 'truncated'])
    expect(items[1]).toMatchObject({ place: { packet: 2 }, text: expect.stringContaining('ends inside its packet 2') })
  })

  test('a damaged length ends the file, not the program', () => {
    const file = concat(pcap(packets, { link: 101 }), new Uint8Array(16).fill(0x7f), new Uint8Array(100))
    expect(told(read('pcap', file))).toEqual(['UPDATE 10.0.1.0/24', 'unreadable'])
  })
})

describe('pcapng', () => {
  test('several interfaces and sections, each with its own link type, byte order and resolution', () => {
    const ethernet = LINKS.ethernet!.frame
    const file = concat(
      pcapngSection(
        [{ link: 1 }, { link: 101, resolution: 9 }],
        [
          { frame: ethernet(packet), time },
          { frame: ipv4({ sequence: 1 + message.length, payload: update(2) }), interface: 1, time },
        ],
      ),
      pcapngSection([{ link: 101, resolution: 3 }], [{ frame: ipv6({ sequence: 1, payload: update(3) }), time }], false),
      pcapngSection([{ link: 101 }], [{ frame: ipv6({ sequence: 1 + message.length, payload: update(4) }), simple: true }]),
    )
    expect(formatOf(file)).toBe('pcapng')
    for (const piece of [3, 1000]) {
      const items = read('pcapng', file, { piece })
      expect(told(items)).toEqual([1, 2, 3, 4].map((n) => `UPDATE 10.0.${n}.0/24`))
      expect(items.map((item) => item.place.time)).toEqual([
        { seconds: 1_700_000_000, nanoseconds: 123_456_000, digits: 6 },
        { seconds: 1_700_000_000, nanoseconds: 123_456_789, digits: 9 },
        { seconds: 1_700_000_000, nanoseconds: 123_000_000, digits: 3 },
        undefined,
      ])
    }
  })

  test('the same packet on two interfaces is one message', () => {
    const twice = [{ frame: packet }, { frame: packet, interface: 1 }]
    expect(told(read('pcapng', pcapngSection([{ link: 101 }, { link: 101 }], twice)))).toEqual(['UPDATE 10.0.1.0/24'])
  })

  test('a block that ends early, a length that makes no sense, and a packet of no interface are told', () => {
    const section = pcapngSection([{ link: 101 }], [{ frame: packet }])
    expect(told(read('pcapng', section.subarray(0, section.length - 8)))).toEqual(['truncated'])
    expect(told(read('pcapng', concat(section, [6, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])))).toEqual(['UPDATE 10.0.1.0/24', 'unreadable'])
    expect(told(read('pcapng', pcapngSection([{ link: 101 }], [{ frame: packet, interface: 4 }])))).toEqual(['unreadable'])
  })
})

test('messages without any file format', () => {
  const addPath = { fourOctetAs: true, addPath: true }
  const file = concat(open(65001, { addPath: 'send' }), open(65002, { addPath: 'receive' }), update(9, addPath), [1, 2, 3])
  expect(formatOf(file)).toBe('binary')
  const items = read('binary', file, { piece: 11 })
  expect(told(items)).toEqual(['OPEN', 'OPEN', 'UPDATE 10.0.9.0/24 path 9', 'not-synchronized'])
  expect(items[2]!.place).toEqual({ offset: open(65001, { addPath: 'send' }).length * 2 })
})
