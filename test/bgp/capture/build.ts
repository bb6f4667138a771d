/** Captures as programs write them, made by hand: each layer a function of the octets above it. */
import { type CodecContext, encodeMessage, type Message } from '../../../src/bgp/wire/index.ts'

export const u16 = (value: number) => [(value >>> 8) & 255, value & 255]
export const u32 = (value: number) => [...u16(value >>> 16), ...u16(value)]
const reversed = (bytes: number[]) => [...bytes].reverse()

export function concat(...parts: (readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

export interface Tcp {
  readonly from?: string
  readonly to?: string
  readonly fromPort?: number
  readonly toPort?: number
  readonly sequence: number
  readonly acknowledgement?: number
  readonly flags?: 'syn' | 'fin' | 'rst'
  readonly payload?: Uint8Array
}

const v4 = (text: string) => text.split('.').map(Number)
/** Only what needs no `::`. */
const v6 = (text: string) => text.split(':').flatMap((group) => u16(Number.parseInt(group, 16)))

function tcp({ fromPort = 40000, toPort = 179, sequence, acknowledgement, flags, payload = new Uint8Array(0) }: Tcp): Uint8Array {
  const bits = { syn: 2, fin: 1, rst: 4, none: 0 }[flags ?? 'none'] | (acknowledgement === undefined ? 0 : 0x10)
  return concat(u16(fromPort), u16(toPort), u32(sequence), u32(acknowledgement ?? 0), [0x50, bits], u16(65535), [0, 0, 0, 0], payload)
}

export function ipv4(segment: Tcp): Uint8Array {
  const body = tcp(segment)
  const { from = '10.0.1.10', to = '10.0.1.254' } = segment
  return concat([0x45, 0], u16(20 + body.length), [0, 0, 0x40, 0, 64, 6, 0, 0], v4(from), v4(to), body)
}

export function ipv6(segment: Tcp): Uint8Array {
  const body = tcp(segment)
  const { from = '2001:db8:0:0:0:0:0:1', to = '2001:db8:0:0:0:0:0:2' } = segment
  // A hop-by-hop header before TCP, as nothing forbids.
  return concat([0x60, 0, 0, 0], u16(body.length + 8), [0, 64], v6(from), v6(to), [6, 0, 1, 4, 0, 0, 0, 0], body)
}

const ETHERTYPE = (packet: Uint8Array) => (packet[0]! >> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd])

/** Each link type's frame around an IP packet, by its number. */
export const LINKS: Readonly<Record<string, { readonly link: number; readonly frame: (packet: Uint8Array) => Uint8Array }>> = {
  null: { link: 0, frame: (packet) => concat([packet[0]! >> 4 === 4 ? 2 : 30, 0, 0, 0], packet) },
  loop: { link: 108, frame: (packet) => concat([0, 0, 0, packet[0]! >> 4 === 4 ? 2 : 24], packet) },
  ethernet: { link: 1, frame: (packet) => concat(new Uint8Array(12), ETHERTYPE(packet), packet, [0, 0, 0, 0, 0, 0]) },
  vlan: { link: 1, frame: (packet) => concat(new Uint8Array(12), [0x88, 0xa8, 0, 5, 0x81, 0, 0, 7], ETHERTYPE(packet), packet) },
  mpls: { link: 1, frame: (packet) => concat(new Uint8Array(12), [0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64], packet) },
  raw: { link: 101, frame: (packet) => packet },
  'Linux cooked': { link: 113, frame: (packet) => concat(new Uint8Array(14), ETHERTYPE(packet), packet) },
  'Linux cooked v2': { link: 276, frame: (packet) => concat(ETHERTYPE(packet), new Uint8Array(18), packet) },
}

export interface Packet {
  readonly frame: Uint8Array
  /** Nanoseconds since 1970. */
  readonly time?: bigint
  /** Octets that the capture keeps. */
  readonly snap?: number
}

const BILLION = 1_000_000_000n

export function pcap(
  packets: readonly Packet[],
  {
    link = 1,
    little = true,
    nanoseconds = false,
  }: { readonly link?: number; readonly little?: boolean; readonly nanoseconds?: boolean } = {},
): Uint8Array {
  const word = (value: number) => (little ? reversed(u32(value)) : u32(value))
  const half = (value: number) => (little ? reversed(u16(value)) : u16(value))
  const head = [word(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), half(2), half(4), word(0), word(0), word(262144), word(link)].flat()
  const records = packets.map(({ frame, time = 0n, snap = frame.length }) => {
    const fraction = Number(time % BILLION)
    return concat(
      word(Number(time / BILLION)),
      word(nanoseconds ? fraction : Math.floor(fraction / 1000)),
      word(Math.min(snap, frame.length)),
      word(frame.length),
      frame.subarray(0, snap),
    )
  })
  return concat(head, ...records)
}

/** One section of a pcapng; files of several are these one after the other. */
export function pcapngSection(
  interfaces: readonly { readonly link: number; readonly resolution?: number }[],
  packets: readonly (Packet & { readonly interface?: number; readonly simple?: true })[],
  little = true,
): Uint8Array {
  const word = (value: number) => (little ? reversed(u32(value)) : u32(value))
  const half = (value: number) => (little ? reversed(u16(value)) : u16(value))
  const block = (type: number, body: Uint8Array) => {
    const padded = concat(body, new Array<number>((4 - (body.length % 4)) % 4).fill(0))
    const length = word(padded.length + 12)
    return concat(word(type), length, padded, length)
  }
  const option = (code: number, value: number[]) => [
    ...half(code),
    ...half(value.length),
    ...value,
    ...new Array<number>((4 - (value.length % 4)) % 4).fill(0),
  ]
  return concat(
    block(0x0a0d0d0a, concat(word(0x1a2b3c4d), half(1), half(0), [255, 255, 255, 255, 255, 255, 255, 255])),
    ...interfaces.map(({ link, resolution }) =>
      block(1, concat(half(link), half(0), word(262144), resolution === undefined ? [] : option(9, [resolution]), option(0, []))),
    ),
    // A block that nobody has to know.
    block(0x0bad, Uint8Array.of(1, 2, 3, 4, 5)),
    ...packets.map(({ frame, time = 0n, interface: id = 0, simple, snap = frame.length }) => {
      if (simple) return block(3, concat(word(frame.length), frame))
      const resolution = interfaces[id]?.resolution ?? 6
      const stamp = time / 10n ** BigInt(9 - resolution)
      const kept = frame.subarray(0, snap)
      return block(
        6,
        concat(word(id), word(Number(stamp >> 32n)), word(Number(stamp & 0xffffffffn)), word(kept.length), word(frame.length), kept),
      )
    }),
  )
}

export function mrt(type: number, subtype: number, message: Uint8Array | readonly number[], seconds = 1_700_000_000): Uint8Array {
  return concat(u32(seconds), u16(type), u16(subtype), u32(message.length), message)
}

/** The part of a BGP4MP record before its message. */
export function bgp4mpHead({ as4 = true, peerAsn = 65001, localAsn = 65002, v6: six = false } = {}): Uint8Array {
  const asn = as4 ? u32 : u16
  const addresses = six ? [...v6('2001:db8:0:0:0:0:0:1'), ...v6('2001:db8:0:0:0:0:0:2')] : [10, 0, 0, 1, 10, 0, 0, 2]
  return concat(asn(peerAsn), asn(localAsn), [0, 0], u16(six ? 2 : 1), addresses)
}

export const PLAIN4: CodecContext = { fourOctetAs: true, addPath: false }

export function open(
  asn: number,
  {
    addPath,
    as4 = true,
    extended = false,
  }: { readonly addPath?: 'send' | 'receive'; readonly as4?: boolean; readonly extended?: boolean } = {},
): Uint8Array {
  const message: Message = {
    type: 'open',
    myAs: asn,
    holdTimeSeconds: 9,
    identifier: 0x0a000001,
    capabilities: [
      { type: 'multiprotocol', afi: 1, safi: 1 },
      ...(as4 ? [{ type: 'four-octet-as' as const, asn }] : []),
      ...(addPath
        ? [{ type: 'add-path' as const, families: [{ afi: 1, safi: 1, send: addPath === 'send', receive: addPath === 'receive' }] }]
        : []),
      ...(extended ? [{ type: 'unknown' as const, code: 6, value: new Uint8Array(0) }] : []),
    ],
  }
  return encodeMessage(message, PLAIN4)
}

export const keepalive = (): Uint8Array => encodeMessage({ type: 'keepalive' }, PLAIN4)

/** Announces `10.0.<n>.0/24`, with path identifier n where the session has them. */
export function update(n: number, context: CodecContext = PLAIN4): Uint8Array {
  return encodeMessage(
    {
      type: 'update',
      withdrawn: [],
      attributes: [
        { type: 'origin', value: 'igp' },
        { type: 'as-path', segments: [{ kind: 'sequence', asns: [65001] }] },
        { type: 'next-hop', address: 0x0a000001 },
      ],
      nlri: [{ address: 0x0a000000 | (n << 8), length: 24, pathId: context.addPath ? n : 0 }],
      errors: [],
    },
    context,
  )
}
