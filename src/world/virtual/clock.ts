import { type Micros, SECOND } from '../../model/index.ts'
import type { Clock, Timer } from '../ports.ts'
import type { EventQueue, Scheduled } from './queue.ts'
import { formatWallTime } from './wall-time.ts'

/** A device's view of the universe's queue. After `stop` no callback of it runs, and its timers are off the queue. */
export class VirtualClock implements Clock {
  readonly #queue: EventQueue
  readonly #epochSeconds: number
  readonly #lane: number
  readonly #timers = new Set<VirtualTimer>()
  #stopped = false

  /** `lane`: the device's on the queue. */
  constructor(queue: EventQueue, epochSeconds: number, lane = 0) {
    this.#queue = queue
    this.#epochSeconds = epochSeconds
    this.#lane = lane
  }

  now(): Micros {
    return this.#queue.now
  }

  wallTime(precision?: 'micros'): string {
    const { now } = this.#queue
    const seconds = formatWallTime(this.#epochSeconds + Math.floor(now / SECOND))
    return precision === 'micros' ? seconds.replace('Z', `.${String(Math.floor(now % SECOND)).padStart(6, '0')}Z`) : seconds
  }

  timer(name: string, callback: () => void): Timer {
    return new VirtualTimer(name, this.#queue, this.#lane, callback, (timer, running) => {
      if (this.#stopped) return false
      if (running) this.#timers.add(timer)
      else this.#timers.delete(timer)
      return true
    })
  }

  yield(callback: () => void): void {
    const run = () => {
      if (!this.#stopped) callback()
    }
    this.#queue.schedule(0, run, this.#lane)
  }

  stop(): void {
    for (const timer of [...this.#timers]) timer.stop()
    this.#stopped = true
  }
}

class VirtualTimer implements Timer {
  readonly name: string
  readonly #queue: EventQueue
  readonly #lane: number
  readonly #callback: () => void
  /** Tells the clock; `false`: it has stopped, and nothing starts any more. */
  readonly #register: (timer: VirtualTimer, running: boolean) => boolean
  #entry: Scheduled | undefined

  constructor(
    name: string,
    queue: EventQueue,
    lane: number,
    callback: () => void,
    register: (timer: VirtualTimer, running: boolean) => boolean,
  ) {
    this.name = name
    this.#queue = queue
    this.#lane = lane
    this.#callback = callback
    this.#register = register
  }

  get running(): boolean {
    return this.#entry !== undefined
  }

  get deadline(): Micros | undefined {
    return this.#entry?.at
  }

  start(delay: Micros): void {
    this.stop()
    if (!this.#register(this, true)) return
    const run = () => {
      this.#entry = undefined
      this.#register(this, false)
      this.#callback()
    }
    this.#entry = this.#queue.schedule(delay, run, this.#lane)
  }

  stop(): void {
    if (!this.#entry) return
    this.#queue.cancel(this.#entry)
    this.#entry = undefined
    this.#register(this, false)
  }
}
