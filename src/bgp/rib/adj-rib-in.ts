/**
 * Adj-RIB-In of one session (RFC 4271 §3.2): every path that the peer announced, keyed (prefix, path identifier). Without ADD-PATH the
 * identifier is 0, so a later path replaces the earlier. A path that may not be used is kept with the reason: a reader wants to see it.
 */
import { formatIpv4, type Ipv4 } from '../../net/index.ts'
import {
  asnsOf,
  findAttribute,
  ipv4NextHop,
  isIpv4Unicast,
  mergeAs4Path,
  type Nlri,
  type OriginValue,
  pathLength,
  treatAsWithdraw,
  type UpdateMessage,
} from '../wire/index.ts'
import { prefixKey } from './key.ts'

/** What all routes of one UPDATE share. */
export interface PathAttributes {
  readonly nextHop: Ipv4
  readonly origin: OriginValue
  /** In order, sets included. */
  readonly asPath: readonly number[]
  /** A set counts as one (RFC 4271 §9.1.2.2 a). */
  readonly asPathLength: number
  readonly multiExitDisc?: number
  readonly communities: readonly number[]
  /** Why it is never used, in words. */
  readonly rejected?: string
}

export interface ReceivedPath {
  readonly pathId: number
  readonly attributes: PathAttributes
}

export interface AdjRibInOptions {
  readonly localAsn: number
  readonly peerAsn: number
  /** RFC 4271 §6.3: the first AS of the path must be the peer's. A route server's is not. */
  readonly enforceFirstAs: boolean
}

export class AdjRibIn {
  readonly #options: AdjRibInOptions
  readonly #routes = new Map<number, Map<number, ReceivedPath>>()

  constructor(options: AdjRibInOptions) {
    this.#options = options
  }

  /** Prefixes with any path, used or not. */
  get size(): number {
    return this.#routes.size
  }

  get keys(): Iterable<number> {
    return this.#routes.keys()
  }

  /** By path identifier, in the order in which they came. */
  paths(key: number): readonly ReceivedPath[] {
    return [...(this.#routes.get(key)?.values() ?? [])]
  }

  /** Applies one UPDATE; answers the keys of the prefixes that it named. */
  apply(update: UpdateMessage): ReadonlySet<number> {
    const changed = new Set<number>()
    for (const nlri of update.withdrawn) this.#withdraw(nlri, changed)
    const unreach = findAttribute(update.attributes, 'mp-unreach')
    for (const nlri of unreach?.nlri ?? []) this.#withdraw(nlri, changed)
    const reach = findAttribute(update.attributes, 'mp-reach')
    const multiprotocol = reach !== undefined && isIpv4Unicast(reach) ? reach : undefined
    if (treatAsWithdraw(update)) {
      for (const nlri of update.nlri) this.#withdraw(nlri, changed)
      for (const nlri of multiprotocol?.nlri ?? []) this.#withdraw(nlri, changed)
      return changed
    }
    this.#announce(update, update.nlri, findAttribute(update.attributes, 'next-hop')?.address, changed)
    if (multiprotocol) this.#announce(update, multiprotocol.nlri, ipv4NextHop(multiprotocol), changed)
    return changed
  }

  /** The session is gone and its routes with it (RFC 4271 §8.2.2). */
  clear(): number[] {
    const keys = [...this.#routes.keys()]
    this.#routes.clear()
    return keys
  }

  #announce(update: UpdateMessage, routes: readonly Nlri[], nextHop: Ipv4 | undefined, changed: Set<number>): void {
    if (routes.length === 0 || nextHop === undefined) return
    const attributes = this.#attributes(update, nextHop)
    for (const nlri of routes) {
      const key = prefixKey(nlri)
      let paths = this.#routes.get(key)
      if (paths === undefined) {
        paths = new Map()
        this.#routes.set(key, paths)
      }
      paths.set(nlri.pathId, { pathId: nlri.pathId, attributes })
      changed.add(key)
    }
  }

  #withdraw(nlri: Nlri, changed: Set<number>): void {
    const key = prefixKey(nlri)
    const paths = this.#routes.get(key)
    if (!paths?.delete(nlri.pathId)) return
    if (paths.size === 0) this.#routes.delete(key)
    changed.add(key)
  }

  #attributes(update: UpdateMessage, nextHop: Ipv4): PathAttributes {
    const path = findAttribute(update.attributes, 'as-path')?.segments ?? []
    const as4 = findAttribute(update.attributes, 'as4-path')?.segments
    const segments = as4 === undefined ? path : mergeAs4Path(path, as4)
    const asPath = asnsOf(segments)
    const multiExitDisc = findAttribute(update.attributes, 'multi-exit-disc')?.value
    const rejected = this.#rejection(asPath)
    return {
      nextHop,
      origin: findAttribute(update.attributes, 'origin')?.value ?? 'incomplete',
      asPath,
      asPathLength: pathLength(segments),
      ...(multiExitDisc === undefined ? {} : { multiExitDisc }),
      communities: findAttribute(update.attributes, 'communities')?.values ?? [],
      ...(rejected === undefined ? {} : { rejected }),
    }
  }

  /** RFC 4271 §9.1.2 and R41: our own AS in the path means that the route has been here. */
  #rejection(asPath: readonly number[]): string | undefined {
    const { localAsn, peerAsn, enforceFirstAs } = this.#options
    if (asPath.includes(localAsn)) return `AS loop: our own AS ${localAsn} is in the path`
    if (enforceFirstAs && asPath[0] !== peerAsn) {
      return `the path begins with AS ${asPath[0] ?? 'none'}, the peer is AS ${peerAsn}`
    }
    return undefined
  }
}

/** `10.0.1.11` */
export function nextHopText(path: ReceivedPath): string {
  return formatIpv4(path.attributes.nextHop)
}
