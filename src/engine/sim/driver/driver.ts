/**
 * Moves virtual time for somebody who waits with promises. Time stands still while nobody waits. Once somebody does, events run one by one, up to
 * and with the one that settles a waiter; then one `setImmediate` lets everything run that hangs on it, before time moves on. So whoever
 * waits acts at the very instant at which it was settled, and equal runs stay equal. Waiters settle in the order in which they were registered.
 */
import { type Micros, SECOND } from '../../../model/index.ts'
import type { EventQueue, Scheduled } from '../../../world/virtual/queue.ts'
import type { VirtualTime } from '../../lab.ts'

export interface DriverOptions {
  /** How long, in real milliseconds, nobody may wait for the lab before whoever listens is told. Default 10 s. */
  readonly stallMillis?: number
}

interface Waiter {
  readonly what: string
  /** Nothing can happen any more that would settle it. */
  readonly starved: (error: Error) => void
}

/** Events in a row before signals and other input of this process are looked at. */
const SLICE = 20_000
const STALL_MILLIS = 10_000
/** Longer than anything that a lab does by itself. */
const PATIENCE: Micros = 600 * SECOND

export class Driver implements VirtualTime {
  readonly #queue: EventQueue
  readonly #stallMillis: number
  readonly #waiters = new Set<Waiter>()
  readonly #stallListeners = new Set<(error: Error) => void>()
  #watchdog: NodeJS.Timeout | undefined
  /** Deadlines and alarms on the queue: when nothing else is there, nothing can happen any more. */
  #own = 0
  #settled = false
  #running = false
  #closed = false
  #failure: Error | undefined

  constructor(queue: EventQueue, { stallMillis = STALL_MILLIS }: DriverOptions = {}) {
    this.#queue = queue
    this.#stallMillis = stallMillis
  }

  get now(): Micros {
    return this.#queue.now
  }

  alarm(instant: Micros, callback: () => void): () => void {
    let stop = () => {}
    const entry = this.#deadline(Math.max(0, instant - this.now), () => {
      stop()
      callback()
    })
    const waiter = this.#register({ what: `${instant} µs`, starved: () => {} })
    stop = () => {
      this.#cancel(entry)
      this.#settle(waiter)
    }
    return stop
  }

  onStall(listener: (error: Error) => void): () => void {
    this.#stallListeners.add(listener)
    this.#watch()
    return () => {
      this.#stallListeners.delete(listener)
      if (this.#stallListeners.size === 0) this.#unwatch()
    }
  }

  /**
   * Begins something at this instant, and waits for what it comes to. Rejects when it has not ended after `patience` of virtual time, and at once
   * when nothing is left that could happen.
   */
  ask<T>(what: string, begin: (done: (value: T) => void, failed: (error: Error) => void) => void, patience: Micros = PATIENCE): Promise<T> {
    if (this.#closed) return Promise.reject(new Error(`${what}: the lab was closed`))
    return new Promise<T>((resolve, reject) => {
      let deadline: Scheduled | undefined
      const end = (settle: () => void) => {
        if (deadline !== undefined) this.#cancel(deadline)
        this.#settle(waiter)
        settle()
      }
      const failed = (error: Error) => end(() => reject(error))
      const waiter = this.#register({ what, starved: failed })
      deadline = this.#deadline(patience, () => failed(new Error(`${what}: nothing came of it within ${patience / SECOND} s`)))
      try {
        begin((value) => end(() => resolve(value)), failed)
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  /** Time stands still from here on; who waits is told. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#unwatch()
    this.#stallListeners.clear()
    for (const { what, starved } of [...this.#waiters]) starved(new Error(`${what}: the lab was closed`))
    this.#waiters.clear()
  }

  #deadline(delay: Micros, callback: () => void): Scheduled {
    this.#own++
    return this.#queue.schedule(delay, () => {
      this.#own--
      callback()
    })
  }

  #cancel(entry: Scheduled): void {
    if (entry.state === 'waiting') this.#own--
    this.#queue.cancel(entry)
  }

  #register(waiter: Waiter): Waiter {
    this.#waiters.add(waiter)
    this.#unwatch()
    if (!this.#running && !this.#closed) {
      this.#running = true
      setImmediate(() => this.#run())
    }
    return waiter
  }

  #settle(waiter: Waiter): void {
    if (this.#waiters.delete(waiter)) this.#settled = true
  }

  /** One turn: what was settled before it has had its say. */
  #run(): void {
    this.#settled = false
    if (this.#closed || this.#waiters.size === 0) {
      this.#running = false
      this.#watch()
      return
    }
    for (let events = 0; events < SLICE && !this.#settled; events++) if (!this.#step()) break
    setImmediate(() => this.#run())
  }

  /** A bug in what an event runs ends the lab's time, and is told to everybody who waits. */
  #step(): boolean {
    try {
      if (this.#failure === undefined && this.#queue.pending > this.#own && this.#queue.step()) return true
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      for (const listener of [...this.#stallListeners]) listener(this.#failure)
    }
    for (const { what, starved } of [...this.#waiters])
      starved(this.#failure ?? new Error(`${what}: it cannot happen any more: nothing is left that could`))
    // Who waits for an instant, or for a condition until one, learns at that instant that nothing came of it: it is there at once.
    return this.#failure === undefined && this.#queue.step()
  }

  #watch(): void {
    if (this.#closed || this.#running || this.#stallListeners.size === 0 || this.#watchdog !== undefined) return
    this.#watchdog = setTimeout(() => {
      const seconds = this.#stallMillis / 1000
      const message = `the scenario has waited for ${seconds} s of real time for something that is not the lab's (a timer, a file, the network): in virtual time only what the lab does can be awaited`
      for (const listener of [...this.#stallListeners]) listener(new Error(message))
    }, this.#stallMillis)
  }

  #unwatch(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = undefined
  }
}
