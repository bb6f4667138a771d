/**
 * Which of a Service's backends take flows: those that its spec lists, without those on a node that is not Ready, as Kubernetes leaves out Pods
 * there. Nodes that nobody has judged yet count as Ready, and so does an address that is no node's. Said on the Service: in its status, and as an
 * Event when the last backend goes or the first comes back.
 */
import type { World } from '../../world/index.ts'
import { isReady, NODE, SERVICE, type Service, type Store } from '../api/index.ts'
import { condition } from './conditions.ts'
import { EventRecorder } from './events.ts'
import { Reconciler, written } from './reconciler.ts'

const TYPE = 'BackendsReady'

export class EndpointsController {
  readonly #world: World
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #reconciler: Reconciler

  constructor(world: World, store: Store) {
    this.#world = world
    this.#store = store
    this.#events = new EventRecorder(world.clock, store, 'endpoints')
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
  }

  start(): void {
    this.#reconciler.start(this.#store, [SERVICE, NODE])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const down = new Map<string, string>()
    for (const node of this.#store.list(NODE).items) {
      const judged = node.status?.conditions.some((each) => each.type === 'Ready')
      if (judged && !isReady(node)) down.set(node.spec?.address ?? '', node.metadata.name)
    }
    for (const service of this.#store.list(SERVICE).items) this.#write(service, down)
  }

  #write(service: Service, down: ReadonlyMap<string, string>) {
    const listed = service.spec?.endpoints ?? []
    const endpoints = listed.filter((address) => !down.has(address))
    const without = listed.flatMap((address) => down.get(address) ?? [])
    const missing = without.length === 0 ? '' : `; not Ready: ${without.join(', ')}`
    const none = listed.length === 0 ? 'it lists none' : `none of ${listed.length} is on a Ready node${missing}`
    const message =
      endpoints.length === 0 ? `no backend, so its ports refuse: ${none}` : `${endpoints.length} of ${listed.length}${missing}`
    const reason = endpoints.length === 0 ? 'NoBackend' : without.length === 0 ? 'AllReady' : 'SomeReady'
    const { status } = service
    const before = status?.conditions?.find((each) => each.type === TYPE)
    const same = status?.endpoints?.join() === endpoints.join() && before?.reason === reason && before.message === message
    if (same) return
    const now = this.#world.clock.wallTime()
    const others = status?.conditions?.filter((each) => each.type !== TYPE) ?? []
    const conditions = [...others, condition(status?.conditions, TYPE, endpoints.length > 0, reason, message, now)]
    const { name, namespace = 'default' } = service.metadata
    written(
      this.#store.updateStatus(SERVICE, {
        metadata: { name, namespace },
        status: { loadBalancer: {}, ...status, endpoints, conditions },
      }),
    )
    // What it starts with is no news.
    if (before !== undefined && before.reason !== reason)
      this.#events.tell(service, endpoints.length === 0 ? 'Warning' : 'Normal', reason === 'NoBackend' ? reason : 'Backends', message)
  }
}
