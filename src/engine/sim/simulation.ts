/**
 * A whole lab in virtual time: the network, what runs on each device, and the faults. Synchronous: what takes time calls back, from inside
 * an event of the queue. `driver/` makes a `Lab` of it.
 */
import { ControlPlane } from '../../cluster/controllers/index.ts'
import { type LabEventBody, MILLISECOND, type Micros, SECOND } from '../../model/index.ts'
import { stableHash } from '../../net/index.ts'
import type { DevicePlan, NodePlan, Plan } from '../../topology/plan.ts'
import type { Random, World } from '../../world/index.ts'
import { seededRandom } from '../../world/random.ts'
import { EventQueue, type Scheduled } from '../../world/virtual/queue.ts'
import { agentConfig, backendPorts, controlPlaneConfig, devicesOf, startsEarly, storeOf } from '../configs.ts'
import type { ApiReply, ApiRequest } from '../lab.ts'
import { Log } from '../log.ts'
import { unreachable, vipMissing } from '../underlay.ts'
import { POWER_OFF, StateView } from '../view.ts'
import { createFabric, type Fabric, type Machine } from './net/index.ts'
import { NodeProgram } from './programs/node.ts'
import { DeviceRehearsal } from './programs/rehearsal.ts'
import { Router } from './routers/index.ts'
import { onLink } from './routers/links.ts'

export interface SimulationOptions {
  /** The same seed, the same run: latencies, the order of what is simultaneous, every chance. Default: the plan's name. */
  readonly seed?: string
}

/** Routers find each other within two seconds; sessions come up at once. Where something never does, that may be what is to be shown. */
const UNDERLAY_PATIENCE: Micros = 15 * SECOND
const VIP_PATIENCE: Micros = 6 * SECOND
const API_TIMEOUT: Micros = 10 * SECOND
/** Devices do not start at one instant. */
const START_SPREAD: Micros = 20 * MILLISECOND
const LOOK: Micros = 10 * MILLISECOND
/** What a program or a kernel takes to do what it was told. */
const PROMPT: Micros = 1

/** What comes of a fault: when it took effect, or why it could not. */
export interface Told {
  done(at: Micros): void
  failed(error: Error): void
}

export class Simulation {
  readonly plan: Plan
  readonly queue: EventQueue
  readonly view = new StateView()
  readonly log: Log
  readonly fabric: Fabric
  readonly routers: ReadonlyMap<string, Router>
  readonly nodes: ReadonlyMap<string, NodeProgram>
  readonly #hosts = new Map<string, World>()
  readonly #rehearsals = new Map<string, DeviceRehearsal>()
  readonly #random: Random

  /** Throws where the plan asks for what is not simulated, and says what. */
  constructor(plan: Plan, { seed = plan.name }: SimulationOptions = {}) {
    this.plan = plan
    this.queue = new EventQueue(0, stableHash(`${seed} order`))
    this.log = new Log(this.view, () => this.queue.now)
    this.#random = seededRandom(`${seed} start`)
    const emit = (event: LabEventBody) => this.emit(event)
    this.fabric = createFabric(this.queue, plan, { seed: stableHash(seed), latencySpread: 50, emit })
    this.routers = new Map(
      plan.routers.map((router) => [router.name, new Router(this.machine(router.name), { plan: router, timers: plan.timers, emit })]),
    )
    this.nodes = new Map(plan.nodes.map((node) => [node.name, this.#node(node)]))
  }

  get now(): Micros {
    return this.queue.now
  }

  /** What a router's sessions go through is no record of a router: no daemon tells it. */
  emit(event: LabEventBody): void {
    if (event.type === 'fsm' && this.routers.has(event.device)) return
    this.log.emit(event)
  }

  machine(device: string): Machine {
    return this.fabric.machine(device)
  }

  router(name: string): Router {
    const router = this.routers.get(name)
    if (router === undefined) throw new Error(`${name} is no router; there are ${[...this.routers.keys()].join(', ')}`)
    if (!this.fabric.powered(name)) throw new Error(`${name} has no power`)
    return router
  }

  node(name: string): NodeProgram {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`${name} is no node; there are ${[...this.nodes.keys()].join(', ')}`)
    return node
  }

  /** The world of what is tried from a node, a client or the admin host. */
  world(device: string): World {
    const host = this.#hosts.get(device)
    if (host !== undefined) return host
    return this.node(device).world
  }

  /** What is tried on this device before there is a cluster. */
  rehearsal(device: string): DeviceRehearsal {
    const known = this.#rehearsals.get(device)
    if (known !== undefined) return known
    const machine = this.machine(device)
    const emit = (event: LabEventBody) => this.emit(event)
    const answersArp = (address: string) => [...this.fabric.machines.values()].some((each) => answersFor(each, address))
    const rehearsal = new DeviceRehearsal({ machine, world: this.world(device), emit, answersArp })
    this.#rehearsals.set(device, rehearsal)
    return rehearsal
  }

  /** Asks the resource API in band, from the admin host. */
  request({ method, path, contentType, body }: ApiRequest, done: (reply: ApiReply) => void, failed: (error: Error) => void): void {
    const at = this.now
    const headers = contentType === undefined ? {} : { headers: { 'content-type': contentType } }
    const request = { server: storeOf(this.plan), method, path, timeout: API_TIMEOUT, ...headers, ...(body === undefined ? {} : { body }) }
    this.world(this.plan.admin.name).calls.request(request, (event) => {
      if (event.type === 'reply') done({ at, status: event.status, body: event.body })
      else if (event.type === 'failed') failed(new Error(`${method} ${path}: ${event.reason}: ${event.detail}`))
      else failed(new Error(`${method} ${path}: no answer came`))
    })
  }

  /** In the order that a cluster in band needs: the network, control-plane nodes where the API is reached through them, the API, the rest. */
  launch(ready: () => void): void {
    const { plan } = this
    const early = plan.nodes.filter((node) => startsEarly(plan, node))
    const late = plan.nodes.filter((node) => !early.includes(node))
    const underlay = { missing: () => unreachable(plan, this.view), patience: UNDERLAY_PATIENCE }
    const vip = { missing: () => (early.length === 0 ? [] : vipMissing(plan, this.view)), patience: VIP_PATIENCE }
    this.#bootAll(plan.routers, () =>
      this.#until(underlay.missing, underlay.patience, () =>
        this.#bootAll(early, () =>
          this.#until(vip.missing, vip.patience, () => this.#bootAll([plan.admin], () => this.#bootAll([...late, ...plan.clients], ready))),
        ),
      ),
    )
  }

  /** Nothing of it is heard again; answers when. */
  powerOff(device: string, told: Told): void {
    this.#known(device)
    if (!this.fabric.powered(device)) throw new Error(`${device} has no power already`)
    this.#fault(device, POWER_OFF, 'links cut, then killed', told, () => {
      this.routers.get(device)?.lost()
      this.nodes.get(device)?.lost()
      this.#hosts.delete(device)
      this.#rehearsals.delete(device)
      this.fabric.powerOff(device)
    })
  }

  powerOn(device: string, told: Told): void {
    this.#known(device)
    if (this.fabric.powered(device)) throw new Error(`${device} has power already`)
    this.fabric.powerOn(device)
    this.emit({ type: 'fault', device, fault: 'power-on', detail: 'started and wired again' })
    const at = this.now
    this.queue.schedule(PROMPT, () => this.#boot(device, () => told.done(at)))
  }

  setInterface(device: string, name: string, up: boolean, told: Told): void {
    this.#known(device)
    this.#fault(device, up ? 'link-up' : 'link-down', name, told, () => this.fabric.setInterface(device, name, up))
  }

  kill(device: string, program: string | undefined, told: Told): void {
    this.#fault(device, 'process-kill', program ?? 'main', told, () => this.#programOf(device).kill(program))
  }

  start(device: string, program: string | undefined, told: Told): void {
    this.#fault(device, 'process-start', program ?? 'main', told, () => this.#programOf(device).start(program))
  }

  reset(device: string, peerAddress: string, told: Told): void {
    this.#fault(device, 'session-reset', peerAddress, told, () => this.router(device).reset(peerAddress))
  }

  #programOf(device: string): { kill(program?: string): void; start(program?: string): void } {
    return this.routers.has(device) ? this.router(device) : this.node(device)
  }

  /** It is told first, and comes into force just after: what follows from it is a change after that moment. */
  #fault(device: string, fault: string, detail: string, told: Told, inject: () => void): void {
    const at = this.now
    this.queue.schedule(PROMPT, () => {
      try {
        inject()
      } catch (error) {
        told.failed(error instanceof Error ? error : new Error(String(error)))
        return
      }
      told.done(at)
    })
    this.emit({ type: 'fault', device, fault, detail })
  }

  #known(device: string): void {
    const names = [...devicesOf(this.plan), ...this.plan.segments].map((each) => each.name)
    if (!names.includes(device)) throw new Error(`there is no device ${device}; there are ${names.join(', ')}`)
  }

  #bootAll(devices: readonly DevicePlan[], ready: () => void): void {
    let left = devices.length
    if (left === 0) ready()
    for (const { name } of devices)
      this.queue.schedule(Math.floor(this.#random.next() * START_SPREAD), () =>
        this.#boot(name, () => {
          if (--left === 0) ready()
        }),
      )
  }

  #boot(name: string, ready: () => void): void {
    const router = this.routers.get(name)
    if (router !== undefined) {
      router.boot(ready)
      return
    }
    const node = this.nodes.get(name)
    if (node !== undefined) node.boot()
    else if (!this.plan.segments.some((segment) => segment.name === name)) this.#bootHost(name)
    ready()
  }

  #bootHost(name: string): void {
    const world = this.machine(name).startWorld(name)
    this.#hosts.set(name, world)
    const config = name === this.plan.admin.name ? controlPlaneConfig(this.plan) : undefined
    // It says `ready` itself, once its API listens.
    if (config !== undefined) new ControlPlane(world, config).start()
    else this.emit({ type: 'ready', device: name, what: name === this.plan.admin.name ? 'no cluster yet' : 'client' })
  }

  #node(node: NodePlan): NodeProgram {
    const backend = { node: node.name, address: node.address, ports: backendPorts(this.plan, node.name) }
    return new NodeProgram(this.machine(node.name), { backend, agent: agentConfig(this.plan, node) })
  }

  /** Goes on when nothing is missing any more, or after a while without it. */
  #until(missing: () => readonly string[], patience: Micros, next: () => void): void {
    const end = () => {
      stop()
      this.queue.cancel(deadline)
      if (look !== undefined) this.queue.cancel(look)
      next()
    }
    const deadline = this.queue.schedule(patience, () => {
      const message = `the cluster starts without: ${missing().join(', ')}`
      this.emit({ type: 'log', device: this.plan.admin.name, level: 'warning', message })
      end()
    })
    // A large network has thousands of routes to tell of: one look for all that come at about the same time.
    let look: Scheduled | undefined
    const stop = this.log.subscribe((event) => {
      if (event.type !== 'fib') return
      look ??= this.queue.schedule(LOOK, () => {
        look = undefined
        if (missing().length === 0) end()
      })
    })
    if (missing().length === 0) end()
  }
}

/** Whether this machine would answer ARP for the address: it has it, on a link that is up; of a virtual gateway's routers the master. */
function answersFor(machine: Machine, address: string): boolean {
  if (!machine.powered || !machine.holds(address) || !onLink(machine.interfaces, address)) return false
  const gateway = machine.vrrp.gateways.find((each) => each.address === address)
  return gateway === undefined || gateway.state === 'master'
}
