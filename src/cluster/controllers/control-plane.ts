/**
 * What the admin host runs: the resource store, its server, and the three controllers, seeded from the cluster's description.
 *
 * The store lives as long as the process. A control plane that starts anew learns from the leases who holds which floating IP, and lets
 * nobody read what controllers write until it has heard from every node, or has waited one lease duration for those that are silent.
 */
import type { Micros, TimerProfile } from '../../model/index.ts'
import type { Endpoint, World } from '../../world/index.ts'
import {
  ApiServer,
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  CLUSTER,
  FLOATING_IP,
  NETWORK_GATEWAY,
  NODE_POOL,
  RESOURCE_TYPES,
  type Resource,
  Store,
  SYSTEM_NAMESPACE,
} from '../api/index.ts'
import { FloatingIpController } from '../gateway/index.ts'
import type { ClusterModel } from '../resources/index.ts'
import { admissionFor } from './admission.ts'
import { BalancerController } from './balancer.ts'
import { Chronicle } from './chronicle.ts'
import { CopiesController } from './copies.ts'
import { EndpointsController } from './endpoints.ts'
import { EventKeeper } from './events.ts'
import { NamespaceController } from './namespaces.ts'
import { PeeringController } from './peering.ts'
import { type ServiceSeed, seed } from './seed.ts'
import { SlicesController } from './slices.ts'
import { StatusController } from './status.ts'
import { ResourceTeller } from './teller.ts'
import { VipController } from './vips.ts'

/** Plain JSON: it is sent to the admin host's container. */
export interface ControlPlaneConfig {
  readonly listen: Endpoint
  readonly timers: TimerProfile
  readonly cluster: ClusterModel
  readonly services: readonly ServiceSeed[]
  /** The owner's documents as read, for looking at through the API. */
  readonly documents?: readonly unknown[]
  /** Addresses of the network's own devices, and whose each is: no floating IP may be one of them. */
  readonly taken?: Readonly<Record<string, string>>
  /** In place of the cluster's own `gateway.initialPlacement`: address → node name. */
  readonly initialPlacement?: Readonly<Record<string, string>>
  /** How long nodes have for their first renewal, µs; at least one lease duration, which is the default. */
  readonly firstContact?: Micros
}

export class ControlPlane {
  readonly store: Store
  readonly #world: World
  readonly #config: ControlPlaneConfig
  readonly #server: ApiServer
  readonly #teller: ResourceTeller
  #gateway: FloatingIpController
  #others: readonly { start(): void; stop(): void }[] = []
  /** Started once every node was heard from or judged. */
  #settledOnes: readonly { start(): void; stop(): void }[] = []

  constructor(world: World, config: ControlPlaneConfig) {
    this.#world = world
    this.#config = config
    const { cluster, services, documents = [], taken = {} } = config
    const ownersDocuments = () =>
      [CLUSTER, NODE_POOL, NETWORK_GATEWAY, BGP_LOAD_BALANCER]
        .flatMap((type): readonly Resource[] => this.store.list(type).items)
        .filter(({ metadata }) => metadata.namespace !== SYSTEM_NAMESPACE)
    this.store = new Store(world, RESOURCE_TYPES, admissionFor({ cluster, taken, documents: ownersDocuments }))
    seed(world, this.store, RESOURCE_TYPES, { cluster, services, documents })
    this.#server = new ApiServer(world, this.store, {
      listen: config.listen,
      types: RESOURCE_TYPES,
      gated: [FLOATING_IP, BGP_SESSION, BGP_ADVERTISED_ROUTE],
      bookmarkInterval: config.timers.leaseRenewInterval,
    })
    this.#teller = new ResourceTeller(world, this.store)
    this.#gateway = this.#controllers()
  }

  /** Emits `ready` once the API listens, an error in the log if it cannot. */
  start(): void {
    this.#teller.start()
    this.#startControllers()
    this.serve()
  }

  stop(): void {
    this.stopServing()
    this.#stopControllers()
    this.#teller.stop()
  }

  /** The API goes away and the controllers stay: nobody is judged until it is back for one lease duration. */
  stopServing(): void {
    this.#gateway.monitor.pause()
    this.#server.stop()
  }

  serve(): void {
    const { name: device, events } = this.#world
    this.#server.start((problem) => {
      if (problem === undefined) events.emit({ type: 'ready', device, what: 'resource API' })
      else events.emit({ type: 'log', device, level: 'error', message: `the resource API cannot listen: ${problem}` })
    })
    this.#gateway.monitor.resume()
  }

  /** The controllers start anew on the store as it is, as after a crash of theirs. */
  restartControllers(): void {
    this.#stopControllers()
    this.#gateway = this.#controllers()
    this.#startControllers()
  }

  #startControllers() {
    this.#gateway.start()
    for (const controller of this.#others) controller.start()
  }

  #stopControllers() {
    for (const controller of [this.#gateway, ...this.#others, ...this.#settledOnes]) controller.stop()
  }

  #controllers(): FloatingIpController {
    const { timers, cluster, initialPlacement, firstContact } = this.#config
    const { gateway, subnets } = cluster
    const { massExpiryShare, sessions } = gateway
    const { store } = this
    const world = this.#world
    const found = () => status.wake()
    const peering = new PeeringController(world, store, { sessions, subnets }, found)
    const balancer = new BalancerController(world, store, found)
    const status = new StatusController(world, store, () => {
      const { lost, warnings } = peering
      return { lost, warnings, notAdvertised: balancer.notAdvertised, refusals: balancer.refusals }
    })
    this.#settledOnes = [peering, balancer, status]
    this.#others = [
      new VipController(world, store, cluster),
      new EndpointsController(world, store),
      new SlicesController(world.clock, store),
      new CopiesController(world, store),
      new NamespaceController(world.clock, store),
      new EventKeeper(world.clock, store),
      new Chronicle(world, store),
    ]
    return new FloatingIpController(
      this.#world,
      this.store,
      {
        timers,
        massExpiryShare,
        initialPlacement: initialPlacement ?? gateway.initialPlacement,
        ...(firstContact === undefined ? {} : { firstContact }),
      },
      () => {
        for (const controller of this.#settledOnes) controller.start()
        this.#server.openGate()
      },
    )
  }
}
