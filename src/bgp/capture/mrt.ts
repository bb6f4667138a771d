/**
 * MRT, RFC 6396 §2: records { Timestamp 4 | Type 2 | Subtype 2 | Length 4 | message }; with `_ET` types the message begins with
 * microseconds. One record at a time is held, whatever the size of the file. A header that makes no sense is searched past.
 */
import type { Assumptions } from '../dissect/index.ts'
import { Bytes } from './bytes.ts'
import type { CaptureReader, CaptureTime, Item } from './item.ts'
import { u16, u32 } from './link.ts'
import { bgp4mp } from './mrt-bgp4mp.ts'
import { type Dump, newDump, tableDump, tableDumpV2 } from './mrt-table-dump.ts'

export interface MrtRecord {
  /** From 1. */
  readonly number: number
  readonly offset: number
  readonly time: CaptureTime
  readonly subtype: number
  /** The whole record; its message is from `at` on. */
  readonly bytes: Uint8Array
  readonly at: number
}

const HEADER = 12
const TABLE_DUMP = 12
const TABLE_DUMP_V2 = 13
const BGP4MP = 16
const BGP4MP_ET = 17

/** RFC 6396 §4, and those of before it. */
const TYPES: Readonly<Record<number, string>> = {
  0: 'NULL',
  1: 'START',
  2: 'DIE',
  3: 'I_AM_DEAD',
  4: 'PEER_DOWN',
  5: 'BGP',
  6: 'RIP',
  7: 'IDRP',
  8: 'RIPNG',
  9: 'BGP4PLUS',
  10: 'BGP4PLUS_01',
  11: 'OSPFv2',
  [TABLE_DUMP]: 'TABLE_DUMP',
  [TABLE_DUMP_V2]: 'TABLE_DUMP_V2',
  [BGP4MP]: 'BGP4MP',
  [BGP4MP_ET]: 'BGP4MP_ET',
  32: 'ISIS',
  33: 'ISIS_ET',
  48: 'OSPFv3',
  49: 'OSPFv3_ET',
}

/** A RIB entry of a thousand peers with full attributes stays far below it. */
const LARGEST_RECORD = 64 << 20

/** Whether these octets could be a record's header. */
export function isMrtHeader(bytes: Uint8Array, at = 0): boolean {
  const subtype = u16(bytes, at + 6)
  return TYPES[u16(bytes, at + 4)] !== undefined && u16(bytes, at + 4) >= 4 && subtype <= 64 && u32(bytes, at + 8) <= LARGEST_RECORD
}

export class MrtReader implements CaptureReader {
  readonly #bytes = new Bytes()
  readonly #assumptions: Assumptions
  readonly #dump: Dump = newDump()
  readonly #told = new Set<string>()
  #count = 0
  /** Octets that were searched past, and where they began. */
  #lost: { readonly offset: number; octets: number } | undefined
  #lastSeconds: number | undefined

  constructor(assumptions: Assumptions) {
    this.#assumptions = assumptions
  }

  push(chunk: Uint8Array): readonly Item[] {
    this.#bytes.push(chunk)
    return [...this.#read()]
  }

  end(): readonly Item[] {
    const left = this.#bytes.length
    if (left === 0) return this.#toldLost()
    const text = `the file ends inside its record ${this.#count + 1}: ${left} octets are left`
    return [...this.#toldLost(), { kind: 'gap', place: { record: this.#count + 1, offset: this.#bytes.taken }, reason: 'truncated', text }]
  }

  *#read(): Generator<Item> {
    for (;;) {
      const header = this.#bytes.peek(HEADER)
      if (header === undefined) return
      if (!this.#plausible(header)) {
        this.#lost ??= { offset: this.#bytes.taken, octets: 0 }
        this.#lost.octets += this.#bytes.skip(this.#nextHeader())
        if (this.#bytes.length < HEADER) return
        continue
      }
      const bytes = this.#bytes.take(HEADER + u32(header, 8))
      if (bytes === undefined) return
      yield* this.#toldLost()
      this.#lastSeconds = u32(bytes, 0)
      this.#count++
      yield* this.#record(bytes)
    }
  }

  /** After a gap the next record must be of the same days. */
  #plausible(header: Uint8Array, at = 0): boolean {
    if (!isMrtHeader(header, at)) return false
    return this.#lost === undefined || this.#lastSeconds === undefined || Math.abs(u32(header, at) - this.#lastSeconds) < 7 * 86400
  }

  /** Octets up to the next header; those that could be the beginning of one stay. */
  #nextHeader(): number {
    const bytes = this.#bytes.all()
    for (let at = 1; at + HEADER <= bytes.length; at++) if (this.#plausible(bytes, at)) return at
    return Math.max(1, bytes.length - HEADER + 1)
  }

  #toldLost(): Item[] {
    if (this.#lost === undefined) return []
    const { offset, octets } = this.#lost
    this.#lost = undefined
    return [{ kind: 'gap', place: { offset }, reason: 'unreadable', text: `${octets} octets that are no MRT record` }]
  }

  *#record(bytes: Uint8Array): Generator<Item> {
    const type = u16(bytes, 4)
    const extended = type === BGP4MP_ET || type === 33 || type === 49
    const microseconds = extended && bytes.length >= HEADER + 4 ? u32(bytes, HEADER) : 0
    const record: MrtRecord = {
      number: this.#count,
      offset: this.#bytes.taken - bytes.length,
      time: { seconds: u32(bytes, 0), nanoseconds: microseconds * 1000, digits: extended ? 6 : 0 },
      subtype: u16(bytes, 6),
      bytes,
      at: Math.min(bytes.length, HEADER + (extended ? 4 : 0)),
    }
    if (type === BGP4MP || type === BGP4MP_ET) yield* bgp4mp(record, this.#assumptions)
    else if (type === TABLE_DUMP_V2) yield* tableDumpV2(record, this.#dump)
    else if (type === TABLE_DUMP) yield* tableDump(record)
    else if (!this.#told.has(TYPES[type]!)) {
      this.#told.add(TYPES[type]!)
      const text = `records of type ${TYPES[type]} are not read; others like it are not told`
      yield { kind: 'gap', place: { record: record.number, offset: record.offset, time: record.time }, reason: 'unsupported', text }
    }
  }
}

export function recordPlace({ number, offset, time }: MrtRecord) {
  return { record: number, offset, time }
}

/** A record that ends before its fields do, or has too much. */
export function unreadable(record: MrtRecord, text: string): Item {
  return { kind: 'gap', place: recordPlace(record), reason: 'unreadable', text, bytes: record.bytes }
}
