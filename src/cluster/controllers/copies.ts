/**
 * The target cluster's copies (R30): the gateway and the load balancer again, in the system namespace. They follow the owner's documents; an
 * edit of a copy is overwritten, a copy that was deleted is made again.
 */
import type { World } from '../../world/index.ts'
import {
  BGP_LOAD_BALANCER,
  NETWORK_GATEWAY,
  type Resource,
  type ResourceType,
  type Store,
  SYSTEM_NAMESPACE,
  sameJson,
} from '../api/index.ts'
import { ownersDocument } from './documents.ts'
import { EventRecorder } from './events.ts'
import { Reconciler, written } from './reconciler.ts'

const COPIED = [NETWORK_GATEWAY, BGP_LOAD_BALANCER]
/** On a copy: `<namespace>/<name>` of what it is a copy of. */
export const COPY_OF = 'peerlab/copy-of'

export class CopiesController {
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #reconciler: Reconciler
  /** What was last written to each copy. */
  readonly #copied = new Map<ResourceType, unknown>()

  constructor(world: World, store: Store) {
    this.#store = store
    this.#events = new EventRecorder(world.clock, store, 'target-cluster')
    this.#reconciler = new Reconciler(world.clock, () => {
      for (const type of COPIED) this.#copy(type)
    })
  }

  start(): void {
    this.#reconciler.start(this.#store, COPIED)
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #copy(type: ResourceType) {
    const source = ownersDocument(this.#store, type)
    const copies = this.#store.list(type, { namespace: SYSTEM_NAMESPACE }).items
    for (const { metadata } of copies)
      if (metadata.name !== source?.metadata.name) written(this.#store.delete(type, metadata.name, SYSTEM_NAMESPACE))
    if (source === undefined) {
      this.#copied.delete(type)
      return
    }
    const of = `${source.metadata.namespace}/${source.metadata.name}`
    const before = copies.find((each) => each.metadata.name === source.metadata.name)
    const annotations = { [COPY_OF]: of }
    const metadata = { name: source.metadata.name, namespace: SYSTEM_NAMESPACE, annotations }
    const { spec, status } = source
    const copy = written(this.#store.upsert(type, { metadata, spec, ...(status === undefined ? {} : { status }) })) as Resource
    const known = this.#copied.get(type)
    if (before === undefined ? known !== undefined : !sameJson(before.spec, known)) {
      const text = before === undefined ? `this is a copy, and made again: delete ${of} (R30)` : `this is a copy: edit ${of} (R30)`
      this.#events.tell(copy, 'Warning', 'Overwritten', text)
    }
    this.#copied.set(type, spec)
  }
}
