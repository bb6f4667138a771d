/**
 * What goes to the peer of one Established session: routes in batches, with room for everything else in between; End-of-RIB after the
 * first of them (RFC 4724 §2); BoRR and EoRR around the answer to a route refresh (RFC 7313 §4).
 *
 * However often the peer asks, what waits is bounded: the set of changed prefixes, and a mark for each family.
 */
import type { Clock } from '../world/index.ts'
import type { SpeakerEvent } from './events.ts'
import { FAMILIES, type Negotiated } from './negotiation.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'
import type { AdjRibOut } from './rib/adj-rib-out.ts'
import { formatKey, type RouteKey } from './rib/key.ts'
import { encodeEndOfRib, encodeMessage, PLAIN, RefreshSubtype } from './wire/index.ts'

/** The session, as far as it is sent to. */
export interface Outlet {
  readonly writable: boolean
  send(messages: readonly Uint8Array[]): boolean
}

export interface OutflowOptions {
  readonly peerAddress: string
  readonly negotiated: Negotiated
  /** False while announcements have to wait (RFC 4724 §4.1); `wake` when that is over. */
  readonly allowed: () => boolean
}

export class Outflow {
  readonly #clock: Clock
  readonly #outlet: Outlet
  readonly #rib: AdjRibOut
  readonly #options: OutflowOptions
  readonly #emit: (event: SpeakerEvent) => void
  readonly #begin = new Set<FamilyName>()
  readonly #end = new Set<FamilyName>()
  #initial = true
  #scheduled = false
  #closed = false

  constructor(clock: Clock, outlet: Outlet, rib: AdjRibOut, options: OutflowOptions, emit: (event: SpeakerEvent) => void) {
    this.#clock = clock
    this.#outlet = outlet
    this.#rib = rib
    this.#options = options
    this.#emit = emit
  }

  get size(): number {
    return this.#rib.size
  }

  /** The initial table is with the transport. */
  get initialDone(): boolean {
    return !this.#initial
  }

  mark(keys: Iterable<RouteKey>): void {
    this.#rib.mark(keys)
    this.wake()
  }

  /** The peer asked for the family again. */
  refresh(family: FamilyName): void {
    if (this.#options.negotiated.enhancedRouteRefresh) this.#begin.add(family)
    else this.#rib.refresh(family)
    this.wake()
  }

  gracefulShutdown(on: boolean): void {
    this.#rib.gracefulShutdown(on)
    this.wake()
  }

  close(): void {
    this.#closed = true
  }

  /** One batch at a time, with whatever waits let in between; calls in one turn are sent together. */
  wake(): void {
    if (this.#scheduled || !this.#ready) return
    this.#scheduled = true
    this.#clock.yield(() => {
      this.#scheduled = false
      if (!this.#ready) return
      this.#flush()
      this.wake()
    })
  }

  get #ready(): boolean {
    const work = this.#initial || this.#rib.pending || this.#begin.size + this.#end.size > 0
    return work && !this.#closed && this.#outlet.writable && this.#options.allowed()
  }

  #flush(): void {
    // RFC 7313 §4.1: no BoRR before the initial End-of-RIB.
    if (!this.#initial) {
      for (const family of this.#begin) {
        // A request that comes meanwhile is answered after this answer, however many of them there are: an answer that began anew with each
        // would never come to its EoRR, and RFC 7313 does not say what a BoRR after a BoRR is (FRR ignores it).
        if (this.#end.has(family)) continue
        this.#mark(family, 'begin')
        // From here on, so that all of it stands between the two marks.
        this.#rib.refresh(family)
        this.#begin.delete(family)
        this.#end.add(family)
      }
    }
    if (this.#rib.pending) this.#batch()
    if (this.#rib.pending) return
    if (this.#initial) this.#finishInitial()
    for (const family of this.#end) this.#mark(family, 'end')
    this.#end.clear()
  }

  #batch(): void {
    const { messages, oversized, ...told } = this.#rib.take()
    const { peerAddress } = this.#options
    if (oversized !== undefined) this.#emit({ type: 'routes-oversized', peerAddress, prefixes: oversized.map(formatKey) })
    if (messages.length === 0) return
    this.#outlet.send(messages)
    this.#emit({ type: 'update-sent', peerAddress, messages: messages.length, ...told })
  }

  #finishInitial(): void {
    this.#initial = false
    const { peerAddress, negotiated } = this.#options
    if (negotiated.gracefulRestart === undefined) return
    for (const family of ['ipv4', 'ipv6'] as const) {
      if (!negotiated.families[family]) continue
      this.#outlet.send([encodeEndOfRib(FAMILIES[family])])
      this.#emit({ type: 'end-of-rib', peerAddress, direction: 'sent', family })
    }
  }

  #mark(family: FamilyName, subtype: 'begin' | 'end'): void {
    this.#outlet.send([encodeMessage({ type: 'route-refresh', ...FAMILIES[family], subtype: RefreshSubtype[subtype] }, PLAIN)])
    this.#emit({ type: 'route-refresh', peerAddress: this.#options.peerAddress, direction: 'sent', family, subtype })
  }
}
