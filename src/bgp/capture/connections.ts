/**
 * TCP connections that carry BGP, from packets in any order: those to or from port 179, and those with a segment that begins with a
 * message. What later messages mean is settled by the OPENs of both directions, as far as they are in the capture.
 */
import { type Assumptions, dissect, negotiatedOptions, type Offer, type OptionsUnder } from '../dissect/index.ts'
import type { CaptureTime, Item, Place } from './item.ts'
import type { Segment } from './link.ts'
import { beginsWithMessage, type Cut, MessageCutter, notSynchronized } from './messages.ts'
import { type InOrder, Reassembly } from './tcp.ts'

const BGP_PORT = 179
/** Connections that are kept in mind; the one that was silent for longest is let go. */
const MOST_CONNECTIONS = 10_000

/** The packet that brought octets. */
export interface Origin {
  readonly packet: number
  readonly time?: CaptureTime
  readonly line?: number
}

interface Half {
  readonly from: string
  readonly to: string
  readonly stream: Reassembly<Origin>
  readonly cutter: MessageCutter<Origin>
  offer?: Offer
  /** Sequence number of its SYN. */
  syn?: number
  /** Sequence number behind its last octet, by its FIN. */
  fin?: { readonly sequence: number; readonly origin: Origin }
  /** The same by its RST, which may come from somebody who only guesses it. */
  rst?: number
}

interface Connection {
  readonly halves: readonly [Half, Half]
}

export class Connections {
  readonly #assumptions: Assumptions
  readonly #all = new Map<string, Connection>()

  constructor(assumptions: Assumptions) {
    this.#assumptions = assumptions
  }

  *segment(segment: Segment, origin: Origin): Generator<Item> {
    const key = segment.from < segment.to ? `${segment.from} ${segment.to}` : `${segment.to} ${segment.from}`
    let connection = this.#all.get(key)
    if (connection === undefined) {
      if (segment.fromPort !== BGP_PORT && segment.toPort !== BGP_PORT && !beginsWithMessage(segment.payload)) return
    } else if (isNew(connection, segment)) {
      yield* this.#close(connection, origin)
      connection = undefined
    }
    if (connection === undefined) connection = this.#open(segment)
    // The one last used comes last.
    this.#all.delete(key)
    this.#all.set(key, connection)
    if (this.#all.size > MOST_CONNECTIONS) yield* this.#letGo(origin)
    yield* this.#take(connection, segment, origin)
    for (const half of connection.halves) if (isAtEnd(half)) yield* this.#closeHalf(connection, half, origin)
  }

  *end(): Generator<Item> {
    for (const connection of this.#all.values()) yield* this.#close(connection)
    this.#all.clear()
  }

  *#take(connection: Connection, segment: Segment, origin: Origin): Generator<Item> {
    const half = halfOf(connection, segment.from)
    const other = halfOf(connection, segment.to)
    if (segment.syn) {
      half.syn = segment.sequence
      half.stream.start(segment.sequence + 1)
    }
    if (segment.acknowledgement !== undefined) {
      yield* this.#cut(connection, other, other.stream.acknowledged(segment.acknowledgement))
    }
    if (segment.rst) {
      // What it may have as its payload is a word to people, none of the stream's octets (RFC 9293 §3.5.3).
      half.rst ??= segment.sequence
      return
    }
    const sequence = segment.syn ? (segment.sequence + 1) >>> 0 : segment.sequence
    if (segment.fin) half.fin ??= { sequence: (sequence + segment.payload.length + segment.cut) >>> 0, origin }
    yield* this.#cut(connection, half, half.stream.segment(sequence, segment.payload, segment.cut, origin))
  }

  *#cut(connection: Connection, half: Half, parts: Iterable<InOrder<Origin>>): Generator<Item> {
    for (const { octets, hole, early, origin } of parts) {
      if (octets !== undefined) for (const cut of half.cutter.push(octets, origin)) yield this.#item(connection, half, cut)
      if (early !== undefined) {
        const text = `${early} octets from before the first segment of the capture are not decoded`
        yield { kind: 'gap', place: placeOf(half, origin, origin), reason: 'missing', octets: early, text }
      }
      if (hole === undefined) continue
      // A message that says itself how much of it is missing says enough.
      if (!half.cutter.holds(hole)) {
        const text = `${hole} octets are not in the capture`
        yield { kind: 'gap', place: placeOf(half, origin, origin), reason: 'missing', octets: hole, text }
      }
      for (const cut of half.cutter.hole(hole, origin)) yield this.#item(connection, half, cut)
    }
  }

  #item(connection: Connection, half: Half, cut: Cut<Origin>): Item {
    const place = placeOf(half, cut.first, cut.last)
    if (cut.kind === 'lost') return notSynchronized(cut, place, 'of a message whose beginning is not in the capture')
    const { bytes, missing } = cut
    const optionsUnder = optionsOf(connection, half)
    const options = optionsUnder(this.#assumptions)
    const optionsKnown = connection.halves.every((each) => each.offer)
    const item: Item = { kind: 'message', place, bytes, options, optionsKnown, optionsUnder, missing }
    if (bytes[18] === 1 && missing === 0) {
      const { offer, problems } = dissect(bytes, options)
      // A malformed one is refused, and settles nothing.
      if (offer !== undefined && problems.length === 0) half.offer = offer
    }
    return item
  }

  #open({ from, to }: Segment): Connection {
    const half = (a: string, b: string): Half => {
      const cutter: MessageCutter<Origin> = new MessageCutter(() => optionsOf(connection, own)(this.#assumptions).extendedMessages)
      const own: Half = { from: a, to: b, stream: new Reassembly(), cutter }
      return own
    }
    const connection: Connection = { halves: [half(from, to), half(to, from)] }
    return connection
  }

  *#close(connection: Connection, origin?: Origin): Generator<Item> {
    for (const half of connection.halves) yield* this.#closeHalf(connection, half, origin)
  }

  *#closeHalf(connection: Connection, half: Half, origin: Origin = { packet: 0 }): Generator<Item> {
    yield* this.#cut(connection, half, half.stream.end(half.fin))
    for (const cut of half.cutter.end(origin)) {
      // The packet that ends the connection, or the file, brought none of it.
      yield this.#item(connection, half, { ...cut, last: cut.first })
    }
  }

  *#letGo(origin: Origin): Generator<Item> {
    const [key, connection] = this.#all.entries().next().value!
    yield* this.#close(connection, origin)
    this.#all.delete(key)
  }
}

/** What the OPENs so far settle for what `half` sends. */
function optionsOf({ halves }: Connection, half: Half): OptionsUnder {
  const { offer } = half
  const other = halves[halves[0] === half ? 1 : 0].offer
  return (assumptions) => negotiatedOptions(offer, other, assumptions)
}

/** A segment of another connection between the same ports: its SYN, or octets that are far from those of one that has ended. */
function isNew(connection: Connection, { from, syn, sequence, payload }: Segment): boolean {
  const half = halfOf(connection, from)
  if (!syn) return payload.length > 0 && connection.halves.some((each) => endOf(each) !== undefined) && half.stream.isFar(sequence)
  if (half.syn !== undefined) return half.syn !== sequence
  // A capture may have the SYN behind the first octets.
  return half.stream.started && !half.stream.beganAt((sequence + 1) >>> 0)
}

/** Where its octets end, as far as it is known. */
function endOf({ fin, rst }: Half): number | undefined {
  return fin?.sequence ?? rst
}

/** It has said where its octets end, and all are there: captures may have a FIN or RST before octets that were sent before it. */
function isAtEnd(half: Half): boolean {
  const end = endOf(half)
  return end !== undefined && half.stream.reached(end)
}

function halfOf(connection: Connection, from: string): Half {
  return connection.halves[0].from === from ? connection.halves[0] : connection.halves[1]
}

function placeOf(half: Half, first: Origin, last: Origin): Place {
  return {
    packet: last.packet,
    ...(first.packet !== last.packet && { firstPacket: first.packet }),
    ...(last.line !== undefined && { line: first.line ?? last.line }),
    ...(last.time !== undefined && { time: last.time }),
    from: half.from,
    to: half.to,
  }
}
