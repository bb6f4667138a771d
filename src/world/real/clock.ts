import type { Micros } from '../../model/index.ts'
import type { Clock, Timer } from '../ports.ts'

/** CLOCK_MONOTONIC in whole microseconds: one base for every process of one machine, containers included. */
export function monotonicMicros(): Micros {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** `setTimeout` counts in whole milliseconds, from the loop's idea of now, in 31 bits. */
const LONGEST_SLEEP_MS = 2_000_000_000

/**
 * Named timers over one `setTimeout`, since Node's own fire up to a millisecond early and, of unlike lengths, in no promised order: here
 * the order is that of deadlines, then of starting, and nothing fires before its time.
 */
export class RealClock implements Clock {
  readonly #due: RealTimer[] = []
  #order = 0
  #sleep: NodeJS.Timeout | undefined
  #ended = false

  now(): Micros {
    return monotonicMicros()
  }

  wallTime(precision?: 'micros'): string {
    const now = new Date().toISOString()
    // Date knows milliseconds.
    return precision === 'micros' ? now.replace('Z', '000Z') : `${now.slice(0, 19)}Z`
  }

  timer(name: string, callback: () => void): Timer {
    return new RealTimer(name, callback, this)
  }

  /** The check phase: what the kernel had ready when the poll phase began has been delivered by then. */
  yield(callback: () => void): void {
    setImmediate(() => {
      if (!this.#ended) callback()
    })
  }

  stop(): void {
    this.#ended = true
    for (const timer of this.#due.splice(0)) timer.deadline = undefined
    clearTimeout(this.#sleep)
  }

  add(timer: RealTimer, delay: Micros): void {
    this.remove(timer)
    if (this.#ended) return
    if (!(delay >= 0)) throw new RangeError(`timer ${timer.name} cannot start with a delay of ${delay} µs`)
    timer.deadline = this.now() + Math.ceil(delay)
    timer.order = this.#order++
    let low = 0
    let high = this.#due.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#due[middle]!.deadline! <= timer.deadline) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, timer)
    if (low === 0) this.#sleepUntilNext()
  }

  remove(timer: RealTimer): void {
    if (timer.deadline === undefined) return
    const index = this.#due.indexOf(timer)
    timer.deadline = undefined
    if (index >= 0) this.#due.splice(index, 1)
    if (index === 0) this.#sleepUntilNext()
  }

  #sleepUntilNext(): void {
    clearTimeout(this.#sleep)
    const next = this.#due[0]
    if (!next) return
    const milliseconds = Math.ceil(Math.max(0, next.deadline! - this.now()) / 1_000)
    this.#sleep = setTimeout(() => this.#fire(), Math.min(milliseconds, LONGEST_SLEEP_MS))
  }

  /** Fires what was due when it began; what a callback starts anew waits for the next turn of the loop, so that input comes in between. */
  #fire(): void {
    const now = this.now()
    const last = this.#order
    try {
      for (let next = this.#due[0]; next && next.deadline! <= now && next.order < last; next = this.#due[0]) {
        this.#due.shift()
        next.deadline = undefined
        next.callback()
      }
    } finally {
      if (!this.#ended) this.#sleepUntilNext()
    }
  }
}

class RealTimer implements Timer {
  readonly name: string
  readonly callback: () => void
  readonly #clock: RealClock
  deadline: Micros | undefined
  order = 0

  constructor(name: string, callback: () => void, clock: RealClock) {
    this.name = name
    this.callback = callback
    this.#clock = clock
  }

  get running(): boolean {
    return this.deadline !== undefined
  }

  start(delay: Micros): void {
    this.#clock.add(this, delay)
  }

  stop(): void {
    this.#clock.remove(this)
  }
}
