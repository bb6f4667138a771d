/** The lab as a scenario speaks of it: routers, nodes, floating IPs and clients by name, each with what can be done to it. */
import type {
  CommandResult,
  ConnectOptions,
  ConnectOutcome,
  FanOutOptions,
  FanOutResult,
  HttpAnswer,
  Lab,
  Probe,
  ProbeOptions,
  ProbeReport,
} from '../engine/lab.ts'
import { type Micros, nearest } from '../model/index.ts'
import { contains, ipv4, prefix } from '../net/index.ts'
import type { NodePlan, Plan, RouterPlan } from '../topology/plan.ts'
import { ClusterHandle } from './cluster.ts'
import { ScenarioError } from './errors.ts'
import { daemonKill, daemonStart, type Fault, linkDown, linkUp, powerOff, powerOn, sessionReset } from './faults/index.ts'
import { type ProgramHandle, startProgram } from './programs.ts'
import type { Injected, Run } from './run.ts'
import type { Tracked } from './tracked.ts'

/** A fault's moment, as `since` takes it, and the node that it hit. */
export interface Failed extends Injected {
  readonly node: NodeHandle
}

export class DeviceHandle {
  readonly name: string
  readonly #run: Run

  constructor(run: Run, name: string) {
    this.#run = run
    this.name = name
  }

  protected get run(): Run {
    return this.#run
  }

  protected get lab(): Lab {
    return this.#run.lab
  }

  /** The routing daemon or speaker is killed; the device lives. */
  killDaemon(process?: string): Tracked<Injected> {
    return this.#run.inject(daemonKill(this.lab.processes, this.name, process))
  }

  /** Runs a command and waits for its end: `exec('ip', 'addr', 'add', …)`. */
  exec(...command: readonly string[]): Tracked<CommandResult> {
    return this.#run.track(`${command[0]} on ${this.name}`, () => {
      this.lab.events.emit({ type: 'command', device: this.name, command: command.join(' ') })
      return this.lab.shell.exec(this.name, command)
    })
  }

  /** Writes a file. */
  copy(path: string, text: string): Tracked<void> {
    return this.#run.track(`copy of ${path} to ${this.name}`, () => this.lab.shell.copy(this.name, path, text))
  }

  /** Copies a program there that runs with Node alone. */
  install(program: 'bgpadvertiser', path: string): Tracked<void> {
    return this.#run.track(`${program} to ${this.name}`, () => this.lab.shell.install(this.name, program, path))
  }

  /** Starts a program at a terminal of its own, and leaves it running; it ends with the scenario at the latest. */
  start(...command: readonly string[]): Tracked<ProgramHandle> {
    return this.#run.track(`start of ${command[0]} on ${this.name}`, () => startProgram(this.#run, this.name, command))
  }

  /** Asks an HTTP server that listens on this device, from here. */
  httpGet(url: string): Tracked<HttpAnswer> {
    return this.#run.track(`GET ${url} on ${this.name}`, () => this.lab.shell.httpGet(this.name, url))
  }

  startDaemon(process?: string): Tracked<Injected> {
    return this.#run.inject(daemonStart(this.lab.processes, this.name, process))
  }

  linkDown(interfaceName: string): Tracked<Injected> {
    return this.#run.inject(linkDown(this.lab.links, this.name, interfaceName))
  }

  linkUp(interfaceName: string): Tracked<Injected> {
    return this.#run.inject(linkUp(this.lab.links, this.name, interfaceName))
  }
}

export class RouterHandle extends DeviceHandle {
  readonly kind: RouterPlan['kind']
  readonly asn: number
  /** Of the routers that it peers with, as it knows them: the next hops of what they announce to it. */
  readonly neighborRouters: readonly string[]

  constructor(run: Run, plan: RouterPlan) {
    super(run, plan.name)
    this.kind = plan.kind
    this.asn = plan.asn
    // The cluster's sessions are taken, those among routers are made.
    this.neighborRouters = plan.neighbors.filter((neighbor) => !neighbor.passive).map((neighbor) => neighbor.address)
  }

  powerOff(): Tracked<Injected> {
    return this.run.inject(powerOff(this.lab.power, this.name))
  }

  powerOn(): Tracked<Injected> {
    return this.run.inject(powerOn(this.lab.power, this.name))
  }

  /** By which next hops its kernel forwards a prefix now; none where it has no route. */
  nextHopsOf(prefix: string): readonly string[] {
    return this.lab.view.fib(this.name, prefix)?.nextHops.flatMap(({ via }) => via ?? []) ?? []
  }

  /** A hard reset of one session, from this side. */
  resetSession(peerAddress: string): Tracked<Injected> {
    return this.run.inject(sessionReset(this.lab.sessions, this.name, peerAddress))
  }
}

export class NodeHandle extends DeviceHandle {
  /** The node's own IP: a next hop, when it is a load-balancer node. */
  readonly address: string
  readonly roles: NodePlan['roles']

  constructor(run: Run, plan: NodePlan) {
    super(run, plan.name)
    this.address = plan.address
    this.roles = plan.roles
  }

  powerOff(): Tracked<Failed> {
    return this.#hit(powerOff(this.lab.power, this.name))
  }

  powerOn(): Tracked<Failed> {
    return this.#hit(powerOn(this.lab.power, this.name))
  }

  /** Tries a port from this node. */
  connect(options: Omit<ConnectOptions, 'from'>): Tracked<Attempts> {
    return connectFrom(this.run, this.name, options)
  }

  #hit(fault: Fault): Tracked<Failed> {
    const injected = this.run.inject(fault)
    return this.run.track(injected.what, async () => ({ ...(await injected), node: this }))
  }
}

/** How many tries ended in which way. */
export interface Attempts extends Readonly<Record<ConnectOutcome, number>> {
  /** Which backends answered, sorted, each once: `node-07 udp/5353`. */
  readonly backends: readonly string[]
  /** How long the slowest try took until its outcome was known. */
  readonly slowest: Micros
}

function connectFrom(run: Run, from: string, options: Omit<ConnectOptions, 'from'>): Tracked<Attempts> {
  return run.track(`${options.protocol} ${options.vip}:${options.port} from ${from}`, async () => {
    const { outcomes, backends, times } = await run.lab.traffic.connect({ ...options, from })
    const counts = { answered: 0, refused: 0, reset: 0, unreachable: 0, timeout: 0 }
    for (const outcome of outcomes) counts[outcome]++
    const answering = new Set(backends.filter((each) => each !== null))
    return { ...counts, backends: [...answering].sort(), slowest: Math.max(0, ...times) }
  })
}

export class FloatingIpHandle {
  readonly address: string
  readonly #scene: Scene

  constructor(scene: Scene, address: string) {
    this.#scene = scene
    this.address = address
  }

  /** The node that holds it now. */
  get holder(): NodeHandle {
    const state = this.#scene.run.lab.view.floatingIp(this.address)
    if (state?.node === undefined)
      throw new ScenarioError(`${this.address} is held by no node now: ${state?.reason ?? 'it has not been placed'}`)
    return this.#scene.node(state.node)
  }

  /** The nodes of its subnet: those that may hold it (R17). */
  get eligibleNodes(): readonly NodeHandle[] {
    const { segments, nodes } = this.#scene.run.lab.plan
    const subnet = segments.find((segment) => contains(prefix(segment.subnet), ipv4(this.address)))?.subnet
    if (subnet === undefined) return []
    return nodes.filter((node) => contains(prefix(subnet), ipv4(node.address))).map((node) => this.#scene.node(node.name))
  }
}

export class ProbeHandle {
  readonly name: string
  /** How many; they are numbered from 0. */
  readonly flows: number
  readonly #run: Run
  readonly #probe: Probe
  #report: Promise<ProbeReport> | undefined

  constructor(run: Run, probe: Probe, flows: number) {
    this.#run = run
    this.flows = flows
    this.#probe = probe
    this.name = probe.name
  }

  /** Which load-balancer node each flow crosses now, by flow number. */
  nodes(): Tracked<readonly (string | undefined)[]> {
    return this.#run.track(`nodes of ${this.name}`, () => this.#probe.nodes())
  }

  /** Ends it and answers what each flow lost. */
  stop(): Tracked<ProbeReport> {
    return this.#run.track(`stop of ${this.name}`, () => this.end())
  }

  end(): Promise<ProbeReport> {
    this.#report ??= this.#probe.stop()
    return this.#report
  }
}

export class ClientHandle {
  readonly name: string
  readonly #run: Run

  constructor(run: Run, name: string) {
    this.#run = run
    this.name = name
  }

  /** Starts long-running flows; they end with the scenario at the latest. */
  probe(options: Omit<ProbeOptions, 'from'>): Tracked<ProbeHandle> {
    return this.#run.track(`probe from ${this.name}`, async () => {
      const handle = new ProbeHandle(this.#run, await this.#run.lab.traffic.probe({ ...options, from: this.name }), options.flows)
      this.#run.onEnd(`probe ${handle.name}`, `stop of ${handle.name}`, () => handle.end())
      return handle
    })
  }

  /** Tries a port, once or a few times at once. */
  connect(options: Omit<ConnectOptions, 'from'>): Tracked<Attempts> {
    return connectFrom(this.#run, this.name, options)
  }

  /** Many short UDP flows at once, and which way each went; without `port` to the first UDP port of the VIP's Service. */
  fanOut({ port, ...options }: Omit<FanOutOptions, 'from' | 'port'> & { readonly port?: number }): Tracked<FanOutResult> {
    const { lab } = this.#run
    return this.#run.track(`fan-out from ${this.name}`, async () => {
      const asked = { ...options, port: port ?? udpPort(lab.plan, options.vip) }
      const since = lab.now()
      const result = await lab.traffic.fanOut({ ...asked, from: this.name })
      lab.events.emit({ type: 'fan-out', device: this.name, since, ...asked, ...result })
      return result
    })
  }
}

function udpPort(plan: Plan, vip: string): number {
  const ports = plan.cluster.services.filter((service) => service.vip === vip).flatMap((service) => service.ports)
  const found = ports.find(({ protocol }) => protocol === 'udp')
  if (found === undefined) throw new Error(`no Service has a UDP port at ${vip}: name a port`)
  return found.port
}

/** `lab` in a scenario. */
export class Scene {
  readonly run: Run
  /** By name: `const { tor1, tor2 } = lab.routers`. An unknown name throws, and says which there are. */
  readonly routers: Readonly<Record<string, RouterHandle>>
  readonly nodes: readonly NodeHandle[]
  /** Its resources: to be looked at and edited while it runs. */
  readonly cluster: ClusterHandle
  readonly #nodes: ReadonlyMap<string, NodeHandle>

  constructor(run: Run) {
    this.run = run
    const { plan } = run.lab
    this.routers = named(
      `router of ${plan.name}`,
      plan.routers.map((router) => new RouterHandle(run, router)),
    )
    this.nodes = plan.nodes.map((node) => new NodeHandle(run, node))
    this.cluster = new ClusterHandle(run)
    this.#nodes = new Map(this.nodes.map((node) => [node.name, node]))
  }

  get plan() {
    return this.run.lab.plan
  }

  /** The routers that stand in a rack. */
  get tors(): readonly RouterHandle[] {
    return torNames(this.plan).map((name) => this.routers[name]!)
  }

  get loadBalancerNodes(): readonly NodeHandle[] {
    return this.nodes.filter((node) => node.roles.loadBalancer)
  }

  /** The Services' VIPs, as `a.b.c.d/32`. */
  get vips(): readonly string[] {
    return [...new Set(this.plan.cluster.services.map((service) => `${service.vip}/32`))]
  }

  router(name: string): RouterHandle {
    return this.routers[name]!
  }

  node(name: string): NodeHandle {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new ScenarioError(unknown(`node of ${this.plan.name}`, name, [...this.#nodes.keys()]))
    return node
  }

  floatingIp(address: string): FloatingIpHandle {
    return new FloatingIpHandle(this, address)
  }

  client(name: string): ClientHandle {
    const names = this.plan.clients.map((client) => client.name)
    if (!names.includes(name)) throw new ScenarioError(unknown(`client of ${this.plan.name}`, name, names))
    return new ClientHandle(this.run, name)
  }
}

/** The routers of a plan that have a link to a segment, in the plan's order. */
export function torNames(plan: {
  readonly routers: readonly RouterPlan[]
  readonly segments: Lab['plan']['segments']
  readonly links: Lab['plan']['links']
}) {
  const segments = new Set(plan.segments.map((segment) => segment.name))
  const attached = new Set<string>()
  for (const { a, b } of plan.links) {
    if (segments.has(b.device)) attached.add(a.device)
    if (segments.has(a.device)) attached.add(b.device)
  }
  return plan.routers.map((router) => router.name).filter((name) => attached.has(name))
}

function unknown(what: string, name: string, names: readonly string[]): string {
  const near = nearest(name, names)
  return `there is no ${what} called ${name}; there are ${names.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`
}

function named<T extends { readonly name: string }>(what: string, items: readonly T[]): Readonly<Record<string, T>> {
  const record = Object.fromEntries(items.map((item) => [item.name, item]))
  return new Proxy(record, {
    get(target, key) {
      if (typeof key !== 'string') return undefined
      const item = Object.hasOwn(target, key) ? target[key] : undefined
      if (item === undefined) throw new ScenarioError(unknown(what, key, Object.keys(target)))
      return item
    },
  })
}
