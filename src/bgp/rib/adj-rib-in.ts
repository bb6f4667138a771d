/**
 * Adj-RIB-In of one session (RFC 4271 §3.2): every path that the peer announced, keyed (prefix, path identifier). Without ADD-PATH the
 * identifier is 0, so a later path replaces the earlier. A path that may not be used is kept with the reason: a reader wants to see it.
 *
 * Paths that wait for the peer to say them again, after its restart (RFC 4724) or between BoRR and EoRR (RFC 7313), are stale: what was
 * there when `markStale` was called and was not announced since. `sweep` removes them.
 */
import type { Ipv4, Ipv6 } from '../../net/index.ts'
import {
  type AttributeSet,
  findAttribute,
  ipv4NextHop,
  ipv6NextHop,
  isIpv4Unicast,
  isIpv6Unicast,
  NlriCursor,
  type PlainUpdate,
  treatAsWithdraw,
  type UpdateMessage,
  type UpdateView,
} from '../wire/index.ts'
import { AttributeSets } from './attribute-sets.ts'
import { attributesOf, type ImportOptions, type PathAttributes, type ReceivedPath } from './attributes.ts'
import { Changes } from './changes.ts'
import { Ipv4Paths } from './ipv4-paths.ts'
import { Ipv6Paths } from './ipv6-paths.ts'
import { prefixKey, prefixKey6, prefixOfKey, type RouteKey } from './key.ts'

export type FamilyName = 'ipv4' | 'ipv6'

/** What a session agreed on, as far as it changes what an UPDATE means. */
export interface ImportTerms {
  /** See `attributesOf`. */
  readonly fourOctetAs: boolean
  readonly families: { readonly ipv4: boolean }
}

export class AdjRibIn {
  readonly #options: ImportOptions
  readonly #sets = new AttributeSets()
  readonly #ipv4 = new Ipv4Paths(this.#sets)
  readonly #ipv6 = new Ipv6Paths(this.#sets)
  readonly #cursor = new NlriCursor()
  #terms: ImportTerms = { fourOctetAs: true, families: { ipv4: true } }
  #ignored = false

  constructor(options: ImportOptions) {
    this.#options = options
  }

  /** Prefixes with any path, used or not. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size
  }

  get keys(): Iterable<RouteKey> {
    return [...this.#ipv4Keys(), ...this.#ipv6.keys]
  }

  /** Paths of one family: what a peer can make grow. */
  count(family: FamilyName): number {
    return family === 'ipv4' ? this.#ipv4.count : this.#ipv6.count
  }

  /** Octets of path attributes that are held, each set once: what a peer can make grow without a path more. */
  get attributeOctets(): number {
    return this.#sets.octets
  }

  /** By path identifier, in the order in which they came. */
  paths(key: RouteKey): readonly ReceivedPath[] {
    if (typeof key === 'string') return this.#ipv6.paths(key)
    const { address, length } = prefixOfKey(key)
    return this.#ipv4.paths(address, length)
  }

  /** What comes from here on is a new session's. */
  agree(terms: ImportTerms): void {
    this.#terms = terms
    this.#ignored = false
  }

  /**
   * The session brought IPv4 routes that it did not agree on. Routes of a family are exchanged where both ends say so (RFC 4760 §8), and there
   * they are no error that RFC 7606 knows an action for: they are left out, as FRR does with those of a family that is not enabled and BIRD where it
   * has no channel, and the session goes on. (IPv6 ones are not even decoded.)
   */
  get ignored(): boolean {
    return this.#ignored
  }

  /** Applies one UPDATE; answers the prefixes that it named. */
  take(view: UpdateView): Changes {
    return view.plain === undefined ? new Changes([...this.apply(view.message)]) : this.#takePlain(view.plain)
  }

  /** The same of one that was decoded. */
  apply(update: UpdateMessage): ReadonlySet<RouteKey> {
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
    const ipv4 = family === 'ipv6' ? [] : this.#ipv4Keys()
    if (family !== 'ipv6') this.#ipv4.clear()
    return [...ipv4, ...(family === 'ipv4' ? [] : this.#ipv6.clear())]
  }

  /** All paths of the family wait to be announced again. */
  markStale(family: FamilyName): void {
    if (family === 'ipv4') this.#ipv4.markStale()
    else this.#ipv6.markStale()
  }

  /** Removes what is still stale; answers the keys of the prefixes that lost a path. */
  sweep(family: FamilyName): RouteKey[] {
    if (family === 'ipv6') return this.#ipv6.sweep()
    const swept: number[] = []
    this.#ipv4.sweep((address, length) => void swept.push(prefixKey({ address, length })))
    return swept
  }

  #ipv4Keys(): number[] {
    const keys: number[] = []
    this.#ipv4.eachPrefix((address, length) => void keys.push(prefixKey({ address, length })))
    return keys
  }

  /** Without an object for each route: this is where a full table goes through. */
  #takePlain({ withdrawn, nlri, set }: PlainUpdate): Changes {
    const cursor = this.#cursor
    const table = this.#ipv4
    const gone: number[] = []
    cursor.start(withdrawn)
    while (cursor.next()) {
      if (table.delete(cursor.address, cursor.length, cursor.pathId)) gone.push(prefixKey(cursor))
    }
    const slot = set && this.#agreed() ? this.#slotOf(set) : undefined
    if (slot === undefined) return new Changes(gone)
    const sets = this.#sets
    cursor.start(nlri)
    while (cursor.next()) {
      sets.again(slot)
      table.set(cursor.address, cursor.length, cursor.pathId, slot)
    }
    sets.release(slot)
    return new Changes(gone, nlri)
  }

  /** Whether IPv4 routes may be taken; that there were any is noted where not. */
  #agreed(): boolean {
    this.#ignored ||= !this.#terms.families.ipv4
    return this.#terms.families.ipv4
  }

  /** The slot of what the set comes to, held once; `undefined` where it has no next hop. */
  #slotOf(set: AttributeSet): number | undefined {
    if (set.imported !== undefined && this.#sets.at(set.slot) === set.imported) {
      this.#sets.again(set.slot)
      return set.slot
    }
    const nextHop = findAttribute(set.attributes, 'next-hop')?.address
    if (nextHop === undefined) return undefined
    const attributes = this.#attributes(set, nextHop)
    set.imported = attributes
    set.slot = this.#sets.hold(attributes)
    return set.slot
  }

  #announce(update: UpdateMessage, routes: UpdateMessage['nlri'], nextHop: Ipv4 | undefined, changed: Set<RouteKey>): void {
    if (routes.length === 0 || nextHop === undefined || !this.#agreed()) return
    const slot = this.#sets.hold(this.#attributes(update, nextHop))
    for (const nlri of routes) {
      this.#sets.again(slot)
      this.#ipv4.set(nlri.address, nlri.length, nlri.pathId | 0, slot)
      changed.add(prefixKey(nlri))
    }
    this.#sets.release(slot)
  }

  #announce6(update: UpdateMessage, routes: Routes6, nextHop: Ipv6 | undefined, changed: Set<RouteKey>): void {
    if (routes === undefined || routes.length === 0 || nextHop === undefined) return
    const slot = this.#sets.hold(this.#attributes(update, nextHop))
    for (const nlri of routes) {
      const key = prefixKey6(nlri)
      this.#sets.again(slot)
      this.#ipv6.set(key, nlri.pathId, slot)
      changed.add(key)
    }
    this.#sets.release(slot)
  }

  #withdraw(routes: UpdateMessage['withdrawn'] | undefined, changed: Set<RouteKey>): void {
    if (routes === undefined) return
    for (const nlri of routes) {
      if (this.#ipv4.delete(nlri.address, nlri.length, nlri.pathId | 0)) changed.add(prefixKey(nlri))
    }
  }

  #withdraw6(routes: Routes6, changed: Set<RouteKey>): void {
    if (routes === undefined) return
    for (const nlri of routes) {
      const key = prefixKey6(nlri)
      if (this.#ipv6.delete(key, nlri.pathId)) changed.add(key)
    }
  }

  #attributes(update: Pick<UpdateMessage, 'attributes'>, nextHop: Ipv4 | Ipv6): PathAttributes {
    return attributesOf(update, nextHop, this.#options, !this.#terms.fourOctetAs)
  }
}

type Routes6 = readonly { readonly address: Ipv6; readonly length: number; readonly pathId: number }[] | undefined
