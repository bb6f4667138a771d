/** The timers of one connection, with the jitter of RFC 4271 §10, and what the SendHoldTimer goes by (RFC 9687). */
import type { Micros } from '../model/index.ts'
import type { Timer, World } from '../world/index.ts'
import type { TimerName } from './fsm.ts'

const TIMERS: readonly TimerName[] = [
  'IdleHoldTimer',
  'ConnectRetryTimer',
  'DelayOpenTimer',
  'HoldTimer',
  'KeepaliveTimer',
  'SendHoldTimer',
]

export interface TimerJitter {
  readonly keepaliveJitter: boolean
  readonly idleHoldJitter: boolean
}

export class SessionTimers {
  readonly #world: World
  readonly #timers: Readonly<Record<TimerName, Timer>>
  readonly #jittered: ReadonlySet<TimerName>

  /** Which timers vary: see `PeerConfig`; the keepalives are read in logs as every 30 s (R40), so they do only where asked for. */
  constructor(world: World, name: string, vary: TimerJitter, fired: (timer: TimerName) => void) {
    this.#world = world
    const timers = TIMERS.map((timer) => [timer, world.clock.timer(`${name} ${timer}`, () => fired(timer))] as const)
    this.#timers = Object.fromEntries(timers) as Record<TimerName, Timer>
    this.#jittered = new Set([
      'ConnectRetryTimer',
      ...(vary.idleHoldJitter ? ['IdleHoldTimer' as const] : []),
      ...(vary.keepaliveJitter ? ['KeepaliveTimer' as const] : []),
    ])
  }

  /** Three quarters to all of `delay`, where the timer varies. */
  start(timer: TimerName, delay: Micros): void {
    const varies = delay > 0 && this.#jittered.has(timer)
    this.#timers[timer].start(varies ? Math.round(delay * (0.75 + this.#world.random.next() / 4)) : delay)
  }

  stop(timer: TimerName): void {
    this.#timers[timer].stop()
  }
}

/** Whether the peer takes anything of what is sent: octets given to the connection, less those that it still holds. */
export class SendProgress {
  #sent = 0
  #takenBefore = 0
  #delay: Micros = 0

  /** A new connection. */
  reset(): void {
    this.#sent = 0
    this.#takenBefore = 0
  }

  add(octets: number): void {
    this.#sent += octets
  }

  /** The SendHoldTimer was started for `delay`. */
  watch(delay: Micros, queued: number): void {
    this.#delay = delay
    this.#takenBefore = this.#sent - queued
  }

  /** It fired: for how long it should run again; `undefined` where the peer took nothing although something waits (RFC 9687 §3). */
  again(queued: number): Micros | undefined {
    const taken = this.#sent - queued
    const moves = queued === 0 || taken > this.#takenBefore
    this.#takenBefore = taken
    return moves ? this.#delay : undefined
  }
}
