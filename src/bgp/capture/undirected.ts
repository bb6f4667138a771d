/** Octets of which it is not known who sent them: both directions of a session may follow each other. */
import { type Assumptions, dissect, type Offer, type OptionsUnder, undirectedOptions } from '../dissect/index.ts'
import type { CaptureReader, Item, Place } from './item.ts'
import { type Cut, MessageCutter, notSynchronized } from './messages.ts'

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
    if (cut.kind === 'lost') return notSynchronized(cut, place, 'before the first message')
    const offers = this.#offers
    const optionsUnder: OptionsUnder = (assumptions) => undirectedOptions(offers, assumptions)
    const options = optionsUnder(this.#assumptions)
    const optionsKnown = offers.length === 2
    if (cut.bytes[18] === 1 && cut.missing === 0) {
      const { offer, problems } = dissect(cut.bytes, options)
      if (offer !== undefined && problems.length === 0) this.#offers = optionsKnown ? [offer] : [...offers, offer]
    }
    return { kind: 'message', place, bytes: cut.bytes, options, optionsKnown, optionsUnder, missing: cut.missing }
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
