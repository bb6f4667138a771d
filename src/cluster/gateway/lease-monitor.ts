/**
 * Who is alive, by leases: one timer for each node, started again at each renewal. Says `not-ready` only where silence can be laid at the
 * node's door:
 *
 * - nobody is judged until one lease duration after the monitor's own start, or after the API was away, or after its own process slept;
 *   who was never heard from yet has `firstContact`, for machines do not all boot in one lease duration;
 * - when more than `massExpiryShare` of the Ready nodes (and at least two) fall silent together, it is the path to the API that is taken for broken:
 *   nobody is judged, and it says so, until enough of them are heard again.
 */
import { formatDuration, type Micros, type TimerProfile } from '../../model/index.ts'
import type { Clock, Timer } from '../../world/index.ts'
import type { NodeHealth } from './placement.ts'

export interface LeaseMonitorOptions {
  readonly timers: Pick<TimerProfile, 'leaseDuration' | 'leaseRenewInterval'>
  /** The share of the Ready nodes above which a common silence is nobody's fault. */
  readonly massExpiryShare: number
  /** How long a node that nobody ever heard from has for its first renewal, µs. Default, and least: the lease duration. */
  readonly firstContact?: Micros
}

interface Watched {
  readonly name: string
  readonly timer: Timer
  health: NodeHealth
  /** When it was last heard, or the start of the present grace. */
  heard: Micros
  /** Not judged, for it fell silent with most others and was not heard since. */
  suspended: boolean
}

export interface LeaseMonitorEvents {
  /** A node's health is another now, with the reason. */
  changed(node: string, health: NodeHealth, reason: string): void
  said(level: 'info' | 'warning', message: string): void
}

export class LeaseMonitor {
  readonly #clock: Clock
  readonly #timers: LeaseMonitorOptions['timers']
  readonly #share: number
  readonly #firstContact: Micros
  readonly #events: LeaseMonitorEvents
  readonly #nodes = new Map<string, Watched>()
  #paused = false
  #frozen = false

  constructor(clock: Clock, { timers, massExpiryShare, firstContact = 0 }: LeaseMonitorOptions, events: LeaseMonitorEvents) {
    this.#clock = clock
    this.#timers = timers
    this.#share = massExpiryShare
    this.#firstContact = Math.max(firstContact, timers.leaseDuration)
    this.#events = events
  }

  /** True while a mass expiry keeps everything where it is. */
  get frozen(): boolean {
    return this.#frozen
  }

  health(node: string): NodeHealth {
    return this.#nodes.get(node)?.health ?? 'unknown'
  }

  /** True once every node was heard from or judged. */
  get settled(): boolean {
    return [...this.#nodes.values()].every((node) => node.health !== 'unknown')
  }

  /** `health`: what was known of it before this monitor started. */
  add(name: string, health: NodeHealth): void {
    if (this.#nodes.has(name)) return
    const timer = this.#clock.timer(`lease ${name}`, () => this.#expired(node))
    const node: Watched = { name, timer, health, heard: this.#clock.now(), suspended: false }
    this.#nodes.set(name, node)
    if (!this.#paused) timer.start(this.#patience(node))
  }

  remove(name: string): void {
    this.#nodes.get(name)?.timer.stop()
    this.#nodes.delete(name)
  }

  renewed(name: string): void {
    const node = this.#nodes.get(name)
    if (node === undefined) return
    node.heard = this.#clock.now()
    node.suspended = false
    if (!this.#paused) node.timer.start(this.#timers.leaseDuration)
    this.#become(node, 'ready', 'the lease is renewed')
    if (this.#frozen) this.#thawMaybe()
  }

  /** Nobody is judged until `resume`: the API does not serve, so nobody can renew. */
  pause(): void {
    this.#paused = true
    for (const node of this.#nodes.values()) node.timer.stop()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#grace()
  }

  stop(): void {
    this.pause()
    this.#nodes.clear()
  }

  /** How long `node` may be silent. */
  #patience({ health }: Watched): Micros {
    return health === 'unknown' ? this.#firstContact : this.#timers.leaseDuration
  }

  /** Everybody gets one whole lease duration from now. */
  #grace() {
    for (const node of this.#nodes.values()) {
      node.heard = this.#clock.now()
      node.suspended = false
      node.timer.start(this.#patience(node))
    }
  }

  #expired(node: Watched) {
    const { leaseDuration } = this.#timers
    const late = this.#clock.now() - (node.heard + this.#patience(node))
    if (late > leaseDuration / 4) {
      this.#events.said('warning', `slept for about ${formatDuration(late)}; nobody is judged for one lease duration`)
      this.#grace()
      return
    }
    // A renewal may wait to be read behind this timer.
    this.#clock.yield(() => {
      if (!this.#paused && this.#nodes.get(node.name) === node && !node.timer.running) this.#judge(node)
    })
  }

  #judge(node: Watched) {
    if (node.health === 'not-ready') return
    const ready = [...this.#nodes.values()].filter((each) => each.health === 'ready')
    const together = ready.filter((each) => each.suspended || each.heard <= node.heard + this.#spread)
    if (node.health === 'ready' && this.#mass(together.length, ready.length)) {
      for (const each of together) each.suspended = true
      if (!this.#frozen) this.#freeze(together.length, ready.length)
      return
    }
    const reason = node.health === 'unknown' ? 'never heard from' : 'the lease expired'
    this.#become(node, 'not-ready', `${reason} (${formatDuration(this.#patience(node))})`)
  }

  #mass(silent: number, ready: number): boolean {
    return silent >= 2 && silent > this.#share * ready
  }

  /** Nodes cut off at one moment renewed last within one interval of each other; a node in good health renewed later than that. */
  get #spread(): Micros {
    const { leaseDuration, leaseRenewInterval } = this.#timers
    return Math.min(leaseRenewInterval * 1.25, leaseDuration / 2)
  }

  #freeze(silent: number, ready: number) {
    this.#frozen = true
    this.#events.said('warning', `${silent} of ${ready} Ready nodes fell silent together: the path to the API is suspect, nothing is moved`)
  }

  #thawMaybe() {
    const ready = [...this.#nodes.values()].filter((each) => each.health === 'ready')
    const silent = ready.filter((each) => each.suspended).length
    if (this.#mass(silent, ready.length)) return
    this.#frozen = false
    this.#events.said('info', 'enough nodes are heard again; those still silent have one lease duration')
    this.#grace()
  }

  #become(node: Watched, health: NodeHealth, reason: string) {
    if (node.health === health) return
    node.health = health
    this.#events.changed(node.name, health, reason)
  }
}
