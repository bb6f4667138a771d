/**
 * pcapng, draft-ietf-opsawg-pcapng: blocks { Type 4 | Total Length 4 | body | Total Length 4 }. Read are section headers (byte order;
 * interfaces begin anew), interface descriptions (link type, resolution of times), and packets: enhanced, simple and the obsolete kind.
 */
import type { Assumptions } from '../dissect/index.ts'
import { Bytes } from './bytes.ts'
import type { CaptureReader, CaptureTime, Item } from './item.ts'
import { Packets } from './packets.ts'
import { truncated, viewOf } from './pcap.ts'

export const SECTION_HEADER = 0x0a0d0d0a
const BYTE_ORDER = 0x1a2b3c4d
const INTERFACE = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6

interface Interface {
  readonly link: number
  readonly snapLength: number
  /** Units of a time stamp in a second. */
  readonly resolution: bigint
  readonly digits: number
  readonly offsetSeconds: number
}

const LARGEST_BLOCK = 16 << 20

export class PcapngReader implements CaptureReader {
  readonly #bytes = new Bytes()
  readonly #packets: Packets
  #little = true
  #interfaces: Interface[] = []
  #broken = false

  constructor(assumptions: Assumptions) {
    this.#packets = new Packets(assumptions)
  }

  push(chunk: Uint8Array): readonly Item[] {
    this.#bytes.push(chunk)
    return [...this.#read()]
  }

  end(): readonly Item[] {
    return [...this.#packets.end(), ...(this.#broken ? [] : truncated(this.#bytes, 'packet', this.#packets.count))]
  }

  *#read(): Generator<Item> {
    while (!this.#broken) {
      const head = this.#bytes.peek(12)
      if (head === undefined) return
      const view = viewOf(head)
      if (view.getUint32(0) === SECTION_HEADER) {
        this.#little = view.getUint32(8, true) === BYTE_ORDER
        this.#interfaces = []
      }
      const type = view.getUint32(0, this.#little)
      const length = view.getUint32(4, this.#little)
      if (length < 12 || length % 4 !== 0 || length > LARGEST_BLOCK) {
        this.#broken = true
        const text = `a block claims ${length} octets: the file is damaged, and the rest of it cannot be read`
        yield { kind: 'gap', place: { offset: this.#bytes.taken }, reason: 'unreadable', text }
        return
      }
      const block = this.#bytes.take(length)
      if (block === undefined) return
      yield* this.#block(type, viewOf(block.subarray(8, length - 4)))
    }
  }

  *#block(type: number, body: DataView): Generator<Item> {
    const little = this.#little
    if (type === INTERFACE && body.byteLength >= 8) this.#interfaces.push(interfaceOf(body, little))
    else if (type === ENHANCED_PACKET && body.byteLength >= 20) yield* this.#packet(body, body.getUint32(0, little), 4)
    else if (type === OBSOLETE_PACKET && body.byteLength >= 20) yield* this.#packet(body, body.getUint16(0, little), 4)
    else if (type === SIMPLE_PACKET && body.byteLength >= 4) {
      const first = this.#interfaces[0]
      const length = Math.min(body.getUint32(0, little), first?.snapLength || body.byteLength, body.byteLength - 4)
      yield* this.#frame(first, bytesOf(body, 4, length), undefined)
    }
  }

  /** Interface | time, upper and lower half | captured length | original length | octets. */
  *#packet(body: DataView, id: number, at: number): Generator<Item> {
    const little = this.#little
    const one = this.#interfaces[id]
    const stamp = (BigInt(body.getUint32(at, little)) << 32n) | BigInt(body.getUint32(at + 4, little))
    const length = Math.min(body.getUint32(at + 8, little), body.byteLength - 20)
    yield* this.#frame(one, bytesOf(body, 20, length), one && timeOf(stamp, one))
  }

  *#frame(one: Interface | undefined, frame: Uint8Array, time: CaptureTime | undefined): Generator<Item> {
    if (one !== undefined) yield* this.#packets.packet(one.link, frame, time === undefined ? {} : { time })
    else {
      this.#packets.count++
      yield {
        kind: 'gap',
        place: { packet: this.#packets.count },
        reason: 'unreadable',
        text: 'a packet of an interface that is not described',
      }
    }
  }
}

function interfaceOf(body: DataView, little: boolean): Interface {
  let resolution = 1_000_000n
  let digits = 6
  let offsetSeconds = 0
  let at = 8
  while (at + 4 <= body.byteLength) {
    const [code, length] = [body.getUint16(at, little), body.getUint16(at + 2, little)]
    if (code === 0 || at + 4 + length > body.byteLength) break
    if (code === 9 && length === 1) {
      const value = body.getUint8(at + 4)
      const power = BigInt(value & 0x7f)
      resolution = (value & 0x80) === 0 ? 10n ** power : 2n ** power
      digits = Math.min(9, (value & 0x80) === 0 ? value : 9)
    }
    if (code === 14 && length === 8) offsetSeconds = Number(body.getBigInt64(at + 4, little))
    at += 4 + ((length + 3) & ~3)
  }
  return { link: body.getUint16(0, little), snapLength: body.getUint32(4, little), resolution, digits, offsetSeconds }
}

function timeOf(stamp: bigint, { resolution, digits, offsetSeconds }: Interface): CaptureTime {
  const nanoseconds = Number(((stamp % resolution) * 1_000_000_000n) / resolution)
  return { seconds: Number(stamp / resolution) + offsetSeconds, nanoseconds, digits }
}

function bytesOf(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length)
}
