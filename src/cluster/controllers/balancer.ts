/** The balancer: Services and Ready load-balancer nodes in, BGPAdvertisedRoute objects out (R20–R22, R37). */
import type { World } from '../../world/index.ts'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  type BGPAdvertisedRoute,
  isReady,
  NODE,
  SERVICE,
  type Store,
  SYSTEM_NAMESPACE,
  vipOf,
} from '../api/index.ts'
import { type AdvertisedRoute, advertisedRoutes, type NotAdvertised } from '../balancer.ts'
import { ownersDocument } from './documents.ts'
import { EventRecorder } from './events.ts'
import { Reconciler, written } from './reconciler.ts'

export class BalancerController {
  readonly #world: World
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #found: () => void
  readonly #reconciler: Reconciler
  #said = ''
  notAdvertised: readonly NotAdvertised[] = []

  /** `found`: `notAdvertised` may be another now. */
  constructor(world: World, store: Store, found: () => void = () => {}) {
    this.#world = world
    this.#store = store
    this.#found = found
    this.#events = new EventRecorder(world.clock, store, 'balancer')
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
  }

  start(): void {
    // A route that somebody deleted or edited is put right.
    this.#reconciler.start(this.#store, [SERVICE, NODE, BGP_LOAD_BALANCER, BGP_ADVERTISED_ROUTE])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const balancer = ownersDocument(this.#store, BGP_LOAD_BALANCER)
    const items = balancer === undefined ? [] : this.#store.list(SERVICE).items
    const services = items.map((service) => ({
      namespace: service.metadata.namespace ?? 'default',
      name: service.metadata.name,
      vip: vipOf(service),
      externalTrafficPolicy: service.spec?.externalTrafficPolicy,
    }))
    const nodes = this.#store
      .list(NODE)
      .items.flatMap((node) => (node.spec?.loadBalancer ? [{ address: node.spec.address, ready: isReady(node) }] : []))
    const existing = this.#store.list(BGP_ADVERTISED_ROUTE).items
    const { routes, notAdvertised } = advertisedRoutes(services, nodes, {
      ...(balancer === undefined ? {} : { loadBalancer: balancer.metadata.name }),
      current: existing.flatMap((route) => route.spec ?? []),
    })
    const wanted = new Set(routes.map((route) => route.name))
    for (const { metadata } of existing) {
      if (!wanted.has(metadata.name)) written(this.#store.delete(BGP_ADVERTISED_ROUTE, metadata.name, SYSTEM_NAMESPACE))
    }
    for (const route of routes) this.#write(route, existing.find((each) => each.metadata.name === route.name)?.spec)
    this.notAdvertised = notAdvertised
    this.#found()
    const text = notAdvertised.map((each) => each.message).join('; ')
    if (text !== '' && text !== this.#said)
      this.#world.events.emit({ type: 'log', device: this.#world.name, level: 'warning', message: `balancer: ${text}` })
    this.#said = text
  }

  #write({ name, prefix, nextHops, nextHop }: AdvertisedRoute, before: BGPAdvertisedRoute['spec']) {
    const metadata = { name, namespace: SYSTEM_NAMESPACE }
    const route = written(this.#store.upsert(BGP_ADVERTISED_ROUTE, { metadata, spec: { prefix, nextHops, nextHop } }))
    if (before === undefined) {
      this.#events.tell(route, 'Normal', 'Advertised', `${prefix} by ${nextHops.join(', ')}`)
      return
    }
    const gone = before.nextHops.filter((each) => !nextHops.includes(each))
    const come = nextHops.filter((each) => !before.nextHops.includes(each))
    const said = [...gone.map((each) => `${each} left`), ...come.map((each) => `${each} came`)]
    if (said.length > 0)
      this.#events.tell(route, gone.length > 0 ? 'Warning' : 'Normal', 'NextHopsChanged', `${prefix}: ${said.join(', ')}`)
  }
}
