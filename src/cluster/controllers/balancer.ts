/**
 * The balancer: Services and load-balancer nodes that are Ready and have the Service's rules in, BGPAdvertisedRoute objects out (R20–R22, R37).
 */
import { type Micros, SECOND } from '../../model/index.ts'
import type { Timer, World } from '../../world/index.ts'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  type BGPAdvertisedRoute,
  isReady,
  LOAD_BALANCER_NODE,
  NODE,
  SERVICE,
  type Service,
  type Store,
  SYSTEM_NAMESPACE,
  vipOf,
} from '../api/index.ts'
import { type AdvertisedRoute, advertisedRoutes, type NotAdvertised } from '../balancer.ts'
import { ownersDocument } from './documents.ts'
import { EventRecorder } from './events.ts'
import { Reconciler, written } from './reconciler.ts'
import { type Refusal, Standing } from './standing.ts'

/**
 * How long a new VIP waits for the nodes that are still setting it up, once it stands on one. Next hops that came one after the other would make
 * routers hash anew each time, and reset connections that have just been made.
 */
const TOGETHER: Micros = 1 * SECOND

interface Announced {
  /** The Service's: another one of the same name has to stand anew. */
  readonly uid: string
  readonly prefix: string
  readonly nextHops: readonly string[]
}

export class BalancerController {
  readonly #world: World
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #found: () => void
  readonly #reconciler: Reconciler
  #said = ''
  /** By Service: what its VIP has now. `undefined` before the first look. */
  #announced: ReadonlyMap<string, Announced> | undefined
  /** By Service's UID: until when its first announcement waits for further nodes. */
  #waits: ReadonlyMap<string, Micros> = new Map()
  readonly #patience: Timer
  notAdvertised: readonly NotAdvertised[] = []
  refusals: readonly Refusal[] = []

  /** `found`: `notAdvertised` and `refusals` may be others now. */
  constructor(world: World, store: Store, found: () => void = () => {}) {
    this.#world = world
    this.#store = store
    this.#found = found
    this.#events = new EventRecorder(world.clock, store, 'balancer')
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
    this.#patience = world.clock.timer('further nodes of a VIP', () => this.#reconciler.wake())
  }

  start(): void {
    // A route that somebody deleted or edited is put right.
    this.#reconciler.start(this.#store, [SERVICE, NODE, LOAD_BALANCER_NODE, BGP_LOAD_BALANCER, BGP_ADVERTISED_ROUTE])
  }

  stop(): void {
    this.#patience.stop()
    this.#reconciler.stop()
  }

  #reconcile() {
    const balancer = ownersDocument(this.#store, BGP_LOAD_BALANCER)
    const items = balancer === undefined ? [] : this.#store.list(SERVICE).items
    const existing = this.#store.list(BGP_ADVERTISED_ROUTE).items
    const announced = this.#announced ?? announcedBefore(items, balancer?.metadata.name, existing)
    const standing = Standing.of(this.#store)
    const waits = new Map<string, Micros>()
    const services = items.map((service) => ({
      namespace: service.metadata.namespace ?? 'default',
      name: service.metadata.name,
      vip: vipOf(service),
      externalTrafficPolicy: service.spec?.externalTrafficPolicy,
      standsOn: this.#standsOn(service, standing, nextHopsNow(service, announced), waits),
    }))
    this.#waits = waits
    const nodes = this.#store
      .list(NODE)
      .items.flatMap((node) => (node.spec?.loadBalancer ? [{ address: node.spec.address, ready: isReady(node) }] : []))
    const { routes, notAdvertised } = advertisedRoutes(services, nodes, {
      ...(balancer === undefined ? {} : { loadBalancer: balancer.metadata.name }),
      current: existing.flatMap((route) => route.spec ?? []),
    })
    const wanted = new Set(routes.map((route) => route.name))
    for (const { metadata } of existing) {
      if (!wanted.has(metadata.name)) written(this.#store.delete(BGP_ADVERTISED_ROUTE, metadata.name, SYSTEM_NAMESPACE))
    }
    this.#announced = new Map(
      routes.map(({ service: { namespace, name }, prefix, nextHops }) => {
        const { uid = '' } = items.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)?.metadata ?? {}
        return [`${namespace}/${name}`, { uid, prefix, nextHops }]
      }),
    )
    for (const route of routes) this.#write(route, existing.find((each) => each.metadata.name === route.name)?.spec)
    this.notAdvertised = notAdvertised
    this.refusals = standing.refusals
    this.#found()
    // That a Service's rules are being set up is no news; where they are refused it is said by that.
    const news = notAdvertised.filter((each) => each.code !== 'rules-pending')
    const text = [...news, ...this.refusals].map((each) => each.message).join('; ')
    if (text !== '' && text !== this.#said)
      this.#world.events.emit({ type: 'log', device: this.#world.name, level: 'warning', message: `balancer: ${text}` })
    this.#said = text
  }

  #standsOn(service: Service, standing: Standing, now: readonly string[], waits: Map<string, Micros>): readonly string[] {
    const stands = standing.nodesOf(service, now)
    if (now.length > 0 || stands.length === 0 || !standing.more(stands)) return stands
    const { uid } = service.metadata
    const { clock } = this.#world
    const until = this.#waits.get(uid) ?? clock.now() + TOGETHER
    waits.set(uid, until)
    if (until <= clock.now()) return stands
    if (!this.#patience.running) this.#patience.start(until - clock.now())
    return []
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

function nextHopsNow(service: Service, announced: ReadonlyMap<string, Announced>): readonly string[] {
  const { namespace, name, uid } = service.metadata
  const found = announced.get(`${namespace}/${name}`)
  return found?.uid === uid && found.prefix === `${vipOf(service)}/32` ? found.nextHops : []
}

/** A controller that starts anew takes what there is for its predecessor's. */
function announcedBefore(services: readonly Service[], loadBalancer: string | undefined, routes: readonly BGPAdvertisedRoute[]) {
  return new Map(
    services.flatMap(({ metadata: { namespace, name, uid } }) => {
      const spec = routes.find((each) => each.metadata.name === `${loadBalancer}-${namespace}-${name}`)?.spec
      return spec === undefined ? [] : [[`${namespace}/${name}`, { uid, prefix: spec.prefix, nextHops: spec.nextHops }] as const]
    }),
  )
}
