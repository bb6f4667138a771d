/** Kubernetes Events: what controllers tell of what they did, so that `kubectl get events` and `describe` tell the story. Bounded in number. */
import { stableHash } from '../../net/index.ts'
import type { Clock } from '../../world/index.ts'
import { EVENT, type Event, type EventSpec, type Resource, type Store } from '../api/index.ts'
import { Reconciler } from './reconciler.ts'

/** Kubernetes forgets events after an hour; the lab keeps the newest. */
export const KEPT_EVENTS = 400

/** Who tells, and of which object. Events of cluster-scoped objects are in `default`, as in Kubernetes. */
export class EventRecorder {
  readonly #clock: Clock
  readonly #store: Store
  readonly #component: string

  constructor(clock: Clock, store: Store, component: string) {
    this.#clock = clock
    this.#store = store
    this.#component = component
  }

  /** The same thing said again of the same object is counted, not repeated. */
  tell(about: Pick<Resource, 'apiVersion' | 'kind' | 'metadata'>, type: EventSpec['type'], reason: string, message: string): void {
    const { apiVersion, kind, metadata } = about
    const { name, namespace } = metadata
    // Kubernetes' own way with Nodes, by which `describe` finds their events.
    const uid = kind === 'Node' ? name : metadata.uid
    const words = `${kind} ${reason} ${message} ${this.#component}`
    const hash = [stableHash(words), stableHash(`${words}.`)].map((each) => (each >>> 0).toString(16).padStart(8, '0')).join('')
    const at = { name: `${name}.${hash}`, namespace: namespace ?? 'default' }
    const now = nextStamp(this.#clock, this.#store)
    const before = this.#store.get<Event>(EVENT, at.name, at.namespace)?.spec
    const spec: EventSpec = {
      involvedObject: { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
      type,
      reason,
      message,
      source: { component: this.#component },
      firstTimestamp: before?.firstTimestamp ?? now,
      lastTimestamp: now,
      count: (before?.count ?? 0) + 1,
    }
    this.#store.upsert<Event>(EVENT, { metadata: at, spec })
  }
}

/** The last stamp of a store's Events. */
const stamps = new WeakMap<Store, string>()

/**
 * The time to the microsecond, later than that of every Event before: `kubectl get events --sort-by=.lastTimestamp` compares these texts, and a
 * failover happens within a second.
 */
function nextStamp(clock: Clock, store: Store): string {
  const now = clock.wallTime('micros')
  const last = stamps.get(store) ?? ''
  const [, head = '', micros = ''] = /^(.*\.)(\d{6})Z$/.exec(last) ?? []
  const next = now > last ? now : `${head}${String(Math.min(Number(micros) + 1, 999_999)).padStart(6, '0')}Z`
  stamps.set(store, next)
  return next
}

/** Removes the oldest beyond the limit, whoever wrote them. */
export class EventKeeper {
  readonly #store: Store
  readonly #reconciler: Reconciler

  constructor(clock: Clock, store: Store) {
    this.#store = store
    this.#reconciler = new Reconciler(clock, () => this.#trim())
  }

  start(): void {
    this.#reconciler.start(this.#store, [EVENT])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #trim() {
    const { items } = this.#store.list<Event>(EVENT)
    if (items.length <= KEPT_EVENTS) return
    // The store has them in the order in which they were last told.
    for (const { metadata } of items.slice(0, items.length - KEPT_EVENTS)) this.#store.delete(EVENT, metadata.name, metadata.namespace)
  }
}
