/** Tells the lab's event stream of the cluster's resources, so that whoever waits for one need not ask again and again. */
import type { World } from '../../world/index.ts'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  CLUSTER,
  FLOATING_IP,
  NETWORK_GATEWAY,
  type Resource,
  type ResourceType,
  SERVICE,
  type Store,
} from '../api/index.ts'
import { Reconciler } from './reconciler.ts'

const TOLD = [
  CLUSTER,
  NETWORK_GATEWAY,
  BGP_LOAD_BALANCER,
  FLOATING_IP,
  BGP_SESSION,
  BGP_ADVERTISED_ROUTE,
  SERVICE,
] as readonly ResourceType[]

export class ResourceTeller {
  readonly #world: World
  readonly #store: Store
  readonly #reconciler: Reconciler
  readonly #told = new Map<string, string>()

  constructor(world: World, store: Store) {
    this.#world = world
    this.#store = store
    this.#reconciler = new Reconciler(world.clock, () => {})
  }

  /** First of all that there is, then of every change. */
  start(): void {
    for (const type of TOLD) {
      for (const object of this.#store.list(type).items) this.#tell(type, object, false)
      this.#reconciler.follow(this.#store, type, (object, deleted) => this.#tell(type, object, deleted))
    }
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #tell({ kind }: ResourceType, object: Resource, deleted: boolean) {
    const { name, namespace } = object.metadata
    const key = `${kind} ${namespace} ${name}`
    const text = essence(object)
    if (!deleted && this.#told.get(key) === text) return
    if (deleted) this.#told.delete(key)
    else this.#told.set(key, text)
    const about = { kind, name, ...(namespace === undefined ? {} : { namespace }) }
    this.#world.events.emit({ type: 'resource', ...about, ...(deleted ? {} : { object }) })
  }
}

/** Without what moves by itself: a session's Last Report Time, and revisions. */
function essence({ metadata, spec, status }: Resource): string {
  const { uid, generation, labels, annotations } = metadata
  return JSON.stringify([uid, generation, labels, annotations, spec, status], (key, value: unknown) =>
    key === 'lastReportTime' ? undefined : value,
  )
}
