/**
 * capture: files with BGP messages in them, cut in any way, to messages in their order: `readerFor(format, …).push(chunk) → items`.
 *
 *     pcap, pcapng ─▶ packets ─▶ link, IP ─▶ TCP in order ─┐
 *     hex ─▶ lines ─▶ blocks ─▶ packets, or octets ────────┼─▶ messages, with what their session agreed on
 *     MRT ─▶ records ──────────────────────────────────────┘
 *
 * Nothing stops it: what cannot be read is an item of its own, and it goes on behind it. Memory is bounded by what one message, packet or
 * record needs and by what waits for missing segments. Refuses: opening files, uncompressing, and judging messages (see dissect).
 * Imports net, and dissect and wire of bgp.
 */
import type { Assumptions } from '../dissect/index.ts'
import { HexReader } from './hex.ts'
import type { CaptureReader } from './item.ts'
import { MrtReader } from './mrt.ts'
import { PcapReader } from './pcap.ts'
import { PcapngReader } from './pcapng.ts'
import { BinaryReader } from './undirected.ts'

export { type Compression, compressionOf, DETECTION_OCTETS, type Format, formatOf } from './detect.ts'
export type { CaptureReader, CaptureTime, GapItem, Item, MessageItem, Place, RecordItem, RouteItem } from './item.ts'

export const FORMATS = ['hex', 'pcap', 'pcapng', 'mrt'] as const

/** `binary` is messages and nothing else. */
export function readerFor(format: (typeof FORMATS)[number] | 'binary', assumptions: Assumptions): CaptureReader {
  switch (format) {
    case 'hex':
      return new HexReader(assumptions)
    case 'pcap':
      return new PcapReader(assumptions)
    case 'pcapng':
      return new PcapngReader(assumptions)
    case 'mrt':
      return new MrtReader(assumptions)
    case 'binary':
      return new BinaryReader(assumptions)
  }
}
