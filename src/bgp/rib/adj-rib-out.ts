/**
 * Adj-RIB-Out of one session (RFC 4271 §3.2): what the peer was told, against what it should be told.
 *
 * Only the keys of changed prefixes wait; the paths are looked up when there is room to send, so a slow peer gets the newest state and
 * never the history (back-pressure by difference). Within a batch announcements precede withdrawals: a prefix that changes next hops is
 * never without any.
 */
import type { Ipv4 } from '../../net/index.ts'
import { type Attribute, type CodecContext, type Nlri, packAnnouncements, packWithdrawals } from '../wire/index.ts'
import type { AnnouncedTable, OutgoingPath } from './announced.ts'
import { prefixOfKey } from './key.ts'

/** Prefixes per batch: work is cut by count, so that it is cut alike in every world. */
const BATCH = 1000

export interface Batch {
  readonly messages: readonly Uint8Array[]
  readonly announced: readonly { readonly nextHop: Ipv4; readonly nlri: readonly Nlri[] }[]
  readonly withdrawn: readonly Nlri[]
}

const NOTHING: readonly OutgoingPath[] = []

export class AdjRibOut {
  readonly #table: AnnouncedTable
  readonly #localAsn: number
  readonly #context: CodecContext
  readonly #sent = new Map<number, readonly OutgoingPath[]>()
  readonly #changed = new Set<number>()
  readonly #refresh = new Set<number>()

  /** `context` is the encoding of the sending direction. */
  constructor(table: AnnouncedTable, localAsn: number, context: CodecContext) {
    this.#table = table
    this.#localAsn = localAsn
    this.#context = context
    this.mark(table.keys)
  }

  get pending(): boolean {
    return this.#changed.size > 0
  }

  /** Prefixes that the peer has been told. */
  get size(): number {
    return this.#sent.size
  }

  mark(keys: Iterable<number>): void {
    for (const key of keys) this.#changed.add(key)
  }

  /** The peer wants all of it again (RFC 2918 §4). */
  refresh(): void {
    for (const key of this.#table.keys) {
      this.#refresh.add(key)
      this.#changed.add(key)
    }
  }

  /** The next messages to send; counts them as sent. */
  take(): Batch {
    const announced = new Map<Ipv4, Nlri[]>()
    const withdrawn: Nlri[] = []
    let count = 0
    for (const key of this.#changed) {
      if (count++ === BATCH) break
      this.#changed.delete(key)
      this.#difference(key, announced, withdrawn)
    }
    const messages: Uint8Array[] = []
    for (const [nextHop, nlri] of announced) messages.push(...packAnnouncements(this.#attributes(nextHop), nlri, this.#context))
    messages.push(...packWithdrawals(withdrawn, this.#context))
    return { messages, announced: Array.from(announced, ([nextHop, nlri]) => ({ nextHop, nlri })), withdrawn }
  }

  #difference(key: number, announced: Map<Ipv4, Nlri[]>, withdrawn: Nlri[]): void {
    const desired = this.#table.get(key)
    const wanted = desired === undefined ? NOTHING : this.#context.addPath ? desired.all : desired.single
    const told = this.#sent.get(key) ?? NOTHING
    const again = this.#refresh.delete(key)
    const { address, length } = prefixOfKey(key)
    for (const { pathId, nextHop } of wanted) {
      if (!again && told.some((path) => path.pathId === pathId && path.nextHop === nextHop)) continue
      const bucket = announced.get(nextHop)
      const nlri = { address, length, pathId }
      if (bucket) bucket.push(nlri)
      else announced.set(nextHop, [nlri])
    }
    for (const { pathId } of told) {
      if (!wanted.some((path) => path.pathId === pathId)) withdrawn.push({ address, length, pathId })
    }
    if (wanted.length > 0) this.#sent.set(key, wanted)
    else this.#sent.delete(key)
  }

  /** RFC 4271 §5.1 towards an external peer; AS4_PATH where it does not speak four octets (RFC 6793 §4.2.2). */
  #attributes(nextHop: Ipv4): Attribute[] {
    const segments = [{ kind: 'sequence' as const, asns: [this.#localAsn] }]
    const attributes: Attribute[] = [
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments },
      { type: 'next-hop', address: nextHop },
    ]
    if (!this.#context.fourOctetAs && this.#localAsn > 0xffff) attributes.push({ type: 'as4-path', segments })
    return attributes
  }
}
