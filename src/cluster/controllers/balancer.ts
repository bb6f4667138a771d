/** The balancer: Services and Ready load-balancer nodes in, BGPAdvertisedRoute objects out (R20–R22, R37). */
import type { World } from '../../world/index.ts'
import { BGP_ADVERTISED_ROUTE, BGP_LOAD_BALANCER, isReady, NODE, SERVICE, type Store, SYSTEM_NAMESPACE } from '../api/index.ts'
import { advertisedRoutes } from '../balancer.ts'
import { Reconciler, written } from './reconciler.ts'

export class BalancerController {
  readonly #world: World
  readonly #store: Store
  readonly #reconciler: Reconciler
  #said = ''

  constructor(world: World, store: Store) {
    this.#world = world
    this.#store = store
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
  }

  start(): void {
    this.#reconciler.start(this.#store, [SERVICE, NODE, BGP_LOAD_BALANCER])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const [balancer] = this.#store.list(BGP_LOAD_BALANCER).items
    if (balancer === undefined) return
    const services = this.#store.list(SERVICE).items.map(({ metadata, spec }) => ({
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      vip: spec?.loadBalancerIP,
      externalTrafficPolicy: spec?.externalTrafficPolicy,
    }))
    const nodes = this.#store
      .list(NODE)
      .items.flatMap((node) => (node.spec?.loadBalancer ? [{ address: node.spec.address, ready: isReady(node) }] : []))
    const existing = this.#store.list(BGP_ADVERTISED_ROUTE).items
    const { routes, notAdvertised } = advertisedRoutes(services, nodes, {
      loadBalancer: balancer.metadata.name,
      current: existing.map((route) => route.spec!),
    })
    const wanted = new Set(routes.map((route) => route.name))
    for (const { metadata } of existing) {
      if (!wanted.has(metadata.name)) written(this.#store.delete(BGP_ADVERTISED_ROUTE, metadata.name, SYSTEM_NAMESPACE))
    }
    for (const { name, prefix, nextHops, nextHop } of routes) {
      written(
        this.#store.upsert(BGP_ADVERTISED_ROUTE, { metadata: { name, namespace: SYSTEM_NAMESPACE }, spec: { prefix, nextHops, nextHop } }),
      )
    }
    const text = notAdvertised.map((each) => each.message).join('; ')
    if (text !== '' && text !== this.#said)
      this.#world.events.emit({ type: 'log', device: this.#world.name, level: 'warning', message: `balancer: ${text}` })
    this.#said = text
  }
}
