/**
 * Adj-RIB-In of one session (RFC 4271 §3.2): every path that the peer announced, keyed (prefix, path identifier). Without ADD-PATH the
 * identifier is 0, so a later path replaces the earlier. A path that may not be used is kept with the reason: a reader wants to see it.
 *
 * Paths that wait for the peer to say them again, after its restart (RFC 4724) or between BoRR and EoRR (RFC 7313), are stale: what was
 * there when `markStale` was called and was not announced since. `sweep` removes them.
 */
import type { Ipv4, Ipv6 } from '../../net/index.ts'
import {
  findAttribute,
  ipv4NextHop,
  ipv6NextHop,
  isIpv4Unicast,
  isIpv6Unicast,
  treatAsWithdraw,
  type UpdateMessage,
} from '../wire/index.ts'
import { attributesOf, type ImportOptions, type PathAttributes, type ReceivedPath } from './attributes.ts'
import { prefixKey, prefixKey6, type RouteKey } from './key.ts'

export type FamilyName = 'ipv4' | 'ipv6'

/** One family's paths. */
class PathTable<K extends RouteKey> {
  readonly routes = new Map<K, Map<number, ReceivedPath>>()
  #stale: Map<K, Set<number>> | undefined
  /** Paths, not prefixes. */
  count = 0

  set(key: K, path: ReceivedPath): void {
    let paths = this.routes.get(key)
    if (paths === undefined) {
      paths = new Map()
      this.routes.set(key, paths)
    }
    const before = paths.size
    paths.set(path.pathId, path)
    this.count += paths.size - before
    if (this.#stale !== undefined) this.#stale.get(key)?.delete(path.pathId)
  }

  delete(key: K, pathId: number): boolean {
    const paths = this.routes.get(key)
    if (!paths?.delete(pathId)) return false
    this.count--
    if (paths.size === 0) this.routes.delete(key)
    return true
  }

  clear(): K[] {
    const keys = [...this.routes.keys()]
    this.routes.clear()
    this.#stale = undefined
    this.count = 0
    return keys
  }

  markStale(): void {
    this.#stale = new Map(Array.from(this.routes, ([key, paths]) => [key, new Set(paths.keys())]))
  }

  sweep(): K[] {
    const swept: K[] = []
    for (const [key, ids] of this.#stale ?? []) {
      for (const id of ids) if (this.delete(key, id) && swept.at(-1) !== key) swept.push(key)
    }
    this.#stale = undefined
    return swept
  }
}

export class AdjRibIn {
  readonly #options: ImportOptions
  readonly #ipv4 = new PathTable<number>()
  readonly #ipv6 = new PathTable<string>()
  #twoOctetAs = false

  constructor(options: ImportOptions) {
    this.#options = options
  }

  /** Prefixes with any path, used or not. */
  get size(): number {
    return this.#ipv4.routes.size + this.#ipv6.routes.size
  }

  get keys(): Iterable<RouteKey> {
    if (this.#ipv6.routes.size === 0) return this.#ipv4.routes.keys()
    return [...this.#ipv4.routes.keys(), ...this.#ipv6.routes.keys()]
  }

  /** Paths of one family: what a peer can make grow. */
  count(family: FamilyName): number {
    return family === 'ipv4' ? this.#ipv4.count : this.#ipv6.count
  }

  /** By path identifier, in the order in which they came. */
  paths(key: RouteKey): readonly ReceivedPath[] {
    const paths = typeof key === 'number' ? this.#ipv4.routes.get(key) : this.#ipv6.routes.get(key)
    return [...(paths?.values() ?? [])]
  }

  /** Applies one UPDATE; answers the keys of the prefixes that it named. `twoOctetAs`: see `attributesOf`. */
  apply(update: UpdateMessage, twoOctetAs = false): ReadonlySet<RouteKey> {
    this.#twoOctetAs = twoOctetAs
    const changed = new Set<RouteKey>()
    this.#withdraw(update.withdrawn, changed)
    const unreach = findAttribute(update.attributes, 'mp-unreach')
    if (unreach) {
      this.#withdraw(unreach.nlri, changed)
      this.#withdraw6(unreach.nlri6, changed)
    }
    const reach = findAttribute(update.attributes, 'mp-reach')
    if (treatAsWithdraw(update)) {
      this.#withdraw(update.nlri, changed)
      this.#withdraw(reach?.nlri, changed)
      this.#withdraw6(reach?.nlri6, changed)
      return changed
    }
    this.#announce(update, update.nlri, findAttribute(update.attributes, 'next-hop')?.address, changed)
    if (reach && isIpv4Unicast(reach)) this.#announce(update, reach.nlri, ipv4NextHop(reach), changed)
    if (reach && isIpv6Unicast(reach)) this.#announce6(update, reach.nlri6, ipv6NextHop(reach), changed)
    return changed
  }

  /** The session is gone and its routes with it (RFC 4271 §8.2.2). */
  clear(family?: FamilyName): RouteKey[] {
    return [...(family === 'ipv6' ? [] : this.#ipv4.clear()), ...(family === 'ipv4' ? [] : this.#ipv6.clear())]
  }

  /** All paths of the family wait to be announced again. */
  markStale(family: FamilyName): void {
    if (family === 'ipv4') this.#ipv4.markStale()
    else this.#ipv6.markStale()
  }

  /** Removes what is still stale; answers the keys of the prefixes that lost a path. */
  sweep(family: FamilyName): RouteKey[] {
    return family === 'ipv4' ? this.#ipv4.sweep() : this.#ipv6.sweep()
  }

  #announce(update: UpdateMessage, routes: UpdateMessage['nlri'], nextHop: Ipv4 | undefined, changed: Set<RouteKey>): void {
    if (routes.length === 0 || nextHop === undefined) return
    const attributes = this.#attributes(update, nextHop)
    for (const nlri of routes) {
      const key = prefixKey(nlri)
      this.#ipv4.set(key, { pathId: nlri.pathId, attributes })
      changed.add(key)
    }
  }

  #announce6(update: UpdateMessage, routes: Routes6, nextHop: Ipv6 | undefined, changed: Set<RouteKey>): void {
    if (routes === undefined || routes.length === 0 || nextHop === undefined) return
    const attributes = this.#attributes(update, nextHop)
    for (const nlri of routes) {
      const key = prefixKey6(nlri)
      this.#ipv6.set(key, { pathId: nlri.pathId, attributes })
      changed.add(key)
    }
  }

  #withdraw(routes: UpdateMessage['withdrawn'] | undefined, changed: Set<RouteKey>): void {
    if (routes === undefined) return
    for (const nlri of routes) {
      const key = prefixKey(nlri)
      if (this.#ipv4.delete(key, nlri.pathId)) changed.add(key)
    }
  }

  #withdraw6(routes: Routes6, changed: Set<RouteKey>): void {
    if (routes === undefined) return
    for (const nlri of routes) {
      const key = prefixKey6(nlri)
      if (this.#ipv6.delete(key, nlri.pathId)) changed.add(key)
    }
  }

  #attributes(update: UpdateMessage, nextHop: Ipv4 | Ipv6): PathAttributes {
    return attributesOf(update, nextHop, this.#options, this.#twoOctetAs)
  }
}

type Routes6 = readonly { readonly address: Ipv6; readonly length: number; readonly pathId: number }[] | undefined
