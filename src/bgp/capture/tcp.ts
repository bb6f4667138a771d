/**
 * One direction of a TCP connection in order again (RFC 9293 §3.4): what came twice is left out, what came too early waits for what is
 * missing, and what never came is a hole. The receiver's acknowledgements tell that it is the capture that lacks it.
 */
export interface InOrder<Origin> {
  readonly octets?: Uint8Array
  /** Octets that the capture has not. */
  readonly hole?: number
  /** Octets from before the first segment of a capture that has no SYN: their place in the stream is past. */
  readonly early?: number
  readonly origin: Origin
}

interface Waiting<Origin> {
  readonly sequence: number
  readonly payload: Uint8Array
  readonly cut: number
  readonly origin: Origin
}

/** Octets that may wait for a missing segment: more than a window of any BGP speaker. */
const MOST_WAITING = 8 << 20
/** Acknowledgements beyond a hole before it is believed: packets are captured out of order, too. */
const ACKNOWLEDGEMENTS = 3

export class Reassembly<Origin> {
  /** Sequence number of the next octet; `undefined` before the first. */
  #next: number | undefined
  /** That of the first segment, where no SYN told it. */
  #first: number | undefined
  /** In the order of their sequence numbers. */
  #waiting: Waiting<Origin>[] = []
  #octetsWaiting = 0
  #acknowledged = 0

  /** The other end takes this for the first octet: a SYN, or what it acknowledges. */
  start(sequence: number): void {
    this.#next ??= sequence >>> 0
  }

  get started(): boolean {
    return this.#next !== undefined
  }

  /** The first segment of a capture began there, before any SYN. */
  beganAt(sequence: number): boolean {
    return this.#first === sequence
  }

  /** All octets before `sequence` are out. */
  reached(sequence: number): boolean {
    return this.#next === undefined || distance(this.#next, sequence) <= 0
  }

  /** Farther from the octets of this stream than any segment of it could be. */
  isFar(sequence: number): boolean {
    return this.#next !== undefined && Math.abs(distance(this.#next, sequence)) > MOST_WAITING
  }

  *segment(sequence: number, payload: Uint8Array, cut: number, origin: Origin): Generator<InOrder<Origin>> {
    if (payload.length === 0 && cut === 0) return
    if (this.#next === undefined) {
      this.#next = sequence
      this.#first = sequence
    }
    // One octet is a probe of a connection that is idle.
    if (this.#first !== undefined && payload.length > 1 && distance((sequence + payload.length) >>> 0, this.#first) >= 0) {
      yield { early: payload.length, origin }
      return
    }
    const ahead = distance(this.#next, sequence)
    if (ahead > 0) {
      this.#wait({ sequence, payload, cut, origin })
      if (this.#octetsWaiting > MOST_WAITING) yield* this.#giveUp()
      return
    }
    yield* this.#deliver({ sequence, payload, cut, origin })
    yield* this.#catchUp()
  }

  /** The other end has all up to `sequence`. */
  *acknowledged(sequence: number): Generator<InOrder<Origin>> {
    const first = this.#waiting[0]
    if (first === undefined || distance(first.sequence, sequence) < 0) return
    this.#acknowledged++
    if (this.#acknowledged >= ACKNOWLEDGEMENTS) yield* this.#giveUp()
  }

  /** Nothing more comes. `last`: the sequence number behind the last octet, and what told it. */
  *end(last?: { readonly sequence: number; readonly origin: Origin }): Generator<InOrder<Origin>> {
    while (this.#waiting.length > 0) yield* this.#giveUp()
    if (last === undefined || this.reached(last.sequence)) return
    yield { hole: distance(this.#next!, last.sequence), origin: last.origin }
    this.#next = last.sequence
  }

  *#giveUp(): Generator<InOrder<Origin>> {
    const first = this.#waiting[0]!
    yield { hole: distance(this.#next!, first.sequence), origin: first.origin }
    this.#next = first.sequence
    this.#acknowledged = 0
    yield* this.#catchUp()
  }

  *#catchUp(): Generator<InOrder<Origin>> {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined || distance(this.#next!, first.sequence) > 0) return
      this.#waiting.shift()
      this.#octetsWaiting -= first.payload.length
      this.#acknowledged = 0
      yield* this.#deliver(first)
    }
  }

  /** What is new in a segment that begins no later than the next octet. */
  *#deliver({ sequence, payload, cut, origin }: Waiting<Origin>): Generator<InOrder<Origin>> {
    const known = distance(sequence, this.#next!)
    if (known >= payload.length + cut) return
    const octets = payload.subarray(known)
    if (octets.length > 0) yield { octets, origin }
    const hole = Math.min(cut, payload.length + cut - known)
    if (hole > 0) yield { hole, origin }
    this.#next = (sequence + payload.length + cut) >>> 0
    // Sequence numbers come round: what is far behind must not seem to be ahead.
    if (this.#first !== undefined && distance(this.#first, this.#next) > 1 << 30) this.#first = undefined
  }

  #wait(segment: Waiting<Origin>): void {
    const at = this.#waiting.findLastIndex((each) => distance(each.sequence, segment.sequence) >= 0) + 1
    const before = this.#waiting[at - 1]
    // A copy of one that waits already; the longer one is kept.
    if (before?.sequence === segment.sequence) {
      if (before.payload.length >= segment.payload.length) return
      this.#octetsWaiting += segment.payload.length - before.payload.length
      this.#waiting[at - 1] = segment
      return
    }
    this.#waiting.splice(at, 0, segment)
    this.#octetsWaiting += segment.payload.length
  }
}

/** How far `to` is after `from`, sequence numbers being modulo 2³². */
export function distance(from: number, to: number): number {
  return (to - from) | 0
}
