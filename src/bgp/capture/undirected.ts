/** Octets of which it is not known who sent them: both directions of a session may follow each other. */
import { type Assumptions, dissect, type Offer, undirectedOptions } from '../dissect/index.ts'
import type { CaptureReader, Item, Place } from './item.ts'
import { type Cut, MessageCutter } from './messages.ts'

export class Undirected {
  readonly #assumptions: Assumptions
  readonly #cutter: MessageCutter<Place>
  /** Of the last two OPENs, which are taken for the two of one session. */
  #offers: Offer[] = []

  constructor(assumptions: Assumptions) {
    this.#assumptions = assumptions
    this.#cutter = new MessageCutter(() => undirectedOptions(this.#offers, assumptions).extendedMessages)
  }

  *push(bytes: Uint8Array, place: Place): Generator<Item> {
    for (const cut of this.#cutter.push(bytes, place)) yield this.#item(cut)
  }

  /** What comes next does not follow on this. */
  *end(): Generator<Item> {
    for (const cut of this.#cutter.end({})) yield this.#item(cut)
  }

  #item(cut: Cut<Place>): Item {
    const place = cut.first
    if (cut.kind === 'lost') {
      const text = cut.malformed
        ? `${cut.octets} octets that are no message: Message Header Error/Connection Not Synchronized (1/1)`
        : `${cut.octets} octets before the first message`
      return {
        kind: 'gap',
        place,
        reason: 'not-synchronized',
        text,
        bytes: cut.bytes,
        octets: cut.octets,
        ...(cut.malformed && { malformed: true }),
      }
    }
    const options = undirectedOptions(this.#offers, this.#assumptions)
    const optionsKnown = this.#offers.length === 2
    if (cut.bytes[18] === 1 && cut.missing === 0) {
      const { offer, problems } = dissect(cut.bytes, options)
      if (offer !== undefined && problems.length === 0) this.#offers = this.#offers.length === 2 ? [offer] : [...this.#offers, offer]
    }
    return { kind: 'message', place, bytes: cut.bytes, options, optionsKnown, missing: cut.missing }
  }
}

/** Messages as they are on the wire, one after the other, without any file format. */
export class BinaryReader implements CaptureReader {
  readonly #stream: Undirected
  #offset = 0

  constructor(assumptions: Assumptions) {
    this.#stream = new Undirected(assumptions)
  }

  push(chunk: Uint8Array): readonly Item[] {
    return this.#placed(this.#stream.push(chunk, {}))
  }

  end(): readonly Item[] {
    return this.#placed(this.#stream.end())
  }

  /** Items follow each other without a gap. */
  #placed(items: Iterable<Item>): Item[] {
    return Array.from(items, (item) => {
      const offset = this.#offset
      if (item.kind === 'message') this.#offset += item.bytes.length
      else if (item.kind === 'gap') this.#offset += item.octets ?? 0
      return { ...item, place: { offset } }
    })
  }
}
