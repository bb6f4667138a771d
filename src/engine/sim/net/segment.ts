import type { Micros } from '../../../model/index.ts'
import type { DropReason } from './api.ts'
import type { Ground, Place } from './ground.ts'
import { Interface } from './interface.ts'
import type { Link, LinkEnd } from './link.ts'

/** A bridge's port, named after the device that hangs on it. */
export class Port implements LinkEnd {
  readonly segment: Segment
  readonly name: string
  link: Link<Interface | Port> | undefined
  up = true

  constructor(segment: Segment, name: string) {
    this.segment = segment
    this.name = name
  }

  get device(): string {
    return this.segment.name
  }

  get powered(): boolean {
    return this.segment.powered
  }

  /** Who hangs on it, where its link carries. */
  get attached(): Interface | undefined {
    if (!this.link?.up) return undefined
    const other = this.link.other(this)
    return other instanceof Interface ? other : undefined
  }
}

/**
 * A rack: a learning bridge. What it has learned stays until the address is heard at another port: ageing, and forgetting with a port's link, would
 * only have frames flooded that find nobody elsewhere.
 */
export class Segment implements Place {
  readonly name: string
  readonly ports = new Map<string, Port>()
  powered = true
  generation = 0
  readonly #learned = new Map<number, Port>()

  constructor(name: string) {
    this.name = name
  }

  /** A port by its name; made where it is new. */
  port(name: string): Port {
    let port = this.ports.get(name)
    if (port === undefined) {
      port = new Port(this, name)
      this.ports.set(name, port)
    }
    return port
  }

  /** A frame with this source has come in at `port`. */
  learn(mac: number, port: Port, ground: Ground): void {
    if (this.#learned.get(mac) === port) return
    this.#learned.set(mac, port)
    ground.changed(this)
  }

  /** Something changed about who hears whom: the virtual gateways on it look again. */
  reconsider(): void {
    for (const port of this.ports.values()) for (const gateway of port.attached?.virtual ?? []) gateway.reconsider()
  }

  /** Where a frame for `mac` from port `from` leaves: one port that has learned it, or whichever of all takes it. */
  towards(mac: number, from: Port): Interface | undefined {
    const learned = this.#learned.get(mac)
    if (learned !== undefined) {
      const there = learned === from ? undefined : learned.attached
      return there?.accepts(mac) ? there : undefined
    }
    for (const port of this.ports.values()) {
      const there = port === from ? undefined : port.attached
      if (there?.accepts(mac)) return there
    }
    return undefined
  }
}

/** What a frame leaves behind on its way. */
export interface Track {
  place(place: Place): void
  cross(link: Link, side: 0 | 1): void
}

/** Takes a frame from an interface to the one that accepts it; says why where there is none. */
export function carry(from: Interface, source: number, target: number, track: Track, ground: Ground): Interface | DropReason {
  const { link } = from
  if (!link?.up) return 'link'
  track.cross(link, link.ends[0] === from ? 0 : 1)
  const far = link.other(from)
  if (far instanceof Interface) return far.accepts(target) ? far : 'mac'
  far.segment.learn(source, far, ground)
  track.place(far.segment)
  const there = far.segment.towards(target, far)
  if (there === undefined) return 'mac'
  const last = there.link!
  track.cross(last, last.ends[0] === there ? 1 : 0)
  return there
}

/** Every interface that hears what this one sends to all, with the time that it takes there. */
export function hearers(from: Interface, visit: (there: Interface, latency: Micros, links: readonly Link[]) => void): void {
  const { link } = from
  if (!link?.up) return
  const far = link.other(from)
  if (far instanceof Interface) {
    visit(far, link.latency, [link])
    return
  }
  for (const port of far.segment.ports.values()) {
    const there = port === far ? undefined : port.attached
    if (there !== undefined) visit(there, link.latency + there.link!.latency, [link, there.link!])
  }
}

/** Where the bridge learns the source of a frame to all. */
export function learnAt(from: Interface, source: number, ground: Ground): void {
  if (!from.link?.up) return
  const far = from.link.other(from)
  if (far instanceof Port) far.segment.learn(source, far, ground)
}
