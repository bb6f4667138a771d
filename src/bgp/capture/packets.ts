/** From packets to BGP messages, whatever file they came from: link types that are not known are told once each. */
import type { Assumptions } from '../dissect/index.ts'
import { Connections, type Origin } from './connections.ts'
import type { Item } from './item.ts'
import { knowsLink, readFrame } from './link.ts'

export class Packets {
  readonly #connections: Connections
  readonly #told = new Set<string>()
  /** Packets so far. */
  count = 0

  constructor(assumptions: Assumptions) {
    this.#connections = new Connections(assumptions)
  }

  *packet(link: number, frame: Uint8Array, about: Omit<Origin, 'packet'> = {}): Generator<Item> {
    const origin: Origin = { packet: ++this.count, ...about }
    if (!knowsLink(link)) {
      yield* this.#once(origin, `link type ${link} is not known (tcpdump.org/linktypes.html)`)
      return
    }
    const segment = readFrame(link, frame)
    if (segment === undefined) return
    if ('problem' in segment) yield* this.#once(origin, segment.problem)
    else yield* this.#connections.segment(segment, origin)
  }

  end(): Generator<Item> {
    return this.#connections.end()
  }

  *#once({ packet, time }: Origin, text: string): Generator<Item> {
    if (this.#told.has(text)) return
    this.#told.add(text)
    yield { kind: 'gap', place: { packet, ...(time && { time }) }, reason: 'unreadable', text: `${text}; others like it are not told` }
  }
}
