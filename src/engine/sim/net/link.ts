import type { Micros } from '../../../model/index.ts'

/** One end of a link: a machine's interface, or a segment's port. */
export interface LinkEnd {
  /** The device's name. */
  readonly device: string
  readonly name: string
  /** Administratively up. */
  up: boolean
  /** Its device has power. */
  readonly powered: boolean
}

/** A cable. It is there while both its devices have power; it carries while both ends are up. */
export class Link<End extends LinkEnd = LinkEnd> {
  readonly ends: readonly [End, End]
  latency: Micros
  /** Bits per µs. */
  rate: number
  loss: number
  /** Carries now. */
  up = false
  /** When it last ceased to carry. */
  failedAt: Micros = -1
  /** Until when each direction is busy with what was sent. */
  readonly busyUntil: [Micros, Micros] = [0, 0]

  constructor(a: End, b: End, shape: { latency: Micros; rate: number; loss: number }) {
    this.ends = [a, b]
    this.latency = shape.latency
    this.rate = shape.rate
    this.loss = shape.loss
  }

  /** Both devices have power: a veth's end goes with the other. */
  get exists(): boolean {
    return this.ends[0].powered && this.ends[1].powered
  }

  /** Looks at both ends again; answers whether that changed anything. */
  settle(now: Micros): boolean {
    const up = this.exists && this.ends[0].up && this.ends[1].up
    if (up === this.up) return false
    this.up = up
    if (!up) this.failedAt = now
    return true
  }

  other(end: End): End {
    return this.ends[0] === end ? this.ends[1] : this.ends[0]
  }
}

/** A link in the direction away from `ends[side]`. */
export interface Crossing {
  readonly link: Link
  readonly side: 0 | 1
}
