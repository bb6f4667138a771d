/**
 * The resource store: Kubernetes-shaped objects with optimistic concurrency, and watches that start at a revision. In memory: what must
 * outlive it is learned again (floating IPs from the leases of their holders).
 *
 * Writes answer at once; watchers are told later, in the order of the writes, a slice of deliveries at a time.
 */
import { stableHash } from '../../net/index.ts'
import type { Clock, Random } from '../../world/index.ts'
import { LEASE, LEASE_NAMESPACE, type Lease, type LeaseSpec } from './kinds.ts'
import {
  apiError,
  apiVersionOf,
  type Cause,
  type Draft,
  invalid,
  keyOf,
  notFound,
  type ObjectMeta,
  qualifiedName,
  type Resource,
  type ResourceType,
  type Result,
  type Selector,
  sameJson,
  type WatchEvent,
} from './objects.ts'
import { type Change, eventFor, matches, type Watcher, Watchers } from './watchers.ts'

/** How many changes of one kind are kept for watches that resume; an older one is told `gone` and lists again. */
const HISTORY = 2_000
/** Deliveries between two yields. */
const SLICE = 256

/** RFC 1123 subdomain, as Kubernetes wants names. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function badName(name: string): Cause {
  const rule = 'a lowercase RFC 1123 subdomain: lower case letters, digits, `-` and `.`, a letter or digit at both ends'
  const message =
    name === '' ? 'Required value: name or generateName is required' : `Invalid value: ${JSON.stringify(name)}: must be ${rule}`
  return { field: 'metadata.name', reason: name === '' ? 'FieldValueRequired' : 'FieldValueInvalid', message }
}

interface Shelf {
  readonly objects: Map<string, Resource>
  readonly watchers: Watchers
  history: Change[]
  /** A watch can resume from this revision or any later one. */
  oldest: number
}

export interface List<R extends Resource = Resource> {
  readonly items: readonly R[]
  readonly resourceVersion: string
}

export interface StoreWatch {
  stop(): void
}

/**
 * Asked before a write takes effect (R14, R30). A text refuses it, with the reason; so does a list of what is wrong with its fields. `next` is
 * `undefined` for a deletion, `previous` for a creation.
 */
export type Admission = (
  type: ResourceType,
  next: Resource | undefined,
  previous: Resource | undefined,
) => string | readonly Cause[] | undefined

export class Store {
  readonly #clock: Clock
  readonly #random: Random
  readonly #shelves = new Map<ResourceType, Shelf>()
  readonly #admission: Admission | undefined
  #revision: number
  #queue: (() => void)[] = []
  #draining = false
  #dry = false
  /** Watch events delivered so far: what a write cost. */
  delivered = 0

  /** Revisions start at the clock's present, so that a store that starts anew never gives out one that an earlier store gave. */
  constructor(world: { readonly clock: Clock; readonly random: Random }, types: readonly ResourceType[], admission?: Admission) {
    this.#clock = world.clock
    this.#random = world.random
    this.#admission = admission
    this.#revision = Math.max(1, Math.floor(world.clock.now()))
    for (const type of types) this.#shelves.set(type, { objects: new Map(), watchers: new Watchers(), history: [], oldest: this.#revision })
  }

  get revision(): string {
    return String(this.#revision)
  }

  create<R extends Resource>(type: ResourceType<R>, draft: Draft<R>): Result<R> {
    const shelf = this.#shelf(type)
    const { name } = draft.metadata
    if ((draft.metadata.namespace !== undefined) !== type.namespaced)
      return apiError('bad-request', `${type.kind} ${name}: ${type.namespaced ? 'needs a namespace' : 'has no namespace'}`)
    if (!NAME.test(name)) return invalid(type, name, [badName(name)])
    if (shelf.objects.has(keyOf(draft)))
      return apiError('already-exists', `${qualifiedName(type)} ${JSON.stringify(name)} already exists`, { about: { type, name } })
    const metadata: ObjectMeta = {
      ...draft.metadata,
      uid: this.#uid(),
      resourceVersion: '',
      creationTimestamp: this.#clock.wallTime(),
      generation: 1,
    }
    return this.#put(type, shelf, { ...this.#shape(type, draft), metadata } as R, undefined)
  }

  get<R extends Resource>(type: ResourceType<R>, name: string, namespace?: string): R | undefined {
    return this.#shelf(type).objects.get(keyOf({ metadata: namespace === undefined ? { name } : { name, namespace } })) as R | undefined
  }

  list<R extends Resource>(type: ResourceType<R>, selector: Selector = {}): List<R> {
    const items = [...this.#shelf(type).objects.values()].filter((object) => matches(object, selector)) as R[]
    return { items, resourceVersion: this.revision }
  }

  /** Replaces labels, annotations and spec; the status stays. */
  update<R extends Resource>(type: ResourceType<R>, draft: Draft<R>): Result<R> {
    return this.#change(type, draft, (previous) => ({
      ...this.#shape(type, draft),
      metadata: {
        ...draft.metadata,
        uid: previous.metadata.uid,
        resourceVersion: '',
        creationTimestamp: previous.metadata.creationTimestamp,
        generation: previous.metadata.generation + (sameJson(previous.spec, draft.spec) ? 0 : 1),
      },
      ...(previous.status === undefined ? {} : { status: previous.status }),
    }))
  }

  /** Replaces the status alone. */
  updateStatus<R extends Resource>(type: ResourceType<R>, draft: Pick<Draft<R>, 'metadata' | 'status'>): Result<R> {
    return this.#change(type, draft, ({ status: _, ...rest }) => (draft.status === undefined ? rest : { ...rest, status: draft.status }))
  }

  /** Writes a lease, made if it is not there; unlike `update` it counts as a change although nothing in it may differ. */
  renew(name: string, spec: LeaseSpec): Result<Lease> {
    const draft: Draft<Lease> = { metadata: { name, namespace: LEASE_NAMESPACE }, spec }
    const shelf = this.#shelf(LEASE)
    const previous = shelf.objects.get(keyOf(draft)) as Lease | undefined
    if (previous === undefined) return this.create(LEASE, draft)
    return this.#put(LEASE, shelf, { ...previous, spec }, previous, true)
  }

  /** Creates it, or updates the spec (and the status, where the draft has one) of what is there, whatever its revision. */
  upsert<R extends Resource>(type: ResourceType<R>, draft: Draft<R>): Result<R> {
    if (!this.#shelf(type).objects.has(keyOf(draft))) return this.create(type, draft)
    const updated = this.update(type, draft)
    return updated.ok && draft.status !== undefined ? this.updateStatus(type, draft) : updated
  }

  delete<R extends Resource>(type: ResourceType<R>, name: string, namespace?: string): Result<R> {
    const shelf = this.#shelf(type)
    const previous = this.get(type, name, namespace)
    if (previous === undefined) return notFound(type, name)
    const refused = this.#refuses(type, undefined, previous)
    if (refused !== undefined) return refused
    if (this.#dry) return { ok: true, value: previous }
    shelf.objects.delete(keyOf(previous))
    this.#revision++
    const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: this.revision } }
    this.#tell(shelf, { revision: this.#revision, object: last, previous, deleted: true })
    return { ok: true, value: last }
  }

  /**
   * Delivers every change after `from` (a list's resourceVersion); without `from`, changes from now on. `gone`: `from` is older than what is
   * kept, or another store's; list again.
   */
  watch<R extends Resource>(
    type: ResourceType<R>,
    selector: Selector,
    from: string | undefined,
    sink: (event: WatchEvent<R>) => void,
  ): Result<StoreWatch> {
    const shelf = this.#shelf(type)
    const { field } = selector
    if (field !== undefined && !type.indexes.includes(field.path))
      return apiError('invalid', `${type.plural} has no index on ${field.path}; indexed: ${type.indexes.join(', ') || 'none'}`)
    const since = from === undefined ? this.#revision : Number(from)
    if (!(since >= shelf.oldest && since <= this.#revision))
      return apiError('gone', `resourceVersion ${from} is not one that this store can resume from; list again`)
    let live = true
    const watcher: Watcher = {
      selector,
      deliver: (event) => {
        this.#queue.push(() => {
          if (!live) return
          this.delivered++
          sink(event as WatchEvent<R>)
        })
        this.#drainSoon()
      },
    }
    for (const change of shelf.history) {
      const event = change.revision > since ? eventFor(change, selector) : undefined
      if (event !== undefined) watcher.deliver(event, change.revision)
    }
    shelf.watchers.add(watcher)
    const stop = () => {
      live = false
      shelf.watchers.remove(watcher)
    }
    return { ok: true, value: { stop } }
  }

  /** What writes would come to, without any of them taking effect. */
  dryRun<T>(write: () => T): T {
    this.#dry = true
    try {
      return write()
    } finally {
      this.#dry = false
    }
  }

  /** Calls back once the watchers have been told of every write so far. */
  afterDeliveries(callback: () => void): void {
    this.#queue.push(callback)
    this.#drainSoon()
  }

  #refuses(type: ResourceType, next: Resource | undefined, previous: Resource | undefined) {
    const refused = this.#admission?.(type, next, previous)
    if (refused === undefined) return undefined
    const { name } = (next ?? previous)!.metadata
    if (typeof refused !== 'string') return refused.length === 0 ? undefined : invalid(type, name, refused)
    const who = `${qualifiedName(type)} ${JSON.stringify(name)}`
    return apiError('forbidden', `${who} is forbidden: ${refused}`, { about: { type, name } })
  }

  #shelf(type: ResourceType): Shelf {
    const shelf = this.#shelves.get(type)
    if (shelf === undefined) throw new Error(`the store does not keep ${type.kind}`)
    return shelf
  }

  #shape(type: ResourceType, draft: Draft): Omit<Resource, 'metadata'> {
    return {
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      ...(draft.spec === undefined ? {} : { spec: draft.spec }),
      ...(draft.status === undefined ? {} : { status: draft.status }),
    }
  }

  #change<R extends Resource>(type: ResourceType<R>, draft: Pick<Draft<R>, 'metadata'>, make: (previous: R) => Resource): Result<R> {
    const shelf = this.#shelf(type)
    const key = keyOf(draft)
    const previous = shelf.objects.get(key) as R | undefined
    const { name, resourceVersion: wanted } = draft.metadata
    if (previous === undefined) return notFound(type, name)
    if (wanted !== undefined && wanted !== previous.metadata.resourceVersion)
      return apiError(
        'conflict',
        `Operation cannot be fulfilled on ${qualifiedName(type)} ${JSON.stringify(name)}: the object has been modified; please apply your changes to the latest version and try again`,
        { about: { type, name } },
      )
    return this.#put(type, shelf, make(previous) as R, previous)
  }

  #put<R extends Resource>(type: ResourceType<R>, shelf: Shelf, draft: R, previous: R | undefined, always = false): Result<R> {
    const unchanged =
      !always &&
      previous !== undefined &&
      sameJson({ ...draft, metadata: { ...draft.metadata, resourceVersion: previous.metadata.resourceVersion } }, previous)
    if (unchanged) return { ok: true, value: previous }
    const refused = this.#refuses(type, draft, previous)
    if (refused !== undefined) return refused
    if (this.#dry)
      return { ok: true, value: { ...draft, metadata: { ...draft.metadata, resourceVersion: previous?.metadata.resourceVersion ?? '' } } }
    this.#revision++
    const object = { ...draft, metadata: { ...draft.metadata, resourceVersion: this.revision } }
    // Told again, an Event is the newest.
    if (type.story) shelf.objects.delete(keyOf(object))
    shelf.objects.set(keyOf(object), object)
    this.#tell(shelf, { revision: this.#revision, object, ...(previous === undefined ? {} : { previous }), deleted: false })
    return { ok: true, value: object }
  }

  #tell(shelf: Shelf, change: Change): void {
    shelf.history.push(change)
    if (shelf.history.length > 2 * HISTORY) {
      shelf.history = shelf.history.slice(-HISTORY)
      shelf.oldest = shelf.history[0]!.revision
    }
    for (const watcher of shelf.watchers.concerned(change)) {
      const event = eventFor(change, watcher.selector)
      if (event !== undefined) watcher.deliver(event, change.revision)
    }
  }

  #drainSoon(): void {
    if (this.#draining) return
    this.#draining = true
    this.#clock.yield(() => this.#drain())
  }

  #drain(): void {
    const slice = this.#queue.splice(0, SLICE)
    for (const deliver of slice) deliver()
    this.#draining = false
    if (this.#queue.length > 0) this.#drainSoon()
  }

  #uid(): string {
    const word = () => stableHash(`${this.#random.next()}`).toString(16).padStart(8, '0')
    const hex = word() + word() + word() + word()
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}
