/**
 * What a node runs: it renews its lease, holds the floating IPs that the API says are its own, keeps the sessions from them, announces the
 * routes, makes VIPs local where it is an LB node, and reports. It watches only what concerns it.
 *
 * It fails static: without the API nothing changes. A floating IP is given up only once the agent has *read* that another node holds it, or
 * that it is a floating IP no more.
 */
import type { World } from '../../world/index.ts'
import {
  ApiClient,
  BGP_ADVERTISED_ROUTE,
  type BGPAdvertisedRoute,
  FLOATING_IP,
  type FloatingIP,
  Informer,
  type Resource,
  SERVICE,
  type Service,
  SYSTEM_NAMESPACE,
} from '../api/index.ts'
import { inSubnet } from '../gateway/index.ts'
import { AppliedReport } from './applied-report.ts'
import type { AgentConfig } from './config.ts'
import { ControlPlaneNode, type ControlPlaneStatus } from './control-plane.ts'
import { Holding, type HoldingState } from './holding.ts'
import { HostKeeper } from './host-keeper.ts'
import { LeaseRenewer } from './lease.ts'
import { openSpeaker } from './open-speaker.ts'
import { nodeRoutes } from './routes.ts'
import { vipDataPlane } from './services.ts'
import { SessionBook } from './session-book.ts'
import { SessionReports } from './session-reports.ts'
import { type NodeSession, peerOf, type SpeakerFactory } from './speaker.ts'
import { SpeakerPod } from './speaker-pod.ts'

export interface AgentStatus {
  readonly holding: readonly { readonly address: string; readonly state: HoldingState }[]
  readonly sessions: readonly NodeSession[]
  /** On control-plane nodes only. */
  readonly controlPlane?: ControlPlaneStatus
}

export class Agent {
  readonly #world: World
  readonly #config: AgentConfig
  readonly #host: HostKeeper
  readonly #openSpeaker: SpeakerFactory
  readonly #lease: LeaseRenewer
  readonly #floatingIps: Informer<FloatingIP>
  readonly #sessions: SessionBook
  readonly #routes: Informer<BGPAdvertisedRoute>
  readonly #services: Informer<Service> | undefined
  readonly #reports: SessionReports
  readonly #applied: AppliedReport | undefined
  readonly #client: ApiClient
  readonly #holdings = new Map<string, Holding>()
  /** Watches of floating IPs that are held here although the API names no holder. */
  readonly #ownerless = new Map<string, Informer<FloatingIP>>()
  readonly #controlPlane: ControlPlaneNode | undefined
  readonly #pod: SpeakerPod | undefined
  #routesFollowed = false
  #routesDue = false
  #ready = false

  constructor(world: World, config: AgentConfig) {
    this.#world = world
    this.#config = config
    const { node, address, api, timers } = config
    this.#host = new HostKeeper(world, { services: config.loadBalancer, refused: (detail) => this.#applied?.refused(detail) })
    this.#openSpeaker = openSpeaker(
      world,
      (localAddress, peerAddress) => {
        if (localAddress === address) this.#controlPlane?.sessionsChanged()
        else this.#reports.changed(localAddress, peerAddress)
      },
      (localAddress, event) => {
        if (localAddress === address) this.#pod?.note(event)
      },
    )
    this.#client = new ApiClient(world, { server: api, timers, localAddress: address })
    this.#lease = new LeaseRenewer(
      this.#client,
      config,
      () => this.#held(),
      (lease) => this.#renewed(lease),
    )
    const { controlPlane } = config
    if (controlPlane !== undefined) {
      this.#pod = new SpeakerPod(world, this.#client, config)
      this.#controlPlane = new ControlPlaneNode(world, this.#host, this.#openSpeaker, { config: controlPlane, address, timers })
    }
    this.#floatingIps = new Informer(
      this.#client,
      FLOATING_IP,
      { field: { path: 'status.nodeName', value: node } },
      {
        added: (object) => this.#take(object.metadata.name),
        removed: (object, how) => this.#readHolder(object.metadata.name, how === 'deleted' ? undefined : object),
      },
    )
    this.#sessions = new SessionBook(this.#client, node, {
      changed: (localAddress) => this.#setPeers(localAddress),
      read: (floatingIp, object) => this.#readHolder(floatingIp, object),
    })
    this.#routes = new Informer(
      this.#client,
      BGP_ADVERTISED_ROUTE,
      {},
      {
        added: () => this.#routesChanged(),
        updated: () => this.#routesChanged(),
        removed: () => this.#routesChanged(),
        synced: () => this.#routesChanged(),
      },
    )
    if (config.loadBalancer) {
      // Ready once the API knows what stands here: before that it would be a next hop that drops.
      this.#applied = new AppliedReport(this.#client, node, () => this.#lease.start())
      this.#services = this.#followServices(this.#applied)
    }
    this.#reports = new SessionReports(this.#client, timers.leaseRenewInterval, {
      objectFor: (local, peer) => this.#sessions.objectFor(local, peer),
      session: (local, peer) => this.status().sessions.find((each) => each.localAddress === local && each.peerAddress === peer),
    })
  }

  start(): void {
    this.#pod?.start()
    if (this.#controlPlane === undefined) this.#follow()
    else this.#controlPlane.start(() => this.#follow())
  }

  /** Asks the API from here on: on a control-plane node its own one, which listens by now. */
  #follow() {
    this.#pod?.report()
    this.#floatingIps.start()
    this.#sessions.start()
    if (this.#services === undefined) this.#lease.start()
    else {
      if (this.#booted()) this.#applied?.nothing()
      this.#services.start()
    }
  }

  /** No Service's VIP is here: the machine has just booted, or there was none. A process alone that starts anew finds those of the one before. */
  #booted(): boolean {
    const controlPlane = this.#config.controlPlane?.vip
    return this.#world.host.localVips().every((vip) => vip === controlPlane)
  }

  /** Ends in good order: Cease to every peer. Addresses stay; `done` once every session is closed. */
  stop(done: () => void = () => {}): void {
    this.#lease.stop()
    for (const informer of [this.#floatingIps, this.#routes, this.#services, ...this.#ownerless.values()]) informer?.stop()
    this.#sessions.stop()
    this.#reports.stop()
    this.#applied?.stop()
    this.#pod?.stop()
    this.#host.stop()
    const stops: ((done: () => void) => void)[] = [...this.#holdings.values()].map((holding) => (next) => holding.shutdown(next))
    const controlPlane = this.#controlPlane
    if (controlPlane !== undefined) stops.push((next) => controlPlane.stop(next))
    let left = stops.length
    if (left === 0) done()
    for (const stop of stops)
      stop(() => {
        if (--left === 0) done()
      })
  }

  /** What it holds and which sessions it keeps, its control plane's included. */
  status(): AgentStatus {
    const holdings = [...this.#holdings.values()]
    const speakers = [this.#controlPlane, ...holdings.map((holding) => holding.speaker)]
    const controlPlane = this.#controlPlane?.status
    return {
      holding: holdings.filter((each) => each.state !== 'gone').map(({ address, state }) => ({ address, state })),
      sessions: speakers.flatMap((speaker) => speaker?.sessions() ?? []),
      ...(controlPlane && { controlPlane }),
    }
  }

  #held(): string[] {
    return [...this.#holdings.values()].filter((each) => each.wanted).map((each) => each.address)
  }

  /** Kills and starts the API that this node serves; its speaker goes on, and its agent asks in vain. Throws on other nodes. */
  stopApi(): void {
    this.#controlPlaneNode().stopApi()
  }

  startApi(): void {
    this.#controlPlaneNode().startApi()
  }

  #controlPlaneNode(): ControlPlaneNode {
    if (this.#controlPlane === undefined) throw new Error(`${this.#config.node} serves no API: it is no control-plane node`)
    return this.#controlPlane
  }

  #renewed({ metadata }: Resource) {
    this.#controlPlane?.storeAnswered()
    this.#pod?.known(metadata.creationTimestamp)
    if (this.#ready) return
    this.#ready = true
    this.#world.events.emit({ type: 'ready', device: this.#world.name, what: 'agent' })
  }

  #take(address: string) {
    this.#ownerless.get(address)?.stop()
    this.#ownerless.delete(address)
    const holding = this.#holdings.get(address) ?? this.#newHolding(address)
    if (holding === undefined) return
    holding.acquire()
    this.#setPeers(address)
    this.#followRoutes()
  }

  #newHolding(address: string): Holding | undefined {
    const { name: device, events, host } = this.#world
    const place = host.interfaces().find((each) => each.addresses.some((own) => inSubnet(address, own)))
    if (place === undefined) {
      events.emit({ type: 'log', device, level: 'error', message: `cannot hold ${address}: no interface of this node is in its subnet` })
      return undefined
    }
    const holding = new Holding(this.#world, this.#host, {
      address,
      interfaceName: place.name,
      timers: this.#config.timers,
      openSpeaker: this.#openSpeaker,
      changed: () => this.#followRoutes(),
    })
    this.#holdings.set(address, holding)
    return holding
  }

  /** What the API says now of a floating IP that is held here, or was. */
  #readHolder(address: string, object: FloatingIP | undefined) {
    const holder = object?.status?.nodeName
    if (holder === this.#config.node) return
    const holding = this.#holdings.get(address)
    if (object === undefined || holder !== undefined) {
      this.#ownerless.get(address)?.stop()
      this.#ownerless.delete(address)
      this.#sessions.release(address)
      holding?.release()
    } else if (holding?.wanted && !this.#ownerless.has(address)) this.#followOwnerless(address)
  }

  /** Nobody holds it by the API's word: it stays here, and the agent watches it by name to read who gets it. */
  #followOwnerless(address: string) {
    const told = (object: FloatingIP | undefined) => this.#readHolder(address, object)
    const selector = { namespace: SYSTEM_NAMESPACE, field: { path: 'metadata.name', value: address } }
    const informer = new Informer<FloatingIP>(this.#client, FLOATING_IP, selector, {
      added: told,
      updated: told,
      removed: (_object, how) => {
        if (how === 'deleted') told(undefined)
      },
    })
    this.#ownerless.set(address, informer)
    informer.start()
  }

  #setPeers(localAddress: string) {
    const sessions = this.#sessions.sessionsFrom(localAddress)
    const peers = sessions.map((spec) => peerOf(spec.peerIP, spec.peerASN, this.#config.timers))
    this.#holdings.get(localAddress)?.setPeers(sessions[0]?.localASN, peers)
    for (const { peerIP } of sessions) this.#reports.changed(localAddress, peerIP)
  }

  /** Routes are watched while a floating IP is held, and only then. */
  #followRoutes() {
    const holds = [...this.#holdings.values()].some((each) => each.state !== 'gone')
    if (holds === this.#routesFollowed) {
      if (holds) this.#routesChanged()
      return
    }
    this.#routesFollowed = holds
    if (holds) this.#routes.start()
    else this.#routes.stop()
  }

  #routesChanged() {
    if (this.#routesDue) return
    this.#routesDue = true
    this.#world.clock.yield(() => {
      this.#routesDue = false
      if (!this.#routes.synced) return
      const routes = nodeRoutes(this.#routes.objects)
      for (const holding of this.#holdings.values()) holding.setRoutes(routes)
    })
  }

  #followServices(applied: AppliedReport): Informer<Service> {
    const changed = () => {
      const { revision } = services
      if (!services.synced || revision === undefined) return
      const { vips, rules } = vipDataPlane(services.objects)
      this.#host.setVips('services', vips)
      this.#host.setServices(rules, () => applied.applied(revision))
    }
    const services = new Informer<Service>(
      this.#client,
      SERVICE,
      {},
      { added: changed, updated: changed, removed: changed, synced: changed },
    )
    return services
  }
}
