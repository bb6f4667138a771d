/**
 * Cuts one direction of a connection into messages, and finds its way again where it cannot: after octets that the capture has not, after a
 * header that makes no sense. The speaker's framer gives up there, as RFC 4271 §6.1 asks; who reads a capture wants the rest too.
 *
 *     push(octets, origin)      what a packet brought
 *     hole(octets, origin)      how many are missing: a message whose beginning is there says where the next one begins
 */
import { EXTENDED_MESSAGE_SIZE, HEADER_SIZE, MAX_MESSAGE_SIZE, MessageType, readHeader } from '../wire/header.ts'
import { Bytes } from './bytes.ts'
import type { Item, Place } from './item.ts'

/** One message, whole or not, or octets that are none. */
export type Cut<Origin> =
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly missing: number; readonly first: Origin; readonly last: Origin }
  | {
      readonly kind: 'lost'
      /** The first of them. */
      readonly bytes: Uint8Array
      readonly octets: number
      readonly malformed: boolean
      readonly first: Origin
      readonly last: Origin
    }

/** What is told of octets that are no message; `incomplete` says what they are where the capture, not the sender, is the cause. */
export function notSynchronized<Origin>(cut: Extract<Cut<Origin>, { kind: 'lost' }>, place: Place, incomplete: string): Item {
  const { bytes, octets, malformed } = cut
  const why = malformed ? 'that are no message: Message Header Error/Connection Not Synchronized (1/1)' : incomplete
  const text = `${octets} octets ${why}`
  return { kind: 'gap', place, reason: 'not-synchronized', text, bytes, octets, ...(malformed && { malformed: true }) }
}

/** Octets that are kept of what is no message. */
const MOST_LOST = 4096

export class MessageCutter<Origin> {
  readonly #bytes = new Bytes()
  readonly #extended: () => boolean
  /** Where in the stream each origin's octets begin; those of messages that are out are dropped. */
  #origins: { readonly at: number; readonly origin: Origin }[] = []
  /** Octets that belong to a message whose middle is missing. */
  #skip = 0
  /** Looking for a marker, because of what: the capture or the sender. */
  #searching: 'capture' | 'sender' | undefined
  #started = false
  /** What a search has passed over. */
  #lost: { readonly first: Origin; readonly parts: Uint8Array[]; kept: number; octets: number } | undefined

  /** `extended` is asked at each message whether the session has RFC 8654. */
  constructor(extended: () => boolean = () => false) {
    this.#extended = extended
  }

  /** Octets of a message that is not complete, or of what is being searched. */
  get pending(): number {
    return this.#bytes.length
  }

  *push(bytes: Uint8Array, origin: Origin): Generator<Cut<Origin>> {
    const skipped = Math.min(this.#skip, bytes.length)
    this.#skip -= skipped
    if (skipped === bytes.length) return
    this.#origins.push({ at: this.#bytes.taken + this.#bytes.length, origin })
    this.#bytes.push(bytes.subarray(skipped))
    if (!this.#started) {
      this.#started = true
      // A capture may begin inside a message: then the sender is not to blame.
      if (!mayBegin(this.#bytes.all())) this.#searching = 'capture'
    }
    yield* this.#cut(origin)
  }

  /** All of this many missing octets belong to one message, whose beginning is there. */
  holds(octets: number): boolean {
    if (this.#skip > 0) return this.#skip >= octets
    const length = this.#searching === undefined ? this.#lengthOf() : undefined
    return length !== undefined && length - this.#bytes.length >= octets
  }

  *hole(octets: number, origin: Origin): Generator<Cut<Origin>> {
    if (this.#skip >= octets) {
      this.#skip -= octets
      return
    }
    const length = this.#searching === undefined ? this.#lengthOf() : undefined
    if (length !== undefined && this.#skip === 0) {
      const missing = length - this.#bytes.length
      yield this.#message(this.#bytes.length, missing, origin)
      this.#skip = Math.max(0, missing - octets)
      if (missing < octets) this.#searching = 'capture'
      return
    }
    this.#skip = 0
    yield* this.#flush(origin)
    this.#searching = 'capture'
    this.#started = true
  }

  /** The stream is at its end: what is left of a message is a message without its end. */
  *end(origin: Origin): Generator<Cut<Origin>> {
    yield* this.#flush(origin)
    this.#skip = 0
    this.#searching = undefined
    this.#started = false
  }

  *#flush(origin: Origin): Generator<Cut<Origin>> {
    const length = this.#searching === undefined ? this.#lengthOf() : undefined
    const left = this.#bytes.length
    if (length !== undefined) yield this.#message(left, length - left, origin)
    else if (left > 0 && this.#searching === undefined && mayBegin(this.#bytes.all())) yield this.#message(left, HEADER_SIZE - left, origin)
    else this.#pass(left, origin)
    yield* this.#found(origin)
  }

  *#cut(origin: Origin): Generator<Cut<Origin>> {
    for (;;) {
      if (this.#searching !== undefined) {
        const bytes = this.#bytes.all()
        const at = findMessage(bytes, this.#extended())
        this.#pass(at, origin)
        if (!this.#atMessage()) return
        yield* this.#found(origin)
        this.#searching = undefined
      }
      const header = this.#bytes.peek(HEADER_SIZE)
      if (header === undefined) return
      const length = (header[16]! << 8) | header[17]!
      if (!isMarker(header, 0)) {
        this.#searching = 'sender'
        continue
      }
      if (length < HEADER_SIZE || length > this.#largest(header[18]!)) {
        // Only the header can be believed to belong to it.
        yield this.#message(HEADER_SIZE, 0, origin)
        this.#searching = 'sender'
        continue
      }
      if (this.#bytes.length < length) return
      yield this.#message(length, 0, origin)
    }
  }

  /** After a search: whether what is in front is a whole header. */
  #atMessage(): boolean {
    const header = this.#bytes.peek(HEADER_SIZE)
    return header !== undefined && isMessage(header, 0, this.#extended())
  }

  #largest(type: number): number {
    return this.#extended() && type !== MessageType.open && type !== MessageType.keepalive ? EXTENDED_MESSAGE_SIZE : MAX_MESSAGE_SIZE
  }

  /** That of the message in front, which is not whole. */
  #lengthOf(): number | undefined {
    const header = this.#bytes.peek(HEADER_SIZE)
    if (header === undefined || !isMarker(header, 0)) return undefined
    const length = (header[16]! << 8) | header[17]!
    return length > this.#bytes.length ? length : undefined
  }

  #message(octets: number, missing: number, last: Origin): Cut<Origin> {
    const first = this.#firstOrigin(last)
    return { kind: 'message', bytes: this.#take(octets), missing, first, last }
  }

  /** Goes over octets that are no message. */
  #pass(octets: number, origin: Origin): void {
    if (octets === 0) return
    this.#lost ??= { first: this.#firstOrigin(origin), parts: [], kept: 0, octets: 0 }
    const part = this.#take(octets).subarray(0, MOST_LOST - this.#lost.kept)
    this.#lost.parts.push(part)
    this.#lost.kept += part.length
    this.#lost.octets += octets
  }

  /** The search is over: what it went over is told at once. */
  *#found(last: Origin): Generator<Cut<Origin>> {
    if (this.#lost === undefined) return
    const { first, parts, kept, octets } = this.#lost
    this.#lost = undefined
    const bytes = new Uint8Array(kept)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    yield { kind: 'lost', bytes, octets, malformed: this.#searching !== 'capture', first, last }
  }

  #firstOrigin(last: Origin): Origin {
    let found = 0
    while (found + 1 < this.#origins.length && this.#origins[found + 1]!.at <= this.#bytes.taken) found++
    if (found > 0) this.#origins = this.#origins.slice(found)
    return this.#origins[0]?.origin ?? last
  }

  #take(octets: number): Uint8Array {
    return this.#bytes.take(octets)!
  }
}

function isMarker(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 16; i++) if (bytes[i] !== 0xff) return false
  return true
}

/** As far as the octets go they could be the beginning of a message. */
function mayBegin(bytes: Uint8Array): boolean {
  for (let i = 0; i < Math.min(16, bytes.length); i++) if (bytes[i] !== 0xff) return false
  return true
}

/** A header that a speaker takes: what a search may end at. */
function isMessage(bytes: Uint8Array, at: number, extended: boolean): boolean {
  return bytes[at] === 0xff && !('code' in readHeader(bytes, at, extended ? EXTENDED_MESSAGE_SIZE : MAX_MESSAGE_SIZE))
}

/** Where the next message begins, or could begin with octets that are to come; the number of octets where none does. */
function findMessage(bytes: Uint8Array, extended: boolean): number {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes.length - at < HEADER_SIZE) {
      if (mayBegin(bytes.subarray(at))) return at
    } else if (isMessage(bytes, at, extended)) return at
  }
  return bytes.length
}

/** Octets that begin with a message's header: how a connection on another port than 179 is known. */
export function beginsWithMessage(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_SIZE && isMessage(bytes, 0, true)
}
