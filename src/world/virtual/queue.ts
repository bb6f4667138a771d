import type { Micros } from '../../model/index.ts'

/** One thing that is to happen. `cancel` on the queue is the only way to take it back. */
export interface Scheduled {
  readonly at: Micros
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
 */
export class EventQueue {
  #now: Micros
  #order = 0
  #waiting = 0
  #atThisInstant = 0
  readonly #heap: Scheduled[] = []

  constructor(start: Micros) {
    this.#now = start
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

  /** Runs `run` after `delay` (≥ 0; fractions are rounded up). */
  schedule(delay: Micros, run: () => void): Scheduled {
    if (!(delay >= 0)) throw new RangeError(`cannot schedule ${delay} µs ahead: not a delay`)
    const entry: Scheduled = { at: this.#now + Math.ceil(delay), order: this.#order++, run, state: 'waiting' }
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
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
