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

/** What the paths of a prefix come to where no next hop needs an identifier of its own choosing: all were there before, or it is a new prefix. */
interface Derivation {
  readonly before: readonly OutgoingPath[]
  readonly hops: readonly (Ipv4 | Ipv6)[]
  readonly extras: RouteExtras | undefined
  readonly paths: readonly OutgoingPath[]
  readonly gone: readonly OutgoingPath[]
}

const NONE: readonly OutgoingPath[] = []

/** One object for the same path, one list for the same paths as the prefix before: what has to be told is worked out once for all of them. */
class PathLists {
  #last: readonly OutgoingPath[] = NONE
  #recent = new Map<Ipv4 | Ipv6, OutgoingPath>()

  path(pathId: number, nextHop: Ipv4 | Ipv6, extras: RouteExtras | undefined): OutgoingPath {
    const known = this.#recent.get(nextHop)
    if (known !== undefined && known.pathId === pathId && known.extras === extras) return known
    const path: OutgoingPath = extras === undefined ? { pathId, nextHop } : { pathId, nextHop, extras }
    if (this.#recent.size >= RECENT) this.#recent.clear()
    this.#recent.set(nextHop, path)
    return path
  }

  list(paths: readonly OutgoingPath[]): readonly OutgoingPath[] {
    if (paths.length === 0) return NONE
    const last = this.#last
    if (last.length === paths.length && paths.every((path, i) => path === last[i])) return last
    this.#last = paths
    return paths
  }
}

/** Next hops whose last path is remembered; no more than a cluster has. */
const RECENT = 1024

export class AnnouncedTable {
  #routes = new Map<RouteKey, DesiredRoute>()
  #extras = new Map<string, RouteExtras>()
  readonly #ids = new PathIds()
  /** Of each kind its own: the list of the prefix before is what the next one is compared with. */
  readonly #all = new PathLists()
  readonly #singles = new PathLists()
  /** Of the prefix before: a node that comes or leaves is one next hop of every Service, and all of them share their lists. */
  #derivation: Derivation | undefined

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
      const before = this.#routes.get(key)
      if (before !== undefined && isSame(before, want)) {
        next.set(key, before)
        continue
      }
      next.set(key, { all: this.#paths(key, before?.all ?? NONE, want), single: this.#single(want) })
      changed.push(key)
    }
    for (const [key, before] of this.#routes) {
      if (next.has(key)) continue
      for (const path of before.all) this.#ids.release(key, path.nextHop, path.pathId)
      changed.push(key)
    }
    this.#routes = next
    return changed
  }

  /** The paths of one prefix in the order given; a next hop that stays keeps its identifier. */
  #paths(key: RouteKey, before: readonly OutgoingPath[], { hops, extras }: Wanted): readonly OutgoingPath[] {
    const last = this.#derivation
    const isNew = before.length === 0 && this.#ids.takeFirst(key, hops.length)
    if (last !== undefined && last.before === before && last.hops === hops && last.extras === extras && (isNew || before.length > 0)) {
      for (const path of last.gone) this.#ids.release(key, path.nextHop, path.pathId)
      return last.paths
    }
    const gone = before.filter((path) => !hops.includes(path.nextHop))
    for (const path of gone) this.#ids.release(key, path.nextHop, path.pathId)
    let derived = true
    let at = 0
    const paths = hops.map((nextHop, index) => {
      if (isNew) return this.#all.path(index + 1, nextHop, extras)
      // Mostly in the order of before, some left out.
      while (at < before.length && before[at]!.nextHop !== nextHop) at++
      const old = before[at] ?? before.find((path) => path.nextHop === nextHop)
      if (old === undefined) at = 0
      if (old !== undefined && old.extras === extras) return old
      derived = false
      return this.#all.path(old?.pathId ?? this.#ids.take(key, nextHop), nextHop, extras)
    })
    const list = this.#all.list(paths)
    if (derived) this.#derivation = { before, hops, extras, paths: list, gone }
    return list
  }

  #single({ single, extras }: Wanted): readonly OutgoingPath[] {
    return single === undefined ? NONE : this.#singles.list([this.#singles.path(0, single, extras)])
  }

  #read(routes: readonly AnnouncedRoute[], interned: Map<string, RouteExtras>): Map<RouteKey, Wanted> {
    const wanted = new Map<RouteKey, Wanted>()
    // Most routes have the next hops of the route before them.
    let texts: readonly string[] = []
    let hops: readonly (Ipv4 | Ipv6)[] = []
    let family = ''
    let singleText: string | undefined
    let single: Ipv4 | Ipv6 | undefined
    for (const route of routes) {
      const key = parseKey(route.prefix)
      if (key === undefined) throw new TypeError(`not a prefix: ${JSON.stringify(route.prefix)}`)
      if (wanted.has(key)) throw new TypeError(`${route.prefix} is announced twice; give all its next hops in one route`)
      const read = (text: string): Ipv4 | Ipv6 => (typeof key === 'number' ? address(text) : address6(text))
      if (family !== typeof key || singleText !== route.singleNextHop) {
        single = route.singleNextHop === undefined ? undefined : read(route.singleNextHop)
        singleText = route.singleNextHop
      }
      if (family !== typeof key || !sameTexts(texts, route.nextHops)) {
        hops = [...new Set(route.nextHops.map(read))]
        texts = [...route.nextHops]
        family = typeof key
      }
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

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}

function isSame({ all, single }: DesiredRoute, wanted: Wanted): boolean {
  const { hops, extras } = wanted
  const sameHops = all.length === hops.length && all.every((path, i) => path.nextHop === hops[i] && path.extras === extras)
  return sameHops && single[0]?.nextHop === wanted.single && (single[0] === undefined || single[0].extras === extras)
}

function address(text: string): Ipv4 {
  const value = parseIpv4(text)
  if (value === undefined) throw new TypeError(`not an IPv4 address: ${JSON.stringify(text)}`)
  const first = value >>> 24
  if (first === 0 || first >= 224) throw new TypeError(`${formatIpv4(value)} cannot be a next hop: it is no host’s address`)
  return value
}

function address6(text: string): Ipv6 {
  const bytes = parseIpv6(text)
  if (bytes === undefined) throw new TypeError(`not an IPv6 address: ${JSON.stringify(text)}`)
  const value = formatIpv6(bytes)
  if (value === '::') throw new TypeError(`${value} cannot be a next hop`)
  return value
}
