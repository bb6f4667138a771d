import type { Micros } from '../../../model/index.ts'
import type { Plan } from '../../../topology/index.ts'
import { seededRandom } from '../../../world/random.ts'
import { DEFAULT_EPOCH_SECONDS, type EventQueue } from '../../../world/virtual/index.ts'
import { devicesOf } from '../../configs.ts'
import type { Fabric, FabricOptions, LinkShape, Machine } from './api.ts'
import { Forwarding } from './forwarding.ts'
import { Ground } from './ground.ts'
import { Interface } from './interface.ts'
import { Kernel } from './kernel.ts'
import { Link } from './link.ts'
import { RuleSets } from './rules.ts'
import { Port, Segment } from './segment.ts'
import { VirtualRouter } from './vrrp.ts'

type End = Interface | Port

const LATENCY: Micros = 50
const APPLY_DELAY: Micros = 5_000

/** All devices of a plan with power on and every link up; no program runs, vrrpd included. */
export function createFabric(queue: EventQueue, plan: Plan, options: FabricOptions = {}): Fabric {
  return new PlanFabric(queue, plan, options)
}

class PlanFabric implements Fabric {
  readonly queue: EventQueue
  readonly machines: ReadonlyMap<string, Machine>
  readonly #kernels = new Map<string, Kernel>()
  readonly #segments = new Map<string, Segment>()
  readonly #links: Link<End>[] = []
  readonly #ground: Ground

  constructor(queue: EventQueue, plan: Plan, options: FabricOptions) {
    const { seed = 1, applyDelay = APPLY_DELAY, epochSeconds = DEFAULT_EPOCH_SECONDS, cache = true, emit = () => {} } = options
    this.queue = queue
    this.machines = this.#kernels
    this.#ground = new Ground(queue, seededRandom(`${seed}/network`), new RuleSets(), emit)
    const forwarding = new Forwarding(this.#ground, cache)
    for (const { name } of plan.segments) this.#segments.set(name, new Segment(name))
    for (const device of devicesOf(plan))
      this.#kernels.set(device.name, new Kernel(device, this.#ground, forwarding, { seed, applyDelay, epochSeconds }))
    const latencies = seededRandom(`${seed}/latencies`)
    for (const { a, b } of plan.links) {
      const spread = Math.floor(latencies.next() * ((options.latencySpread ?? 0) + 1))
      const shape = { latency: (options.latency ?? LATENCY) + spread, rate: perMicro(options.rate), loss: options.loss ?? 0 }
      const ends = [this.#makeEnd(a.device, a.interface), this.#makeEnd(b.device, b.interface)] as const
      const link = new Link<End>(...ends, shape)
      for (const end of ends) end.link = link
      this.#links.push(link)
      link.settle(queue.now)
    }
    for (const router of plan.routers) {
      const kernel = this.#kernels.get(router.name)!
      for (const gateway of router.vrrp)
        kernel.addGateway(new VirtualRouter(this.#ground, this.#interface(router.name, gateway.interface), gateway))
    }
    for (const kernel of this.#kernels.values()) kernel.connected()
  }

  get drops(): Fabric['drops'] {
    return this.#ground.drops
  }

  machine(name: string): Kernel {
    const kernel = this.#kernels.get(name)
    if (kernel === undefined) throw new Error(`no machine is called ${name}; there are: ${[...this.#kernels.keys()].join(', ')}`)
    return kernel
  }

  setInterface(device: string, interfaceName: string, up: boolean): void {
    const end = this.#end(device, interfaceName)
    const { link } = end
    if (!link?.exists) throw new Error(`${device} has no ${interfaceName} now: the device at its other end has no power`)
    if (end.up === up) return
    end.up = up
    if (end instanceof Interface) {
      if (up) end.kernel.interfaceUp(end)
      else end.kernel.interfaceDown(end)
    }
    if (!this.#tell(this.#settleLinks([link])) && end instanceof Interface) end.kernel.carrierChanged(end)
  }

  shape(device: string, interfaceName: string, { latency, rate, loss }: LinkShape): void {
    const { link } = this.#end(device, interfaceName)
    if (link === undefined) throw new Error(`${device} ${interfaceName} hangs on no link`)
    if (latency !== undefined) link.latency = latency
    if (rate !== undefined) link.rate = perMicro(rate)
    if (loss !== undefined) link.loss = loss
    for (const end of link.ends) this.#touch(end)
  }

  powerOff(device: string): void {
    if (!this.powered(device)) return
    const links = this.#linksOf(device)
    const segment = this.#segments.get(device)
    if (segment === undefined) this.machine(device).powerOff()
    else segment.powered = false
    this.#presenceChanged(links, device)
  }

  powerOn(device: string): void {
    if (this.powered(device)) throw new Error(`${device} has power already`)
    const links = this.#linksOf(device)
    const segment = this.#segments.get(device)
    if (segment === undefined) this.machine(device).powerOn()
    else segment.powered = true
    for (const link of links) for (const end of link.ends) end.up = true
    this.#presenceChanged(links, device)
    if (segment === undefined) this.machine(device).connected()
  }

  powered(device: string): boolean {
    return this.#segments.get(device)?.powered ?? this.machine(device).powered
  }

  get generation(): number {
    return this.#ground.generation
  }

  forgetFlows(seed: string): void {
    this.#ground.lot = seed
    for (const kernel of this.#kernels.values()) kernel.nat?.forget()
  }

  /** Links of `device` came or went with its power: their other ends do too. */
  #presenceChanged(links: readonly Link<End>[], device: string): void {
    const changed = this.#settleLinks(links)
    const far = links.flatMap((link) =>
      link.ends.filter((end) => end instanceof Interface).filter((end) => end.device !== device && end.powered),
    )
    for (const end of far) end.kernel.presenceChanged(end)
    this.#tell(changed)
    for (const end of far) if (!changed.includes(end.link!)) end.kernel.carrierChanged(end)
  }

  #settleLinks(links: readonly Link<End>[]): Link<End>[] {
    const { now } = this.queue
    const changed = links.filter((link) => link.settle(now))
    for (const link of changed) {
      if (!link.up) this.#ground.failedAt = now
      for (const end of link.ends) this.#touch(end)
    }
    return changed
  }

  /** The machines at both ends, and then the virtual gateways of everybody around. Answers whether there was anything to tell. */
  #tell(changed: readonly Link<End>[]): boolean {
    for (const link of changed) {
      for (const end of link.ends) if (end instanceof Interface && end.powered) end.kernel.carrierChanged(end)
      for (const end of link.ends) if (end instanceof Port) end.segment.reconsider()
    }
    return changed.length > 0
  }

  #touch(end: End): void {
    this.#ground.changed(end instanceof Interface ? end.kernel : end.segment)
  }

  #makeEnd(device: string, name: string): End {
    return this.#segments.get(device)?.port(name) ?? this.#interface(device, name)
  }

  #end(device: string, name: string): End {
    const segment = this.#segments.get(device)
    if (segment === undefined) return this.#interface(device, name)
    const port = segment.ports.get(name)
    if (port === undefined) throw new Error(`${device} has no port ${name}; there are: ${[...segment.ports.keys()].join(', ')}`)
    return port
  }

  #interface(device: string, name: string): Interface {
    const kernel = this.machine(device)
    const found = kernel.interfaces.find((each) => each.name === name)
    if (found === undefined)
      throw new Error(`${device} has no interface ${name}; there are: ${kernel.interfaces.map((each) => each.name).join(', ')}`)
    return found
  }

  #linksOf(device: string): Link<End>[] {
    return this.#links.filter((link) => link.ends.some((end) => end.device === device))
  }
}

/** Bits per second as bits per µs. */
function perMicro(rate: number | undefined): number {
  return rate === undefined ? Number.POSITIVE_INFINITY : rate / 1_000_000
}
