import type { Micros } from '../../model/index.ts'
import { stableHash } from '../../net/index.ts'

/** One thing that is to happen. `cancel` on the queue is the only way to take it back. */
export interface Scheduled {
  readonly at: Micros
  /** Among those of one instant: the lower first. */
  readonly rank: number
  readonly order: number
  readonly run: () => void
  state: 'waiting' | 'cancelled' | 'done'
}

/** So many events without time moving on mean that something schedules itself at once, for ever. */
const LIVELOCK = 5_000_000

/** So many cancelled events may wait for their turn; more are cleared away once they are the greater part (timers that are always started again). */
const DEAD_KEPT = 1_024

/**
 * The one queue of a universe: whole microseconds, and for equal times the order of scheduling. Nothing else moves time, so the same
 * calls give the same run.
 *
 * With a seed, what happens at one instant in different lanes (on different devices) comes in an order that the seed and the instant draw: between
 * devices nobody promises one. Within a lane, and from a cause to what it brings about, the order stays.
 */
export class EventQueue {
  #now: Micros
  #order = 0
  #waiting = 0
  #atThisInstant = 0
  readonly #heap: Scheduled[] = []
  readonly #seed: number | undefined

  constructor(start: Micros, seed?: number) {
    this.#now = start
    this.#seed = seed
  }

  get now(): Micros {
    return this.#now
  }

  /** How many are waiting, without those that were cancelled. */
  get pending(): number {
    return this.#waiting
  }

  /** When the next one is due; `undefined` if nothing waits. */
  get next(): Micros | undefined {
    return this.#head()?.at
  }

  /** Runs `run` after `delay` (≥ 0; fractions are rounded up). `lane`: of the device on which it happens; 0, before all others, where it is on none. */
  schedule(delay: Micros, run: () => void, lane = 0): Scheduled {
    if (!(delay >= 0)) throw new RangeError(`cannot schedule ${delay} µs ahead: not a delay`)
    const at = this.#now + Math.ceil(delay)
    const rank = lane === 0 || this.#seed === undefined ? 0 : drawn(lane ^ this.#seed ^ at)
    const entry: Scheduled = { at, rank, order: this.#order++, run, state: 'waiting' }
    this.#waiting++
    this.#push(entry)
    return entry
  }

  cancel(entry: Scheduled): void {
    if (entry.state !== 'waiting') return
    entry.state = 'cancelled'
    this.#waiting--
    const dead = this.#heap.length - this.#waiting
    if (dead > DEAD_KEPT && dead > this.#waiting) this.#clear()
  }

  /** Runs the next event; `false` if nothing waits. */
  step(): boolean {
    const entry = this.#head()
    if (!entry) return false
    this.#pop()
    if (entry.at > this.#now) {
      this.#now = entry.at
      this.#atThisInstant = 0
    } else if (++this.#atThisInstant > LIVELOCK) {
      throw new Error(`livelock: ${LIVELOCK} events at ${this.#now} µs without time moving on; something reschedules itself with no delay`)
    }
    entry.state = 'done'
    this.#waiting--
    entry.run()
    return true
  }

  /** Moves time on to `instant` where nothing is due before it. */
  advanceTo(instant: Micros): void {
    const next = this.next
    if (next !== undefined && next < instant) throw new Error(`cannot skip to ${instant} µs over an event that is due at ${next} µs`)
    if (instant <= this.#now) return
    this.#now = instant
    this.#atThisInstant = 0
  }

  #head(): Scheduled | undefined {
    while (this.#heap[0]?.state === 'cancelled') this.#pop()
    return this.#heap[0]
  }

  /** Takes the cancelled ones out. Which comes first among the others is never a question of their places. */
  #clear(): void {
    const heap = this.#heap
    let kept = 0
    for (const entry of heap) if (entry.state === 'waiting') heap[kept++] = entry
    heap.length = kept
    for (let index = (kept >> 1) - 1; index >= 0; index--) this.#sink(heap[index]!, index)
  }

  #push(entry: Scheduled): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last, 0)
  }

  /** Puts an entry at the place `from` or as far below it as it belongs. */
  #sink(entry: Scheduled, from: number): void {
    const heap = this.#heap
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, entry)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = entry
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank
}

/** The lane of a device. */
export function laneOf(device: string): number {
  return stableHash(device) | 1
}

/** Spreads 32 bits over all of them: murmur3's mixer. */
function drawn(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
