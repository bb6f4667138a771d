import type { Ipv4, Ipv6 } from '../../net/index.ts'
import type { RouteKey } from './key.ts'

type Hop = Ipv4 | Ipv6

interface Allocation {
  readonly ids: Map<Hop, number>
  next: number
}

/** Released (prefix, next hop) pairs whose identifier is remembered; beyond it the oldest are forgotten. */
const REMEMBERED = 4096

/**
 * Path identifiers of what we announce (RFC 7911 §3): from 1, per prefix, the same for every peer. A next hop keeps its identifier for as
 * long as it is announced, and gets it back when it returns soon; until then no other next hop is given it, so that a peer never sees an
 * identifier change its meaning.
 */
export class PathIds {
  readonly #prefixes = new Map<RouteKey, Allocation>()
  /** Insertion order is release order. */
  readonly #released = new Map<string, { readonly key: RouteKey; readonly nextHop: Hop }>()

  take(key: RouteKey, nextHop: Hop): number {
    let allocation = this.#prefixes.get(key)
    if (allocation === undefined) {
      allocation = { ids: new Map(), next: 1 }
      this.#prefixes.set(key, allocation)
    }
    const known = allocation.ids.get(nextHop)
    if (known !== undefined) {
      if (this.#released.size > 0) this.#released.delete(`${key} ${nextHop}`)
      return known
    }
    const id = allocation.next++
    allocation.ids.set(nextHop, id)
    return id
  }

  release(key: RouteKey, nextHop: Hop): void {
    this.#released.set(`${key} ${nextHop}`, { key, nextHop })
    if (this.#released.size <= REMEMBERED) return
    const [oldest] = this.#released
    if (oldest === undefined) return
    this.#released.delete(oldest[0])
    const allocation = this.#prefixes.get(oldest[1].key)
    allocation?.ids.delete(oldest[1].nextHop)
    if (allocation?.ids.size === 0) this.#prefixes.delete(oldest[1].key)
  }
}
