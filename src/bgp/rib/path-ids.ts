import type { Ipv4, Ipv6 } from '../../net/index.ts'
import type { RouteKey } from './key.ts'

type Hop = Ipv4 | Ipv6

/** One prefix that has next hops, or had them lately. */
interface Allocation {
  next: number
  /** Next hops that have their identifier now. */
  active: number
  /** Those that had one. */
  released: Map<Hop, Released> | undefined
}

interface Released {
  readonly key: RouteKey
  readonly nextHop: Hop
  readonly id: number
}

/** Released (prefix, next hop) pairs whose identifier is remembered; beyond it the oldest are forgotten. */
const REMEMBERED = 4096

/**
 * Path identifiers of what we announce (RFC 7911 §3): from 1, per prefix, the same for every peer. A next hop keeps its identifier for as
 * long as it is announced, and gets it back when it returns soon; until then no other next hop is given it, so that a peer never sees an
 * identifier change its meaning. Who has which identifier now is the caller's to know.
 */
export class PathIds {
  readonly #prefixes = new Map<RouteKey, Allocation>()
  /** Insertion order is release order. */
  readonly #released = new Set<Released>()

  /** For a next hop that has none. */
  take(key: RouteKey, nextHop: Hop): number {
    let allocation = this.#prefixes.get(key)
    if (allocation === undefined) {
      allocation = { next: 1, active: 0, released: undefined }
      this.#prefixes.set(key, allocation)
    }
    allocation.active++
    const known = allocation.released?.get(nextHop)
    if (known === undefined) return allocation.next++
    allocation.released?.delete(nextHop)
    this.#released.delete(known)
    return known.id
  }

  /** The identifiers 1 to `count` at once, for a prefix that has had none lately; `false`, and nothing is taken, where it has. */
  takeFirst(key: RouteKey, count: number): boolean {
    if (this.#prefixes.has(key)) return false
    if (count === 0) return true
    this.#prefixes.set(key, { next: count + 1, active: count, released: undefined })
    return true
  }

  release(key: RouteKey, nextHop: Hop, id: number): void {
    const allocation = this.#prefixes.get(key)
    if (allocation === undefined) return
    const released: Released = { key, nextHop, id }
    allocation.active--
    allocation.released ??= new Map()
    allocation.released.set(nextHop, released)
    this.#released.add(released)
    if (this.#released.size > REMEMBERED) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const [oldest] = this.#released
    if (oldest === undefined) return
    this.#released.delete(oldest)
    const allocation = this.#prefixes.get(oldest.key)
    allocation?.released?.delete(oldest.nextHop)
    if (allocation?.active === 0 && allocation.released?.size === 0) this.#prefixes.delete(oldest.key)
  }
}
