import { Speaker } from '../../src/bgp/index.ts'
import { Agent, type AgentConfig } from '../../src/cluster/agent/index.ts'
import { BGP_SESSION, FLOATING_IP } from '../../src/cluster/api/index.ts'
import { ControlPlane, type ControlPlaneConfig } from '../../src/cluster/controllers/index.ts'
import { type LabEvent, type Micros, type RoutePath, SECOND, TIMER_PROFILES, type TimerProfile } from '../../src/model/index.ts'
import { stableHash } from '../../src/net/index.ts'
import type { Calls } from '../../src/world/index.ts'
import { VirtualUniverse, type VirtualWorld } from '../../src/world/virtual/index.ts'
import { smallCluster } from './gateway/cluster.ts'

export const VIP = '10.0.0.1/32'
export const TORS = { tor1: '10.8.0.10', tor2: '10.8.0.11' } as const
const API = { address: '10.9.0.2', port: 6443 }

export interface LabOptions {
  readonly seed?: number
  readonly cluster?: Parameters<typeof smallCluster>[0]
  readonly controlPlane?: Partial<ControlPlaneConfig>
  /** By node name. */
  readonly agents?: Readonly<Record<string, Partial<AgentConfig>>>
  readonly addPathReceive?: boolean
  /** Floating IPs that the receivers are configured for beside the cluster's own (R19). */
  readonly foreseen?: readonly string[]
  readonly timers?: TimerProfile
  /** Control-plane nodes serve the API and use their own, the others reach it at the CP VIP: through tor1 from rack 1, through tor2 from elsewhere. */
  readonly apiAtVip?: boolean | { readonly withdrawUnhealthy: boolean }
}

/** The whole cluster on one queue: an admin host, an agent on each node, and two receiving speakers that stand for the ToRs. */
export class MemoryLab {
  readonly universe: VirtualUniverse
  readonly agents = new Map<string, Agent>()
  readonly worlds = new Map<string, VirtualWorld>()
  readonly receivers = new Map<string, Speaker>()
  readonly #options: LabOptions
  readonly #cluster: ReturnType<typeof smallCluster>
  readonly #timers: TimerProfile
  /** Connections towards the CP VIP: who asked, and over which next hop. */
  readonly waysToVip = new Map<string, string>()
  plane: ControlPlane
  readonly #isolated = new Set<string>()

  constructor(options: LabOptions = {}) {
    this.#options = options
    this.#cluster = smallCluster(options.cluster)
    this.#timers = options.timers ?? TIMER_PROFILES.fast
    this.universe = new VirtualUniverse({ seed: options.seed ?? 1, jitter: 300 })
    this.universe.forward((to, from, flow) => this.#forward(to, from, flow))
    for (const [name, address] of Object.entries(TORS)) this.#startReceiver(name, address)
    this.plane = this.startAdmin()
    for (const { name } of this.#cluster.nodes) this.startAgent(name)
  }

  startAdmin(): ControlPlane {
    const world = this.universe.createWorld({ name: 'admin', addresses: [`${API.address}/24`] })
    this.worlds.set('admin', world)
    const web = {
      namespace: 'default',
      name: 'web',
      vip: '10.0.0.1',
      ports: [{ protocol: 'tcp', port: 80, targetPort: 8080 }],
      backends: ['10.0.1.14', '10.0.2.16'],
    } as const
    this.plane = new ControlPlane(world, {
      listen: API,
      timers: this.#timers,
      cluster: this.#cluster,
      services: [web],
      ...this.#options.controlPlane,
    })
    this.plane.start()
    return this.plane
  }

  /** `through` may stand between the agent and its machine. */
  startAgent(name: string, through: (world: VirtualWorld) => VirtualWorld = (world) => world): Agent {
    const node = this.#cluster.nodes.find((each) => each.name === name)!
    const world = this.universe.createWorld({ name, addresses: [`${node.address}/24`] })
    const agent = new Agent(through(this.#withIsolation(world)), {
      node: name,
      address: node.address,
      api: API,
      timers: this.#timers,
      loadBalancer: node.loadBalancer,
      ...this.#apiOf(node),
      ...this.#options.agents?.[name],
    })
    this.worlds.set(name, world)
    this.agents.set(name, agent)
    agent.start()
    return agent
  }

  #apiOf(node: { readonly address: string; readonly controlPlane: boolean }): Partial<AgentConfig> {
    const { apiAtVip = false } = this.#options
    const { cpVip, cpPort, cpPeers, localAsn } = this.#cluster
    if (apiAtVip === false) return {}
    if (!node.controlPlane) return { api: { address: cpVip, port: cpPort } }
    const peers = cpPeers.map(({ ip, asn }) => ({ address: ip, asn }))
    const withdrawUnhealthy = typeof apiAtVip === 'object' && apiAtVip.withdrawUnhealthy
    const api = { address: node.address, port: cpPort }
    return { api, controlPlane: { localAsn, vip: cpVip, peers, front: { port: cpPort, upstream: API }, withdrawUnhealthy } }
  }

  /** ECMP by flow over what the rack's ToR has heard; a ToR that lacks the route drops. */
  #forward(to: string, from: string, flow: string): string | undefined {
    const tor = from.startsWith('10.0.1.') ? 'tor1' : 'tor2'
    const hops = this.hops(tor, undefined, `${to}/32`)
    const hop = hops[stableHash(flow) % hops.length]
    if (to === this.#cluster.cpVip && hop !== undefined) this.waysToVip.set(flow, hop)
    return hop
  }

  /** Its calls to the API time out, and its watches fall silent; everything else of it goes on. */
  isolateFromApi(node: string): void {
    this.#isolated.add(node)
  }

  rejoinApi(node: string): void {
    this.#isolated.delete(node)
  }

  #withIsolation(world: VirtualWorld): VirtualWorld {
    const { calls, clock, name } = world
    const request: Calls['request'] = (asked, sink) => {
      if (!this.#isolated.has(name))
        return calls.request(asked, (event) => {
          if (!this.#isolated.has(name)) sink(event)
        })
      const timer = clock.timer('isolated call', () => sink({ type: 'failed', reason: 'timeout', detail: 'isolated' }))
      timer.start(asked.timeout)
      return { cancel: () => timer.stop() }
    }
    return Object.create(world, { calls: { value: { ...calls, request } } }) as VirtualWorld
  }

  #startReceiver(name: string, address: string) {
    const world = this.universe.createWorld({ name, addresses: [`${address}/32`] })
    const receive = this.#options.addPathReceive ?? true
    const { floatingIPs, nodes } = this.#cluster
    const clients = [...floatingIPs, ...(this.#options.foreseen ?? []), ...nodes.map((node) => node.address)]
    const peers = clients.map((peerAddress) => ({
      peerAddress,
      peerAsn: 65001,
      passive: true,
      holdTimeSeconds: this.#timers.holdTimeSeconds,
      keepaliveSeconds: this.#timers.keepaliveSeconds,
      connectRetrySeconds: this.#timers.connectRetrySeconds,
      addPath: { send: false, receive },
    }))
    const speaker: Speaker = new Speaker(world, { localAddress: address, localAsn: 65002, peers, listen: true }, (event) => {
      if (event.type !== 'routes-changed') return
      for (const prefix of event.prefixes)
        world.events.emit({ type: 'route', device: name, route: speaker.routeTo(prefix), uncertainty: 0 })
    })
    this.receivers.set(name, speaker)
  }

  get now(): Micros {
    return this.universe.now
  }

  run(length: Micros): void {
    this.universe.run(this.now + length)
  }

  /** Runs until it holds; fails the test with what is so then. */
  until(what: string, holds: () => boolean, within: Micros): Micros {
    const began = this.now
    if (!this.universe.runUntil(holds, began + within))
      throw new Error(
        `${what}: not within ${within / SECOND} s; ${JSON.stringify({ places: this.places(), paths: Object.keys(TORS).map((tor) => this.hops(tor)) })}`,
      )
    return this.now - began
  }

  /** The next hops that a receiver has for the VIP, sorted, each once. */
  hops(tor: string, from?: string, prefix = VIP): string[] {
    return [...new Set(this.paths(tor, from, prefix).map((path) => path.nextHop))].sort()
  }

  paths(tor: string, from?: string, prefix = VIP): readonly RoutePath[] {
    return this.receivers
      .get(tor)!
      .routeTo(prefix)
      .paths.filter((path) => from === undefined || path.from === from)
  }

  session(tor: string, peerAddress: string) {
    return this.receivers
      .get(tor)!
      .sessions()
      .find((each) => each.peerAddress === peerAddress)!
  }

  established(): number {
    return [...this.receivers.values()].flatMap((speaker) => speaker.sessions()).filter((each) => each.state === 'Established').length
  }

  places(): Record<string, string | undefined> {
    return Object.fromEntries(this.plane.store.list(FLOATING_IP).items.map((each) => [each.metadata.name, each.status?.nodeName]))
  }

  reported(): Record<string, string | undefined> {
    return Object.fromEntries(this.plane.store.list(BGP_SESSION).items.map((each) => [each.metadata.name, each.status?.state]))
  }

  /** Addresses that the agent has put on a node. */
  held(node: string): string[] {
    return this.worlds.get(node)!.host.applied.addresses.map((each) => each.address)
  }

  events<T extends LabEvent['type']>(type: T, since: Micros = 0): Extract<LabEvent, { type: T }>[] {
    return this.universe.events.filter((event) => event.type === type && event.at >= since) as Extract<LabEvent, { type: T }>[]
  }

  converge(sessions = 4): void {
    this.until(
      'convergence',
      () => this.established() === sessions && this.hops('tor1').length === 3 && this.hops('tor2').length === 3,
      20 * SECOND,
    )
    this.run(2 * SECOND)
  }
}
