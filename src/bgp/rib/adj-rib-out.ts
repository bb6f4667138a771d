/**
 * Adj-RIB-Out of one session (RFC 4271 §3.2): what the peer was told, against what it should be told.
 *
 * Only the keys of changed prefixes wait; the paths are looked up when there is room to send, so a slow peer gets the newest state and
 * never the history (back-pressure by difference). Within a batch announcements precede withdrawals: a prefix that changes next hops is
 * never without any.
 */
import { type Ipv4, type Ipv6, ipv6Bytes } from '../../net/index.ts'
import {
  type Attribute,
  type CodecContext,
  leavesRoom,
  type Nlri,
  type Nlri6,
  packAnnouncements,
  packAnnouncements6,
  packWithdrawals,
  packWithdrawals6,
  WellKnownCommunity,
} from '../wire/index.ts'
import type { AnnouncedTable, OutgoingPath } from './announced.ts'
import { extraAttributes } from './extras.ts'
import { prefixKey, prefixKey6, prefixOfKey, prefixOfKey6, type RouteKey } from './key.ts'

/** Prefixes per batch: work is cut by count, so that it is cut alike in every world. */
const BATCH = 1000

export interface Batch {
  readonly messages: readonly Uint8Array[]
  readonly announced: readonly { readonly nextHop: Ipv4; readonly nlri: readonly Nlri[] }[]
  readonly withdrawn: readonly Nlri[]
  /** The same of IPv6 unicast; absent where there is none. */
  readonly ipv6?: {
    readonly announced: readonly { readonly nextHop: Ipv6; readonly nlri: readonly Nlri6[] }[]
    readonly withdrawn: readonly Nlri6[]
  }
  /** Prefixes with a path whose attributes leave no room for it in a message: it is withdrawn, lest the peer go on with what it was told before. */
  readonly oversized?: readonly RouteKey[]
}

export interface AdjRibOutOptions {
  readonly localAsn: number
  /** The encoding of the sending direction. */
  readonly context: CodecContext
  /** Families that may be announced; IPv4 unicast alone where absent. */
  readonly families?: { readonly ipv4: boolean; readonly ipv6: boolean }
}

/** Routes of one batch that share all attributes. */
interface Bucket {
  readonly path: OutgoingPath
  readonly nlri: Nlri[]
  readonly nlri6: Nlri6[]
}

/** What one prefix's paths come to against what the peer was told of it. */
interface Comparison {
  readonly told: readonly OutgoingPath[]
  readonly wanted: readonly OutgoingPath[]
  readonly news: readonly OutgoingPath[]
  readonly gone: readonly OutgoingPath[]
}

const NOTHING: readonly OutgoingPath[] = []

export class AdjRibOut {
  readonly #table: AnnouncedTable
  readonly #options: AdjRibOutOptions
  readonly #sent = new Map<RouteKey, readonly OutgoingPath[]>()
  readonly #changed = new Set<RouteKey>()
  readonly #refresh = new Set<RouteKey>()
  #last: Comparison | undefined
  /** RFC 8326: everything goes with GRACEFUL_SHUTDOWN. */
  #shutdown = false

  constructor(table: AnnouncedTable, options: AdjRibOutOptions) {
    this.#table = table
    this.#options = options
    this.mark(table.keys)
  }

  get pending(): boolean {
    return this.#changed.size > 0
  }

  /** Prefixes that the peer has been told. */
  get size(): number {
    return this.#sent.size
  }

  mark(keys: Iterable<RouteKey>): void {
    for (const key of keys) this.#changed.add(key)
  }

  /** The peer wants all of it, or of one family, again (RFC 2918 §4). */
  refresh(family?: 'ipv4' | 'ipv6'): void {
    for (const key of this.#table.keys) {
      if (family !== undefined && (typeof key === 'number') !== (family === 'ipv4')) continue
      this.#refresh.add(key)
      this.#changed.add(key)
    }
  }

  /** RFC 8326 §4.1: with `on`, what was and will be announced carries GRACEFUL_SHUTDOWN. */
  gracefulShutdown(on: boolean): void {
    if (on === this.#shutdown) return
    this.#shutdown = on
    this.refresh()
  }

  /** The next messages to send; counts them as sent. */
  take(): Batch {
    const buckets = new Map<RouteKey, Bucket>()
    const withdrawn: Nlri[] = []
    const withdrawn6: Nlri6[] = []
    let count = 0
    for (const key of this.#changed) {
      if (count++ === BATCH) break
      this.#changed.delete(key)
      if (typeof key === 'number') this.#difference(key, buckets, withdrawn)
      else this.#difference6(key, buckets, withdrawn6)
    }
    return this.#pack([...buckets.values()], withdrawn, withdrawn6)
  }

  #pack(buckets: readonly Bucket[], withdrawn: Nlri[], withdrawn6: Nlri6[]): Batch {
    const { context } = this.#options
    const messages: Uint8Array[] = []
    const announced: { nextHop: Ipv4; nlri: readonly Nlri[] }[] = []
    const announced6: { nextHop: Ipv6; nlri: readonly Nlri6[] }[] = []
    const oversized = new Set<RouteKey>()
    for (const { path, nlri, nlri6 } of buckets) {
      const attributes = this.#attributes(path)
      if (path.extras !== undefined && !leavesRoom(attributes, typeof path.nextHop === 'number' ? 'ipv4' : 'ipv6', context)) {
        for (const each of nlri) oversized.add(prefixKey(each))
        for (const each of nlri6) oversized.add(prefixKey6(each))
        withdrawn.push(...nlri)
        withdrawn6.push(...nlri6)
        continue
      }
      if (typeof path.nextHop === 'number') {
        messages.push(...packAnnouncements(attributes, nlri, context))
        announced.push({ nextHop: path.nextHop, nlri })
      } else {
        messages.push(...packAnnouncements6(attributes, ipv6Bytes(path.nextHop), nlri6, context))
        announced6.push({ nextHop: path.nextHop, nlri: nlri6 })
      }
    }
    messages.push(...packWithdrawals(withdrawn, context), ...packWithdrawals6(withdrawn6, context))
    const some6 = announced6.length + withdrawn6.length > 0
    return {
      messages,
      announced,
      withdrawn,
      ...(some6 ? { ipv6: { announced: announced6, withdrawn: withdrawn6 } } : {}),
      ...(oversized.size > 0 ? { oversized: [...oversized] } : {}),
    }
  }

  #difference(key: number, buckets: Map<RouteKey, Bucket>, withdrawn: Nlri[]): void {
    const wanted = this.#wanted(key, this.#options.families?.ipv4 ?? true, this.#options.context.addPath)
    const { address, length } = prefixOfKey(key)
    const { news, gone } = this.#compared(key, wanted)
    for (const path of news) bucketOf(buckets, path).nlri.push({ address, length, pathId: path.pathId })
    for (const { pathId } of gone) withdrawn.push({ address, length, pathId })
    this.#told(key, wanted)
  }

  #difference6(key: string, buckets: Map<RouteKey, Bucket>, withdrawn: Nlri6[]): void {
    const wanted = this.#wanted(key, this.#options.families?.ipv6 ?? false, this.#options.context.ipv6?.addPath ?? false)
    const { address, length } = prefixOfKey6(key)
    const { news, gone } = this.#compared(key, wanted)
    for (const path of news) bucketOf(buckets, path).nlri6.push({ address, length, pathId: path.pathId })
    for (const { pathId } of gone) withdrawn.push({ address, length, pathId })
    this.#told(key, wanted)
  }

  #wanted(key: RouteKey, negotiated: boolean, addPath: boolean): readonly OutgoingPath[] {
    const desired = negotiated ? this.#table.get(key) : undefined
    return desired === undefined ? NOTHING : addPath ? desired.all : desired.single
  }

  /** What the peer lacks, and what it has too much. Prefixes in a row share their lists of paths, and so the answer. */
  #compared(key: RouteKey, wanted: readonly OutgoingPath[]): Comparison {
    const told = this.#sent.get(key) ?? NOTHING
    if (this.#refresh.delete(key)) return { told, wanted, news: wanted, gone: gone(told, wanted) }
    const last = this.#last
    if (last !== undefined && last.told === told && last.wanted === wanted) return last
    const news = told.length === 0 ? wanted : wanted.filter((path) => !told.some((old) => samePath(old, path)))
    this.#last = { told, wanted, news, gone: gone(told, wanted) }
    return this.#last
  }

  #told(key: RouteKey, wanted: readonly OutgoingPath[]): void {
    if (wanted.length > 0) this.#sent.set(key, wanted)
    else this.#sent.delete(key)
  }

  /** RFC 4271 §5.1 towards an external peer; AS4_PATH where it does not speak four octets (RFC 6793 §4.2.2). NEXT_HOP of IPv4 only. */
  #attributes({ nextHop, extras }: OutgoingPath): Attribute[] {
    const { localAsn, context } = this.#options
    const asns = [...new Array<number>(1 + (extras?.prepend ?? 0)).fill(localAsn), ...(extras?.transit ?? [])]
    const segments = [{ kind: 'sequence' as const, asns }]
    const attributes: Attribute[] = [
      { type: 'origin', value: extras?.origin ?? 'igp' },
      { type: 'as-path', segments },
    ]
    if (typeof nextHop === 'number') attributes.push({ type: 'next-hop', address: nextHop })
    attributes.push(...extraAttributes(extras, this.#shutdown ? [WellKnownCommunity.gracefulShutdown] : []))
    if (!context.fourOctetAs && asns.some((asn) => asn > 0xffff)) attributes.push({ type: 'as4-path', segments })
    return attributes
  }
}

function bucketOf(buckets: Map<RouteKey, Bucket>, path: OutgoingPath): Bucket {
  const key = path.extras === undefined ? path.nextHop : `${path.nextHop}|${path.extras.text}`
  let bucket = buckets.get(key)
  if (bucket === undefined) {
    bucket = { path, nlri: [], nlri6: [] }
    buckets.set(key, bucket)
  }
  return bucket
}

function samePath(a: OutgoingPath, b: OutgoingPath): boolean {
  return a === b || (a.pathId === b.pathId && a.nextHop === b.nextHop && a.extras === b.extras)
}

function gone(told: readonly OutgoingPath[], wanted: readonly OutgoingPath[]): readonly OutgoingPath[] {
  return told.length === 0 ? NOTHING : told.filter(({ pathId }) => !wanted.some((path) => path.pathId === pathId))
}
