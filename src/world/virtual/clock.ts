import { type Micros, SECOND } from '../../model/index.ts'
import type { Clock, Timer } from '../ports.ts'
import type { EventQueue, Scheduled } from './queue.ts'
import { formatWallTime } from './wall-time.ts'

/** A device's view of the universe's queue. After `stop` no callback of it runs, and its timers are off the queue. */
export class VirtualClock implements Clock {
  readonly #queue: EventQueue
  readonly #epochSeconds: number
  readonly #timers = new Set<VirtualTimer>()
  #stopped = false

  constructor(queue: EventQueue, epochSeconds: number) {
    this.#queue = queue
    this.#epochSeconds = epochSeconds
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
    return new VirtualTimer(name, this.#queue, callback, (timer, running) => {
      if (this.#stopped) return false
      if (running) this.#timers.add(timer)
      else this.#timers.delete(timer)
      return true
    })
  }

  yield(callback: () => void): void {
    this.#queue.schedule(0, () => {
      if (!this.#stopped) callback()
    })
  }

  stop(): void {
    for (const timer of [...this.#timers]) timer.stop()
    this.#stopped = true
  }
}

class VirtualTimer implements Timer {
  readonly name: string
  readonly #queue: EventQueue
  readonly #callback: () => void
  /** Tells the clock; `false`: it has stopped, and nothing starts any more. */
  readonly #register: (timer: VirtualTimer, running: boolean) => boolean
  #entry: Scheduled | undefined

  constructor(name: string, queue: EventQueue, callback: () => void, register: (timer: VirtualTimer, running: boolean) => boolean) {
    this.name = name
    this.#queue = queue
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
    this.#entry = this.#queue.schedule(delay, () => {
      this.#entry = undefined
      this.#register(this, false)
      this.#callback()
    })
  }

  stop(): void {
    if (!this.#entry) return
    this.#queue.cancel(this.#entry)
    this.#entry = undefined
    this.#register(this, false)
  }
}
