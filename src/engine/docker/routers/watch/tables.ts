/**
 * Turns wake-ups into table events. A wake-up (the daemon's own log or monitor, a change of the kernel's routes) starts a reading;
 * readings are repeated, `settleMillis` apart, until two in a row agree and nothing woke in between. Sessions are reported at once;
 * routes when two readings agree, stamped with the first of them, because a daemon shows a received path before it has chosen among
 * paths. Under changes that never end, routes are reported at the latest after `PATIENCE`. After all that comes one late look: on a busy
 * machine a daemon may choose after two readings have agreed, and what it chose may change no kernel route that would tell.
 */
import type { LabEventBody, Micros, Route } from '../../../../model/index.ts'
import { MILLISECOND } from '../../../../model/index.ts'
import { SessionMemory } from '../../../session-memory.ts'
import type { TableReading } from '../driver.ts'

const PATIENCE: Micros = 400 * MILLISECOND
const LATE_LOOK_MILLIS = 400

export interface TableWatchOptions {
  readonly device: string
  readonly settleMillis: number
  readonly now: () => Micros
  readonly emit: (event: LabEventBody, at?: Micros) => void
  readonly read: () => Promise<TableReading>
}

interface Stamped {
  readonly reading: TableReading
  readonly at: Micros
  readonly uncertainty: Micros
  readonly text: string
}

export class TableWatch {
  readonly #options: TableWatchOptions
  readonly #sessions: SessionMemory
  #routes = new Map<string, string>()
  #wakes = 0
  /** The last wake-up after which the tables were read to rest. */
  #handled = 0
  #running: Promise<void> | undefined
  #cutSettle: (() => void) | undefined
  #suspect: string | undefined
  #late: NodeJS.Timeout | undefined
  /** The last reading that was reported. */
  #settled = ''
  #stopped = false

  constructor(options: TableWatchOptions) {
    this.#options = options
    this.#sessions = new SessionMemory(options.device)
  }

  wake(): void {
    this.#wakes++
    clearTimeout(this.#late)
    // A wake-up during the settling time need not wait for its end.
    this.#cutSettle?.()
    if (this.#stopped) return
    this.#run(() => this.#settle())
  }

  #run(work: () => Promise<void>): void {
    this.#running ??= work()
      .catch((error: unknown) => {
        const message = `reading the router failed: ${error instanceof Error ? error.message : String(error)}`
        this.#options.emit({ type: 'log', device: this.#options.device, level: 'error', message })
        // The next wake-up, or the audit, tries again.
        this.#handled = this.#wakes
      })
      .finally(() => {
        this.#running = undefined
        // One that came while the last reading was on its way.
        if (this.#handled !== this.#wakes && !this.#stopped) this.#run(() => this.#settle())
      })
  }

  /** A fresh reading, taken when no change is under way; under changes that never end, after `PATIENCE`. */
  async fresh(): Promise<TableReading> {
    const started = this.#options.now()
    for (;;) {
      await this.#rest(started + PATIENCE)
      const wakes = this.#wakes
      const { reading, at } = await this.#read()
      if (wakes !== this.#wakes && this.#options.now() < started + PATIENCE) continue
      return { sessions: reading.sessions.map((session) => this.#sessions.dated(session, at)), routes: reading.routes }
    }
  }

  async #rest(deadline: Micros): Promise<void> {
    if (this.#running === undefined) return
    const patience = Promise.withResolvers<void>()
    const timer = setTimeout(patience.resolve, Math.max(0, (deadline - this.#options.now()) / MILLISECOND))
    await Promise.race([this.#running, patience.promise])
    clearTimeout(timer)
  }

  /** The safety net: what two audits in a row find, and no event told in between, was missed. */
  async audit(): Promise<void> {
    if (this.#running !== undefined || this.#stopped) return
    const wakes = this.#wakes
    const stamped = await this.#read()
    if (this.#running !== undefined || wakes !== this.#wakes) {
      this.#suspect = undefined
      return
    }
    const what = [...this.#sessions.differences(stamped.reading.sessions), ...this.#routeDifferences(stamped.reading.routes)]
    const suspect = what.length === 0 ? undefined : `${wakes} ${stamped.text}`
    if (suspect !== undefined && suspect === this.#suspect) {
      for (const difference of what) this.#options.emit({ type: 'missed-event', device: this.#options.device, what: difference })
      this.#reportSessions(stamped)
      this.#reportRoutes(stamped)
    }
    this.#suspect = suspect
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#late)
    this.#cutSettle?.()
  }

  async #settle(): Promise<void> {
    const started = this.#options.now()
    let wakes = this.#wakes
    let first = await this.#read()
    this.#reportSessions(first)
    for (;;) {
      await this.#pause()
      if (this.#stopped) return
      const undisturbed = wakes === this.#wakes
      wakes = this.#wakes
      const second = await this.#read()
      this.#reportSessions(second)
      const agreed = undisturbed && first.text === second.text && wakes === this.#wakes
      if (agreed || second.at - started > PATIENCE) this.#reportRoutes(first.text === second.text ? first : second)
      if (agreed) {
        this.#settled = second.text
        this.#handled = wakes
        this.#late = setTimeout(() => this.#run(() => this.#lookAgain()), LATE_LOOK_MILLIS)
        return
      }
      if (first.text !== second.text) first = second
    }
  }

  async #lookAgain(): Promise<void> {
    const { text } = await this.#read()
    if (text !== this.#settled && !this.#stopped) await this.#settle()
  }

  /** Waits out the settling time, cut short by the next wake-up (but never to nothing, so that a storm of them is taken together). */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#cutSettle = undefined
        resolve()
      }
      const timer = setTimeout(end, this.#options.settleMillis)
      const earliest = this.#options.now() + 5 * MILLISECOND
      this.#cutSettle = () => {
        this.#cutSettle = undefined
        clearTimeout(timer)
        setTimeout(end, Math.max(0, (earliest - this.#options.now()) / MILLISECOND))
      }
    })
  }

  async #read(): Promise<Stamped> {
    const from = this.#options.now()
    const reading = await this.#options.read()
    const at = this.#options.now()
    return {
      reading,
      at,
      uncertainty: at - from,
      text: JSON.stringify([reading.routes, reading.sessions.map((s) => [s.peerAddress, s.state === 'Established', s.establishedCount])]),
    }
  }

  #reportSessions(stamped: Stamped): void {
    for (const event of this.#sessions.take(stamped.reading.sessions, stamped.at)) this.#options.emit(event, stamped.at)
  }

  #reportRoutes(stamped: Stamped): void {
    const seen = new Map<string, string>()
    const { device } = this.#options
    for (const route of stamped.reading.routes) {
      const text = JSON.stringify(route.paths)
      seen.set(route.prefix, text)
      if (this.#routes.get(route.prefix) !== text)
        this.#options.emit({ type: 'route', device, route, uncertainty: stamped.uncertainty }, stamped.at)
    }
    for (const prefix of this.#routes.keys()) {
      if (seen.has(prefix)) continue
      this.#options.emit({ type: 'route', device, route: { device, prefix, paths: [] }, uncertainty: stamped.uncertainty }, stamped.at)
    }
    this.#routes = seen
  }

  #routeDifferences(routes: readonly Route[]): string[] {
    const now = new Map(routes.map((route) => [route.prefix, JSON.stringify(route.paths)]))
    return [...new Set([...this.#routes.keys(), ...now.keys()])]
      .filter((prefix) => this.#routes.get(prefix) !== now.get(prefix))
      .map((prefix) => `BGP ${prefix}: ${this.#routes.get(prefix) ?? 'absent'} → ${now.get(prefix) ?? 'absent'}`)
  }
}
