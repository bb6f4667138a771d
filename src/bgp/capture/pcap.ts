/**
 * pcap, draft-ietf-opsawg-pcap: magic number 4 (byte order, and µs or ns) | version 4 | reserved 8 | SnapLen 4 | link type 4, then packets:
 *
 *     seconds 4 | µs or ns 4 | captured length 4 | original length 4 | octets
 */
import type { Assumptions } from '../dissect/index.ts'
import { Bytes } from './bytes.ts'
import type { CaptureReader, Item } from './item.ts'
import { Packets } from './packets.ts'

/** As the first four octets read big-endian: whether the file is little-endian, and how many octets of a second its times have. */
const MAGIC: Readonly<Record<number, { readonly little: boolean; readonly digits: number }>> = {
  2712847316: { little: false, digits: 6 },
  3569595041: { little: true, digits: 6 },
  2712812621: { little: false, digits: 9 },
  1295823521: { little: true, digits: 9 },
}

export function isPcap(magic: number): boolean {
  return MAGIC[magic] !== undefined
}

/** Nobody captures more of a packet: a length beyond it means that the file is damaged. */
const LARGEST_PACKET = 1 << 20

export class PcapReader implements CaptureReader {
  readonly #bytes = new Bytes()
  readonly #packets: Packets
  #format: { readonly little: boolean; readonly digits: number; readonly link: number } | undefined
  #broken = false

  constructor(assumptions: Assumptions) {
    this.#packets = new Packets(assumptions)
  }

  push(chunk: Uint8Array): readonly Item[] {
    this.#bytes.push(chunk)
    return [...this.#read()]
  }

  *#read(): Generator<Item> {
    if (this.#broken) return
    if (this.#format === undefined) {
      const header = this.#bytes.take(24)
      if (header === undefined) return
      const view = viewOf(header)
      const magic = MAGIC[view.getUint32(0)]
      if (magic === undefined) {
        this.#broken = true
        yield { kind: 'gap', place: { offset: 0 }, reason: 'unreadable', text: 'it does not begin as a pcap does' }
        return
      }
      const { little, digits } = magic
      // The upper bits tell of frame check sequences.
      this.#format = { little, digits, link: view.getUint32(20, little) & 0xffff }
    }
    const { little, digits, link } = this.#format
    while (!this.#broken) {
      const head = this.#bytes.peek(16)
      if (head === undefined) return
      const view = viewOf(head)
      const length = view.getUint32(8, little)
      if (length > LARGEST_PACKET) {
        this.#broken = true
        const text = `a packet claims ${length} octets: the file is damaged, and the rest of it cannot be read`
        yield { kind: 'gap', place: { packet: this.#packets.count + 1, offset: this.#bytes.taken }, reason: 'unreadable', text }
        return
      }
      if (this.#bytes.length < 16 + length) return
      const nanoseconds = view.getUint32(4, little) * (digits === 9 ? 1 : 1000)
      const time = { seconds: view.getUint32(0, little), nanoseconds, digits }
      const frame = this.#bytes.take(16 + length)!.subarray(16)
      yield* this.#packets.packet(link, frame, { time })
    }
  }

  end(): readonly Item[] {
    return [...this.#packets.end(), ...(this.#broken ? [] : truncated(this.#bytes, 'packet', this.#packets.count))]
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The input ends inside something. */
export function truncated(bytes: Bytes, what: 'packet' | 'record', count: number): Item[] {
  if (bytes.length === 0) return []
  const text = `the file ends inside its ${what} ${count + 1}: ${bytes.length} octets are left`
  return [{ kind: 'gap', place: { [what]: count + 1, offset: bytes.taken }, reason: 'truncated', text }]
}
