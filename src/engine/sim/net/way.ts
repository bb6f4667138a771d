import type { Micros } from '../../../model/index.ts'
import type { LiveTrace } from './api.ts'
import type { Flow } from './flow.ts'
import type { Ground, Place } from './ground.ts'
import type { Kernel } from './kernel.ts'
import type { Link } from './link.ts'
import type { Tracked } from './nat.ts'
import type { NeighborEntry } from './neighbors.ts'
import type { Payload } from './packet.ts'
import type { Track } from './segment.ts'

interface Translation {
  readonly tracked: Tracked
  /** The flow before it. */
  readonly before: Flow
}

/**
 * Which way the packets of one flow go, from one machine to where they end, with all that it rests on. It is what remains of working the way out
 * once: as long as nothing that it rests on changes, the next packet goes the same way.
 */
export class Way implements Track {
  readonly trace: { readonly devices: string[]; translatedBy: string | undefined } & LiveTrace
  readonly links: Link[] = []
  readonly sides: (0 | 1)[] = []
  readonly neighbors: NeighborEntry[] = []
  /** Absent on most ways. */
  #translations: Translation[] | undefined
  /** How many machines took one off its TTL. */
  forwards = 0
  /** All links' latencies. */
  latency: Micros = 0
  /** Where it ends, and as which flow. */
  target: Kernel | undefined
  arriving: Flow | undefined
  readonly #places: Place[] = []
  readonly #generations: number[] = []
  #ground = -1
  #shaped = false
  /** It is not known how its packet got to where it begins. */
  #partial = false

  constructor(ground: Ground) {
    this.trace = { devices: [], translatedBy: undefined, holds: () => !this.#partial && this.holds(ground) }
  }

  /** A way that begins where this one stopped. */
  continued(ground: Ground): Way {
    const way = new Way(ground)
    way.#partial = true
    way.trace.devices.push(...this.trace.devices.slice(0, -1))
    way.trace.translatedBy = this.trace.translatedBy
    return way
  }

  place(place: Place): void {
    this.#places.push(place)
    this.#generations.push(place.generation)
  }

  cross(link: Link, side: 0 | 1): void {
    this.links.push(link)
    this.sides.push(side)
    this.latency += link.latency
    if (link.loss > 0 || link.rate !== Number.POSITIVE_INFINITY) this.#shaped = true
  }

  translate(tracked: Tracked, before: Flow, at: string): void {
    this.#translations ??= []
    this.#translations.push({ tracked, before })
    this.trace.translatedBy = at
  }

  /** Whether a packet that leaves now would go the same way. */
  holds(ground: Ground): boolean {
    const { now } = ground.queue
    for (const neighbor of this.neighbors) if (neighbor.usableUntil <= now) return false
    if (this.#translations !== undefined) for (const { tracked } of this.#translations) if (!tracked.alive(now)) return false
    if (this.#ground === ground.generation) return true
    for (let i = 0; i < this.#places.length; i++) if (this.#places[i]!.generation !== this.#generations[i]) return false
    this.#ground = ground.generation
    return true
  }

  /** Tells connection tracking of a packet. */
  see(payload: Payload, now: Micros): void {
    if (this.#translations !== undefined) for (const { tracked, before } of this.#translations) tracked.see(payload.kind, before, now)
  }

  /** How long a packet of `size` octets takes that leaves now; −1 where a link loses it. Takes its share of the links' rate. */
  crossing(ground: Ground, size: number): Micros {
    if (!this.#shaped) return this.latency
    const { now } = ground.queue
    let at: Micros = now
    for (let i = 0; i < this.links.length; i++) {
      const link = this.links[i]!
      if (ground.loses(link)) return -1
      if (link.rate !== Number.POSITIVE_INFINITY) {
        const side = this.sides[i]!
        at = Math.max(at, link.busyUntil[side]) + (size * 8) / link.rate
        link.busyUntil[side] = at
      }
      at += link.latency
    }
    return at - now
  }

  /** Whether one of its links failed before a packet that left at `sent` was past it. */
  failedSince(sent: Micros): boolean {
    let at = sent
    for (const link of this.links) {
      at += link.latency
      if (link.failedAt >= sent && link.failedAt <= at) return true
    }
    return false
  }
}
