/**
 * Text with octets in it. Lines that belong together make a block; a block is messages, or a packet with TCP inside. Lines without octets
 * (a log's, a mail's) are passed over.
 */
import type { Assumptions } from '../dissect/index.ts'
import { type HexLine, readHexLine, readLastOffset } from './hex-line.ts'
import type { CaptureReader, Item } from './item.ts'
import { ETHERNET, RAW_IP, readFrame, u16 } from './link.ts'
import { Packets } from './packets.ts'
import { Undirected } from './undirected.ts'

interface Block {
  readonly line: number
  readonly parts: Uint8Array[]
  length: number
  /** Where its first octet lies by the dump's own count; none in text without offsets. */
  readonly base: number | undefined
}

/** Text that never ends a line is no text. */
const LONGEST_LINE = 16 << 20

export class HexReader implements CaptureReader {
  readonly #text = new TextDecoder()
  readonly #packets: Packets
  readonly #stream: Undirected
  #rest = ''
  #line = 0
  #block: Block | undefined
  /** hexdump's `*`: lines like the one before were left out. */
  #squeezed = false

  constructor(assumptions: Assumptions) {
    this.#packets = new Packets(assumptions)
    this.#stream = new Undirected(assumptions)
  }

  push(chunk: Uint8Array): readonly Item[] {
    const lines = (this.#rest + this.#text.decode(chunk, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest)
      this.#rest = ''
    }
    return lines.flatMap((line) => [...this.#read(line)])
  }

  end(): readonly Item[] {
    return [...this.#read(this.#rest), ...this.#finish(), ...this.#stream.end(), ...this.#packets.end()]
  }

  *#read(text: string): Generator<Item> {
    this.#line++
    if (text.trim() === '*') {
      this.#squeezed = true
      return
    }
    const open = this.#block
    const next = open?.base === undefined ? undefined : open.base + open.length
    const last = next === undefined ? undefined : readLastOffset(text)
    // Of an odd number of octets hexdump pads the last word.
    const end = last?.find((offset) => offset === next || offset + 1 === next)
    if (open !== undefined && end !== undefined) {
      yield* this.#finish(end - open.base!)
      return
    }
    const line = readHexLine(text.replace(/\r$/, ''), next)
    if (line === undefined) return
    if (this.#block === undefined || this.#beginsAnew(this.#block, line)) {
      yield* this.#finish()
      this.#block = { line: this.#line, parts: [], length: 0, base: line.offsets?.[0] }
    }
    this.#squeezed = false
    this.#block.parts.push(line.octets)
    this.#block.length += line.octets.length
  }

  #beginsAnew(block: Block, { octets, offsets }: HexLine): boolean {
    if (offsets === undefined || block.base === undefined) return offsets !== block.base || (octets.length >= 16 && isMarker(octets))
    const next = block.base + block.length
    if (offsets.includes(next)) return false
    const last = block.parts.at(-1)!
    const gap = offsets[0]! - next
    if (!this.#squeezed || gap <= 0 || gap % last.length !== 0 || gap > 1 << 16) return true
    for (let filled = 0; filled < gap; filled += last.length) block.parts.push(last)
    block.length += gap
    return false
  }

  *#finish(length = this.#block?.length ?? 0): Generator<Item> {
    const block = this.#block
    this.#block = undefined
    if (block === undefined) return
    const bytes = joined(block).subarray(0, length)
    const { line } = block
    if (isMarker(bytes)) {
      yield* this.#stream.push(bytes, { line })
      yield* this.#stream.end()
      return
    }
    const link = linkOf(bytes)
    if (link !== undefined) yield* this.#packets.packet(link, bytes, { line })
    else if (hasMarker(bytes)) {
      yield* this.#stream.push(bytes, { line })
      yield* this.#stream.end()
    } else {
      const text = `${bytes.length} octets that are no BGP message and no packet with TCP: a message begins with 16 octets of ff`
      yield { kind: 'gap', place: { line }, reason: 'unreadable', text, bytes }
    }
  }
}

function joined({ parts, length }: Block): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The link type with which these octets hold a TCP segment. */
function linkOf(bytes: Uint8Array): number | undefined {
  const whole = bytes.length >= 20 && bytes[0]! >> 4 === 4 && u16(bytes, 2) === bytes.length
  const links = whole ? [RAW_IP] : [ETHERNET, 113, 276, 0, RAW_IP]
  return links.find((link) => {
    const segment = readFrame(link, bytes)
    return segment !== undefined && !('problem' in segment)
  })
}

function isMarker(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes.subarray(0, 16).every((byte) => byte === 0xff)
}

function hasMarker(bytes: Uint8Array): boolean {
  let run = 0
  for (const byte of bytes) {
    run = byte === 0xff ? run + 1 : 0
    if (run === 16) return true
  }
  return false
}
