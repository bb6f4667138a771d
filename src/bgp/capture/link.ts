/**
 * What a captured frame holds below TCP: link layer, IPv4 or IPv6, TCP. Link types are those of tcpdump.org/linktypes.html.
 *
 *     null 0, loop 108        address family 4 octets, of the host's order or big-endian | IP
 *     Ethernet 1              addresses 12 | EtherType 2 | 802.1Q tags, MPLS labels | IP
 *     raw 12, 14, 101, IPv4 228, IPv6 229
 *     Linux cooked 113, 276   16 octets with the EtherType at 14, 20 octets with it at 0
 */
import { formatIpv4 } from '../../net/index.ts'
import { formatIpv6 } from '../dissect/index.ts'

export interface Segment {
  /** `10.0.1.10:179`, `[2001:db8::1]:179`. */
  readonly from: string
  readonly to: string
  readonly fromPort: number
  readonly toPort: number
  readonly sequence: number
  readonly acknowledgement: number | undefined
  readonly syn: boolean
  readonly fin: boolean
  readonly rst: boolean
  readonly payload: Uint8Array
  /** Octets of the payload that the capture cut off (its snapshot length). */
  readonly cut: number
}

/** A segment, why there is none though there should be one, or nothing of interest. */
export type Read = Segment | { readonly problem: string } | undefined

const LINKS: Readonly<Record<number, (frame: Uint8Array) => Read>> = {
  0: (frame) => ip(frame, 4),
  1: (frame) => ethernet(frame, 12),
  12: (frame) => ip(frame, 0),
  14: (frame) => ip(frame, 0),
  101: (frame) => ip(frame, 0),
  108: (frame) => ip(frame, 4),
  113: (frame) => ethernet(frame, 14),
  228: (frame) => ip(frame, 0),
  229: (frame) => ip(frame, 0),
  276: (frame) => (frame.length < 20 ? undefined : byType(frame, 20, u16(frame, 0))),
}

export const ETHERNET = 1
export const RAW_IP = 101

export function knowsLink(type: number): boolean {
  return LINKS[type] !== undefined
}

export function readFrame(link: number, frame: Uint8Array): Read {
  return LINKS[link]?.(frame)
}

function ethernet(frame: Uint8Array, at: number): Read {
  return frame.length < at + 2 ? undefined : byType(frame, at + 2, u16(frame, at))
}

const VLAN = new Set([0x8100, 0x88a8, 0x9100])

function byType(frame: Uint8Array, at: number, type: number): Read {
  if (type === 0x0800 || type === 0x86dd) return ip(frame, at)
  if (VLAN.has(type)) return ethernet(frame, at + 2)
  if (type !== 0x8847) return undefined
  let label = at
  while (label + 4 <= frame.length && (frame[label + 2]! & 1) === 0) label += 4
  return ip(frame, label + 4)
}

function ip(frame: Uint8Array, at: number): Read {
  const version = (frame[at] ?? 0) >> 4
  if (version === 4) return ipv4(frame, at)
  return version === 6 ? ipv6(frame, at) : undefined
}

const TCP = 6
const FRAGMENT = { problem: 'a fragment of an IP packet; fragments are not put together' }

function ipv4(frame: Uint8Array, at: number): Read {
  if (at + 20 > frame.length || frame[at + 9] !== TCP) return undefined
  const header = (frame[at]! & 15) * 4
  if (header < 20) return { problem: 'an IPv4 header that makes no sense' }
  if ((u16(frame, at + 6) & 0x3fff) !== 0) return FRAGMENT
  // Of what the sender's network card cuts into packets (TSO) the length may be 0.
  const length = u16(frame, at + 2) || frame.length - at
  const address = (offset: number) => formatIpv4(u32(frame, at + offset) | 0)
  return tcp(frame, at + header, at + length, address(12), address(16))
}

/** RFC 8200 §4: hop-by-hop options, routing, destination options; RFC 4302: authentication header. */
function ipv6(frame: Uint8Array, at: number): Read {
  if (at + 40 > frame.length) return undefined
  const length = u16(frame, at + 4)
  const end = length === 0 ? frame.length : at + 40 + length
  let next = frame[at + 6]!
  let offset = at + 40
  while (next !== TCP) {
    if (next === 44) return FRAGMENT
    if ((next !== 0 && next !== 43 && next !== 60 && next !== 51) || offset + 2 > frame.length) return undefined
    const octets = next === 51 ? (frame[offset + 1]! + 2) * 4 : (frame[offset + 1]! + 1) * 8
    next = frame[offset]!
    offset += octets
  }
  const address = (start: number) => `[${formatIpv6(frame.subarray(at + start, at + start + 16))}]`
  return tcp(frame, offset, end, address(8), address(24))
}

/** `end` is where the packet ends by its own word; a frame may have padding behind it, or less. */
function tcp(frame: Uint8Array, at: number, end: number, from: string, to: string): Read {
  if (at + 20 > frame.length) return { problem: 'the packet is cut off inside its TCP header' }
  const header = (frame[at + 12]! >> 4) * 4
  if (header < 20 || at + header > end) return { problem: 'a TCP header that makes no sense' }
  const flags = frame[at + 13]!
  const [fromPort, toPort] = [u16(frame, at), u16(frame, at + 2)]
  const start = Math.min(at + header, frame.length)
  const stop = Math.max(start, Math.min(end, frame.length))
  return {
    from: `${from}:${fromPort}`,
    to: `${to}:${toPort}`,
    fromPort,
    toPort,
    sequence: u32(frame, at + 4),
    acknowledgement: (flags & 0x10) === 0 ? undefined : u32(frame, at + 8),
    syn: (flags & 2) !== 0,
    fin: (flags & 1) !== 0,
    rst: (flags & 4) !== 0,
    payload: frame.subarray(start, stop),
    cut: Math.max(0, end - Math.max(frame.length, at + header)),
  }
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

/** Unsigned. */
export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
