/** The watches that a server keeps open, its agents' and kubectl's. */
import { SECOND } from '../../model/index.ts'
import type { Clock, IncomingRequest, MessageStream, Timer } from '../../world/index.ts'
import { apiError, apiVersionOf, type Resource, type ResourceType, type Result, type Selector, type WatchEvent } from './objects.ts'
import type { Store } from './store.ts'
import { type TableRequest, tableOf } from './table.ts'
import { inOrder, toWire } from './wire.ts'

interface Open {
  readonly stream: MessageStream
  readonly bookmarks: boolean
  readonly type: ResourceType
  stop(): void
}

export class WatchStreams {
  readonly #clock: Clock
  readonly #store: Store
  readonly #open = new Set<Open>()

  constructor(clock: Clock, store: Store) {
    this.#clock = clock
    this.#store = store
  }

  /** Answers `request` with a stream; what it returns is why not. */
  start(
    request: IncomingRequest,
    type: ResourceType,
    selector: Selector,
    query: Readonly<Record<string, string>>,
    table: TableRequest | undefined,
  ): (Result<never> & { readonly ok: false }) | undefined {
    let stream: MessageStream | undefined
    // Kubernetes says DELETED of what leaves a selection; our agents read the object that left (who holds it now).
    const tellsLeft = query.left === '1'
    const tell = (event: WatchEvent) => {
      if (event.type === 'BOOKMARK') return
      const kind = event.type === 'LEFT' && !tellsLeft ? 'DELETED' : event.type
      stream?.send({ type: kind, object: this.#shown(type, event.object, table) })
    }
    const from = query.resourceVersion ?? ''
    // Without a revision, or from 0: what there is, then what comes.
    const present = from === '' || from === '0' ? inOrder(type, this.#store.list(type, selector).items) : []
    const watch = this.#store.watch(type, selector, from === '' || from === '0' ? undefined : from, tell)
    if (!watch.ok) return watch.error.code === 'invalid' ? apiError('bad-request', watch.error.message) : watch
    const ends: Timer = this.#clock.timer('watch time-out', () => {
      open.stop()
      open.stream.end()
    })
    const stop = () => {
      ends.stop()
      watch.value.stop()
      this.#open.delete(open)
    }
    stream = request.stream(stop)
    const open: Open = { stream, bookmarks: query.allowWatchBookmarks === 'true', type, stop }
    this.#open.add(open)
    for (const object of present) tell({ type: 'ADDED', object })
    const seconds = Number(query.timeoutSeconds)
    if (seconds > 0) ends.start(seconds * SECOND)
    return undefined
  }

  /** Tells those that asked for it how far they are. */
  bookmark(): void {
    const { revision } = this.#store
    // Behind the deliveries of every write so far: a client that resumed from a bookmark ahead of them would miss them.
    this.#store.afterDeliveries(() => {
      for (const { stream, bookmarks, type } of [...this.#open]) {
        const object = { kind: type.kind, apiVersion: apiVersionOf(type), metadata: { resourceVersion: revision, creationTimestamp: null } }
        if (bookmarks) stream.send({ type: 'BOOKMARK', object })
      }
    })
  }

  endAll(): void {
    for (const { stream, stop } of [...this.#open]) {
      stop()
      stream.end()
    }
  }

  #shown(type: ResourceType, object: Resource, table: TableRequest | undefined): unknown {
    if (table === undefined) return toWire(type, object)
    return tableOf(type, [object], table, object.metadata.resourceVersion, this.#clock.wallTime())
  }
}
