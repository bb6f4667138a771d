import type { Micros } from '../../../model/index.ts'
import { contains, formatIpv4, type Ipv4, ipv4, parseIpv4, stableHash } from '../../../net/index.ts'
import type { DevicePlan, StaticRoute } from '../../../topology/plan.ts'
import type { Endpoint, ServiceRule } from '../../../world/index.ts'
import { laneOf, type Segment, Stack } from '../../../world/virtual/index.ts'
import type { DatagramEvent, DatagramSocket, LiveTrace, Machine, MachineInterface, Neighbor, PingOutcome, VirtualGateway } from './api.ts'
import { Hand } from './by-hand.ts'
import { Datagrams } from './datagrams.ts'
import { Flow, TCP, UDP } from './flow.ts'
import type { Forwarding } from './forwarding.ts'
import type { Ground, Place } from './ground.ts'
import { flowHash, type HashPolicy, hashPolicyOf } from './hash.ts'
import { Interface } from './interface.ts'
import { LocalAddresses } from './local.ts'
import { Nat } from './nat.ts'
import { NeighborEntry, reachableTime } from './neighbors.ts'
import type { NextHop } from './next-hops.ts'
import type { IcmpError, Payload } from './packet.ts'
import { type Program, Programs } from './programs.ts'
import { MainTable } from './table.ts'
import type { VirtualRouter } from './vrrp.ts'

/** What a kernel is made with beyond its plan. */
export interface KernelOptions {
  readonly seed: number
  readonly epochSeconds: number
  readonly applyDelay: Micros
}

/** Of nftables, as the agent of a real node names it. */
const AGENT_TABLE = 'peerlab'
const DEFAULT_TTL = 64
const SEND_BUFFER = 65_536
const RECEIVE_BUFFER = 65_536
/** tcp_retries2 = 15. */
const RETRANSMISSION_LIMIT: Micros = 924_600_000

/** One machine's kernel: what its programs' packets meet first, and what others' packets meet on their way. */
export class Kernel implements Machine, Place {
  readonly name: string
  /** On the event queue. */
  readonly lane: number
  readonly interfaces: readonly Interface[]
  readonly table: MainTable
  /** It forwards packets that are for others. */
  readonly forwards: boolean
  readonly ttl: number
  /** Counts starts: what was on its way to an earlier one is lost. */
  boot = 0
  powered = true
  generation = 0
  nat: Nat | undefined
  readonly byHand: Hand
  /** How long a neighbour stays reachable unconfirmed; drawn anew at each boot. */
  reachableTime: Micros = 0
  readonly #plan: DevicePlan
  readonly #ground: Ground
  readonly #forwarding: Forwarding
  readonly #options: KernelOptions
  readonly #policy: HashPolicy
  /** `arp_announce` 2: it asks with its own address on the link, never with the packet's. */
  readonly #asksAsItself: boolean
  readonly #local: LocalAddresses
  readonly #peerTtls = new Map<Ipv4, number>()
  readonly #listeners = new Set<(changed: MachineInterface) => void>()
  readonly #gateways: VirtualRouter[] = []
  #vrrpRunning = false
  #stack!: Stack
  #programs!: Programs
  #datagrams!: Datagrams

  constructor(plan: DevicePlan, ground: Ground, forwarding: Forwarding, options: KernelOptions) {
    this.name = plan.name
    this.lane = laneOf(plan.name)
    this.#plan = plan
    this.#ground = ground
    this.#forwarding = forwarding
    this.#options = options
    this.forwards = plan.sysctls['net.ipv4.ip_forward'] === '1'
    this.ttl = Number(plan.sysctls['net.ipv4.ip_default_ttl'] ?? DEFAULT_TTL)
    this.#policy = hashPolicyOf(plan.sysctls)
    this.#asksAsItself = plan.sysctls['net.ipv4.conf.all.arp_announce'] === '2'
    this.interfaces = plan.interfaces.map((each, index) => new Interface(this, index, each, ground.macId(each.mac)))
    this.#local = new LocalAddresses(plan.loopbacks, this.interfaces)
    this.byHand = new Hand(this.interfaces, this.#local.onLoopback, () => this.addressesChanged())
    this.table = new MainTable(plan.name, this.interfaces, () => ground.changed(this))
    this.#start()
  }

  // What its programs and the lab see of it.

  get neighbors(): readonly Neighbor[] {
    return this.interfaces.flatMap((each) => [...each.neighbors.values()].map((entry) => entry.told()))
  }

  get vrrp(): Machine['vrrp'] {
    const each = (act: (gateway: VirtualRouter) => void, running: boolean) => () => {
      if (this.#vrrpRunning === running) return
      this.#vrrpRunning = running
      for (const gateway of this.#gateways) act(gateway)
      if (!running) for (const gateway of this.#gateways) gateway.fallSilent()
    }
    return {
      running: this.#vrrpRunning,
      start: each((gateway) => gateway.start(), true),
      stop: each((gateway) => gateway.stop(), false),
      gateways: this.#gateways.map((gateway): VirtualGateway => gateway.told),
    }
  }

  startWorld(program = 'main'): Program {
    if (!this.powered) throw new Error(`${this.name} has no power: switch it on before starting ${program}`)
    return this.#programs.start(this.#stack, `${this.#options.seed}/${this.name}/${program}`)
  }

  bindUdp(local: Partial<Endpoint>, sink: (event: DatagramEvent) => void): DatagramSocket | undefined {
    return this.#datagrams.bind(local, sink)
  }

  ping(to: string, options: { readonly from?: string; readonly timeout: Micros }, sink: (outcome: PingOutcome) => void): void {
    this.#datagrams.ping(to, options.from, options.timeout, sink)
  }

  routeTo(address: string): ReturnType<Machine['routeTo']> {
    const to = ipv4(address)
    if (this.isLocal(to)) return { interface: 'lo', source: address }
    const source = this.sourceFor(to)
    if (source === undefined) return undefined
    const hop = this.nextHop(new Flow(UDP, source, 0, to, 0))!
    return { ...(hop.via === undefined ? {} : { via: formatIpv4(hop.via) }), interface: hop.interface.name, source: formatIpv4(source) }
  }

  holds(address: string): boolean {
    const value = parseIpv4(address)
    return value !== undefined && this.isLocal(value)
  }

  setPeerTtl(peer: string, ttl: number | undefined): void {
    if (ttl === undefined) this.#peerTtls.delete(ipv4(peer))
    else this.#peerTtls.set(ipv4(peer), ttl)
  }

  onInterface(listener: (changed: MachineInterface) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // What packets ask of it.

  isLocal(address: Ipv4): boolean {
    return this.#local.has(address)
  }

  nextHop(flow: Flow): NextHop | undefined {
    const group = this.table.lookup(flow.dst)
    if (group === undefined) return undefined
    return group.hops.length === 1 ? group.hops[0] : group.pick(flowHash(flow, this.#policy, this.#plan.hashSeed ?? 0))
  }

  neighbor(own: Interface, address: Ipv4): NeighborEntry {
    let entry = own.neighbors.get(address)
    if (entry === undefined) {
      entry = new NeighborEntry(this.#ground, own, address)
      own.neighbors.set(address, entry)
    }
    return entry
  }

  /** The address from which it asks for `target`: the waiting packet's, where that is its own and `arp_announce` is 0. */
  arpSource(own: Interface, target: Ipv4, packet: Ipv4): Ipv4 {
    return !this.#asksAsItself && this.isLocal(packet) ? packet : (own.primary(target) ?? 0)
  }

  /** From which address it speaks to `address`, where nothing else is asked for; `undefined` without a route. */
  sourceFor(address: Ipv4): Ipv4 | undefined {
    if (this.isLocal(address)) return address
    const hop = this.table.lookup(address)?.hops[0]
    if (hop === undefined) return undefined
    return hop.interface.primary(hop.via ?? address) ?? this.#local.firstLoopback
  }

  output(flow: Flow, payload: Payload): void {
    this.#forwarding.send(this, flow, payload, this.ttl)
  }

  /** A packet has arrived that is for this machine. */
  receive(flow: Flow, payload: Payload, trace: LiveTrace): void {
    if (this.nat?.refuses(flow)) {
      this.#refuse(flow, payload)
      return
    }
    switch (payload.kind) {
      case 'datagram':
        if (!this.#datagrams.receive(flow, payload, trace)) this.#refuse(flow, payload)
        return
      case 'echo-request':
        this.output(flow.reverse, { kind: 'echo-reply' })
        return
      case 'echo-reply':
        this.#datagrams.answered(flow)
        return
      case 'icmp-error':
        this.told(payload)
        return
      default:
        payload.head = flow
        this.#stack.receive(payload)
    }
  }

  /** An ICMP error about something that went out from here. */
  told(error: IcmpError): void {
    const about = this.nat?.behind(error.about)
    if (about !== undefined && about !== error.about) {
      this.#forwarding.complain(this, { ...error, about })
      return
    }
    if (error.about.protocol === TCP) this.#stack.unreachable(error.about, error.detail)
    else this.#datagrams.error(error)
  }

  // What its agent, and somebody at its shell, does to it.

  applyDelay(): Micros {
    return this.#options.applyDelay + this.byHand.rulesDelay
  }

  addressesChanged(): void {
    this.#local.refresh()
    this.#ground.changed(this)
  }

  setVips(vips: readonly string[]): void {
    if (this.#local.setVips(vips)) this.#ground.changed(this)
  }

  setServices(services: readonly ServiceRule[]): void {
    if (services.length === 0 && this.nat === undefined) return
    this.nat ??= new Nat(this.#ground, this)
    // The agent's own table is replaced as a whole, with whatever somebody put into it.
    if (this.nat.setRules(services, this.byHand.forgetsFlows)) this.byHand.removeFilter(AGENT_TABLE)
    this.#ground.changed(this)
  }

  // What happens to it.

  /** After its interfaces have got their links. */
  connected(): void {
    for (const each of this.interfaces) if (each.present && each.up) this.table.connect(each)
    this.#routes(this.#plan.routes)
    this.addressesChanged()
  }

  powerOff(): void {
    this.powered = false
    for (const gateway of this.#gateways) gateway.reset()
    this.#vrrpRunning = false
    this.#stack.powerOff()
    this.#datagrams.clear()
    this.#programs.end()
    for (const each of this.interfaces) {
      this.#flushNeighbors(each)
      each.added.clear()
    }
    this.table.clear()
    this.#peerTtls.clear()
    this.byHand.clear()
    this.#local.clear()
    this.nat = undefined
  }

  powerOn(): void {
    this.powered = true
    for (const each of this.interfaces) each.up = true
    this.#start()
  }

  /** The cable came or went with the device at its other end. */
  presenceChanged(own: Interface): void {
    if (own.present) {
      own.up = true
      this.interfaceUp(own)
    } else this.#interfaceGone(own)
    this.addressesChanged()
  }

  /** It is administratively up, and there. */
  interfaceUp(own: Interface): void {
    this.table.connect(own)
    this.#routes(this.#plan.routes.filter((route) => own.own.some(({ subnet }) => contains(subnet, ipv4(route.via)))))
  }

  interfaceDown(own: Interface): void {
    this.#flushNeighbors(own)
    this.table.disconnect(own)
  }

  /** Its carrier changed, or, without one, whether it is up or there at all. */
  carrierChanged(own: Interface): void {
    if (!own.running) this.#flushNeighbors(own)
    this.table.carrierChanged()
    for (const gateway of own.virtual) gateway.reconsider()
    for (const listener of this.#listeners) listener(own)
  }

  #start(): void {
    const { queue } = this.#ground
    this.boot++
    this.reachableTime = reachableTime(this.#ground)
    this.#programs = new Programs(this.#ground, this, this.#options.epochSeconds)
    const limits = { sendBuffer: SEND_BUFFER, receiveBuffer: RECEIVE_BUFFER, retransmissionLimit: RETRANSMISSION_LIMIT }
    // A port of its own for every boot, so that a new machine's connections are not taken for those of the dead one.
    const firstPort = 32_768 + ((stableHash(`${this.#options.seed} ${this.name} ports`) + this.boot * 1_009) % 28_000)
    this.#stack = new Stack(this.name, [], queue, this.#wire(), limits, firstPort)
    this.#datagrams = new Datagrams(this.#ground, this, firstPort)
  }

  #wire(): ConstructorParameters<typeof Stack>[3] {
    const addresses = {
      holds: (address: string) => this.holds(address),
      sourceFor: (remote: string) => {
        const source = this.sourceFor(ipv4(remote))
        return source === undefined ? undefined : formatIpv4(source)
      },
    }
    return {
      addresses,
      send: (_, segment) => this.#forwarding.send(this, segment.head as Flow, segment, this.#ttlOf(segment)),
      addressesChanged: () => {},
      headOf: (from, to) => Flow.between(TCP, from, to),
      confirmed: (head) => (head as Flow).way?.neighbors[0]?.confirm(),
    }
  }

  #ttlOf(segment: Segment): number {
    if (this.#peerTtls.size === 0 || segment.kind === 'syn-ack' || segment.kind === 'rst') return this.ttl
    return this.#peerTtls.get((segment.head as Flow).dst) ?? this.ttl
  }

  #refuse(flow: Flow, payload: Payload): void {
    if (flow.protocol === TCP) {
      if (payload.kind !== 'rst') this.output(flow.reverse, { kind: 'rst', head: flow.reverse })
    } else if (payload.kind === 'datagram') {
      const detail = `nobody at ${this.name} has UDP port ${flow.dport}`
      this.#forwarding.complain(this, { kind: 'icmp-error', code: 'refused', about: flow, detail })
    }
  }

  #interfaceGone(own: Interface): void {
    own.added.clear()
    this.interfaceDown(own)
  }

  #flushNeighbors(own: Interface): void {
    for (const entry of own.neighbors.values()) entry.flush()
    own.neighbors.clear()
    this.#ground.changed(this)
  }

  /** Several routes of one prefix are one route with several next hops. */
  #routes(routes: readonly StaticRoute[]): void {
    for (const [prefix, same] of Map.groupBy(routes, (route) => route.prefix))
      this.table.replace({ prefix, protocol: 'static', metric: 0, nextHops: same.map(({ via }) => ({ via })) })
  }

  /** Makes the virtual gateways that the plan has for it. */
  addGateway(gateway: VirtualRouter): void {
    gateway.interface.virtual.push(gateway)
    this.#gateways.push(gateway)
  }
}
