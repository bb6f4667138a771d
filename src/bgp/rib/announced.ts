/**
 * What the speaker is told to announce: the full set each time, from which it works out the difference itself.
 */
import { formatIpv4, formatIpv6, type Ipv4, type Ipv6, parseIpv4, parseIpv6 } from '../../net/index.ts'
import { type RouteExtras, type RouteOptions, readExtras } from './extras.ts'
import { parseKey, type RouteKey } from './key.ts'
import { PathIds } from './path-ids.ts'

/** One prefix and its next hops (R22). */
export interface AnnouncedRoute extends RouteOptions {
  /** `a.b.c.d/n`, or `x::y/n` for sessions with IPv6 unicast. */
  readonly prefix: string
  /** For sessions that negotiated ADD-PATH: a path each. None withdraws the prefix from them. Of the prefix's own family. */
  readonly nextHops: readonly string[]
  /** For sessions without it: the one path. Absent, the prefix is not announced to them. */
  readonly singleNextHop?: string
}

/** One path as it goes on the wire. Immutable, so a peer's Adj-RIB-Out can hold it without copying. */
export interface OutgoingPath {
  readonly pathId: number
  readonly nextHop: Ipv4 | Ipv6
  readonly extras?: RouteExtras
}

export interface DesiredRoute {
  /** In the order given. */
  readonly all: readonly OutgoingPath[]
  /** One path with identifier 0, or none. */
  readonly single: readonly OutgoingPath[]
}

interface Wanted {
  readonly hops: readonly (Ipv4 | Ipv6)[]
  readonly single: Ipv4 | Ipv6 | undefined
  readonly extras: RouteExtras | undefined
}

export class AnnouncedTable {
  #routes = new Map<RouteKey, DesiredRoute>()
  #extras = new Map<string, RouteExtras>()
  readonly #ids = new PathIds()

  get keys(): Iterable<RouteKey> {
    return this.#routes.keys()
  }

  get size(): number {
    return this.#routes.size
  }

  get(key: RouteKey): DesiredRoute | undefined {
    return this.#routes.get(key)
  }

  /**
   * Replaces the whole set; answers the keys of the prefixes that changed. Throws `TypeError` on text that is no prefix, address or
   * community, or a prefix given twice; then nothing changed.
   */
  replace(routes: readonly AnnouncedRoute[]): RouteKey[] {
    const interned = new Map<string, RouteExtras>()
    const wanted = this.#read(routes, interned)
    this.#extras = interned
    const changed: RouteKey[] = []
    const next = new Map<RouteKey, DesiredRoute>()
    for (const [key, want] of wanted) {
      const { hops, single, extras } = want
      const before = this.#routes.get(key)
      if (before !== undefined && isSame(before, want)) {
        next.set(key, before)
        continue
      }
      for (const path of before?.all ?? []) if (!hops.includes(path.nextHop)) this.#ids.release(key, path.nextHop)
      const more = extras === undefined ? {} : { extras }
      next.set(key, {
        all: hops.map((nextHop) => ({ pathId: this.#ids.take(key, nextHop), nextHop, ...more })),
        single: single === undefined ? [] : [{ pathId: 0, nextHop: single, ...more }],
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

  #read(routes: readonly AnnouncedRoute[], interned: Map<string, RouteExtras>): Map<RouteKey, Wanted> {
    const wanted = new Map<RouteKey, Wanted>()
    for (const route of routes) {
      const key = parseKey(route.prefix)
      if (key === undefined) throw new TypeError(`not a prefix: ${JSON.stringify(route.prefix)}`)
      if (wanted.has(key)) throw new TypeError(`${route.prefix} is announced twice; give all its next hops in one route`)
      const read = (text: string): Ipv4 | Ipv6 => (typeof key === 'number' ? address(text) : address6(text))
      const single = route.singleNextHop === undefined ? undefined : read(route.singleNextHop)
      const hops = [...new Set(route.nextHops.map(read))]
      if (hops.length > 0 || single !== undefined) wanted.set(key, { hops, single, extras: this.#intern(readExtras(route), interned) })
    }
    return wanted
  }

  #intern(extras: RouteExtras | undefined, interned: Map<string, RouteExtras>): RouteExtras | undefined {
    if (extras === undefined) return undefined
    const known = interned.get(extras.text) ?? this.#extras.get(extras.text) ?? extras
    interned.set(known.text, known)
    return known
  }
}

function isSame({ all, single }: DesiredRoute, wanted: Wanted): boolean {
  const { hops, extras } = wanted
  const sameHops = all.length === hops.length && all.every((path, i) => path.nextHop === hops[i] && path.extras === extras)
  return sameHops && single[0]?.nextHop === wanted.single && (single[0] === undefined || single[0].extras === extras)
}

function address(text: string): Ipv4 {
  const value = parseIpv4(text)
  if (value === undefined) throw new TypeError(`not an IPv4 address: ${JSON.stringify(text)}`)
  if (value === 0) throw new TypeError(`${formatIpv4(value)} cannot be a next hop`)
  return value
}

function address6(text: string): Ipv6 {
  const bytes = parseIpv6(text)
  if (bytes === undefined) throw new TypeError(`not an IPv6 address: ${JSON.stringify(text)}`)
  const value = formatIpv6(bytes)
  if (value === '::') throw new TypeError(`${value} cannot be a next hop`)
  return value
}
