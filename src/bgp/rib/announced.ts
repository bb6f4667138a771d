/**
 * What the speaker is told to announce: the full set each time, from which it works out the difference itself.
 */
import { formatIpv4, type Ipv4, parseIpv4, parsePrefix } from '../../net/index.ts'
import { prefixKey } from './key.ts'
import { PathIds } from './path-ids.ts'

/** One prefix and its next hops (R22). */
export interface AnnouncedRoute {
  /** `a.b.c.d/n` */
  readonly prefix: string
  /** For sessions that negotiated ADD-PATH: a path each. None withdraws the prefix from them. */
  readonly nextHops: readonly string[]
  /** For sessions without it: the one path. Absent, the prefix is not announced to them. */
  readonly singleNextHop?: string
}

/** One path as it goes on the wire. Immutable, so a peer's Adj-RIB-Out can hold it without copying. */
export interface OutgoingPath {
  readonly pathId: number
  readonly nextHop: Ipv4
}

export interface DesiredRoute {
  /** In the order given. */
  readonly all: readonly OutgoingPath[]
  /** One path with identifier 0, or none. */
  readonly single: readonly OutgoingPath[]
}

export class AnnouncedTable {
  #routes = new Map<number, DesiredRoute>()
  readonly #ids = new PathIds()

  get keys(): Iterable<number> {
    return this.#routes.keys()
  }

  get size(): number {
    return this.#routes.size
  }

  get(key: number): DesiredRoute | undefined {
    return this.#routes.get(key)
  }

  /** Replaces the whole set; answers the keys of the prefixes that changed. Throws `TypeError` on text that is no prefix or address, or a prefix given twice. */
  replace(routes: readonly AnnouncedRoute[]): number[] {
    const wanted = new Map<number, { readonly hops: readonly Ipv4[]; readonly single: Ipv4 | undefined }>()
    for (const route of routes) {
      const prefix = parsePrefix(route.prefix)
      if (prefix === undefined) throw new TypeError(`not an IPv4 prefix: ${JSON.stringify(route.prefix)}`)
      const key = prefixKey(prefix)
      if (wanted.has(key)) throw new TypeError(`${route.prefix} is announced twice; give all its next hops in one route`)
      const single = route.singleNextHop === undefined ? undefined : address(route.singleNextHop)
      const hops = [...new Set(route.nextHops.map(address))]
      if (hops.length > 0 || single !== undefined) wanted.set(key, { hops, single })
    }
    const changed: number[] = []
    const next = new Map<number, DesiredRoute>()
    for (const [key, { hops, single }] of wanted) {
      const before = this.#routes.get(key)
      const same = before !== undefined && sameHops(before.all, hops) && before.single[0]?.nextHop === single
      if (same) {
        next.set(key, before)
        continue
      }
      for (const path of before?.all ?? []) if (!hops.includes(path.nextHop)) this.#ids.release(key, path.nextHop)
      next.set(key, {
        all: hops.map((nextHop) => ({ pathId: this.#ids.take(key, nextHop), nextHop })),
        single: single === undefined ? [] : [{ pathId: 0, nextHop: single }],
      })
      changed.push(key)
    }
    for (const [key, before] of this.#routes) {
      if (next.has(key)) continue
      for (const path of before.all) this.#ids.release(key, path.nextHop)
      changed.push(key)
    }
    this.#routes = next
    return changed
  }
}

function sameHops(paths: readonly OutgoingPath[], hops: readonly Ipv4[]): boolean {
  return paths.length === hops.length && paths.every((path, i) => path.nextHop === hops[i])
}

function address(text: string): Ipv4 {
  const value = parseIpv4(text)
  if (value === undefined) throw new TypeError(`not an IPv4 address: ${JSON.stringify(text)}`)
  if (value === 0) throw new TypeError(`${formatIpv4(value)} cannot be a next hop`)
  return value
}
