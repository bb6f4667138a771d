/**
 * Watches every VIP from every client and node, exactly and with few packets: each flow has sent one datagram, and sends the next when the network
 * has become such that it might go another way. So an outage begins at the very change that made it.
 */
import { type Micros, SECOND } from '../../../model/index.ts'
import type { Plan } from '../../../topology/plan.ts'
import type { Scheduled } from '../../../world/virtual/queue.ts'
import type { Simulation } from '../simulation.ts'
import { PATIENCE, WatchedFlow } from './flow.ts'

/** Above the ephemeral ports. */
const PROBE_PORTS = 61_000
const SOURCE_PORTS = 20_000
/** Flows for each VIP: they spread over equal paths. From a client so many that hardly a path is left out; nodes are many. */
const FLOWS = { client: 12, node: 4 }
/** What time alone makes another: ARP entries and tracked flows that go stale. Also when a lost flow is tried again without anything having changed. */
const AUDIT: Micros = 5 * SECOND

export const CONTROL_PLANE = 'control plane'

export interface WatchedVip {
  readonly vip: string
  readonly service: string
  readonly port: number
}

/** The plan with a UDP port for the sweep's own flows in every Service; its rules and backends are the Service's. */
export function withProbePorts(plan: Plan): Plan {
  const { cluster } = plan
  const services = cluster.services.map((service, index) => {
    const port = PROBE_PORTS + index
    return { ...service, ports: [...service.ports, { protocol: 'udp' as const, port, targetPort: port }] }
  })
  return { ...plan, cluster: { ...cluster, services } }
}

/** Services' VIPs, and the CP VIP where control-plane nodes announce it. */
export function vipsOf(plan: Plan): WatchedVip[] {
  const { services, model } = plan.cluster
  const own = services.map(({ namespace, name, vip }, index) => ({ vip, service: `${namespace}/${name}`, port: PROBE_PORTS + index }))
  return [...own, { vip: model.cpVip, service: CONTROL_PLANE, port: PROBE_PORTS + services.length }]
}

export class Watch {
  readonly flows: readonly WatchedFlow[]
  readonly #simulation: Simulation
  readonly #bySource: ReadonlyMap<string, readonly WatchedFlow[]>
  readonly #controlPlanePort: number
  /** Control-plane nodes that answer at the CP VIP, and how to end that. */
  readonly #answering = new Map<string, () => void>()
  readonly #stop: () => void
  #generation = -1
  #judge: Scheduled | undefined
  #audit: Scheduled | undefined

  constructor(simulation: Simulation) {
    const { plan } = simulation
    this.#simulation = simulation
    const vips = vipsOf(plan)
    this.#controlPlanePort = PROBE_PORTS + plan.cluster.services.length
    const sources = [
      ...plan.clients.map(({ name }) => ({ from: name, length: FLOWS.client })),
      ...plan.nodes.map(({ name }) => ({ from: name, length: FLOWS.node })),
    ]
    this.flows = sources.flatMap(({ from, length }) =>
      vips.flatMap(({ vip, service, port }, index) =>
        Array.from({ length }, (_, flow) => new WatchedFlow(from, { address: vip, port }, service, SOURCE_PORTS + index * length + flow)),
      ),
    )
    this.#bySource = Map.groupBy(this.flows, ({ from }) => from)
    for (const { name } of plan.nodes) if (simulation.fabric.powered(name)) this.#answer(name)
    for (const name of this.#bySource.keys()) if (simulation.fabric.powered(name)) this.#open(name)
    this.#stop = simulation.log.subscribe((event) => {
      if (event.type === 'ready' && this.#bySource.has(event.device)) {
        this.#answer(event.device)
        this.#open(event.device)
      }
    })
    this.#audited()
  }

  /** Looked at between two events: at the last of an instant it sends what may go another way now. */
  look(): void {
    const { fabric, queue } = this.#simulation
    if (fabric.generation === this.#generation || queue.next === queue.now) return
    this.#generation = fabric.generation
    this.#send()
  }

  /** Whose flows are of no interest now. */
  mute(sources: ReadonlySet<string>): void {
    for (const flow of this.flows) flow.muted = sources.has(flow.from)
  }

  /** What is sent from here is not watched any more. */
  died(device: string): void {
    for (const flow of this.#bySource.get(device) ?? []) flow.dead()
    this.#answering.delete(device)
  }

  close(): void {
    const { queue } = this.#simulation
    this.#stop()
    for (const entry of [this.#judge, this.#audit]) if (entry !== undefined) queue.cancel(entry)
    for (const flow of this.flows) flow.close()
    for (const close of this.#answering.values()) close()
  }

  #send(): void {
    const { now } = this.#simulation.queue
    for (const flow of this.flows) if (flow.alive && !flow.holds) flow.send(now)
    this.#judge ??= this.#simulation.queue.schedule(PATIENCE, () => this.#judged())
  }

  #judged(): void {
    this.#judge = undefined
    const { queue } = this.#simulation
    let waiting = false
    for (const flow of this.flows) {
      flow.judge(queue.now)
      if (!flow.lost && flow.silentSince !== undefined) waiting = true
    }
    if (waiting) this.#judge = queue.schedule(PATIENCE, () => this.#judged())
  }

  #audited(): void {
    this.#audit = this.#simulation.queue.schedule(AUDIT, () => {
      this.#send()
      this.#audited()
    })
  }

  #open(device: string): void {
    const machine = this.#simulation.machine(device)
    for (const flow of this.#bySource.get(device) ?? []) {
      if (flow.alive) continue
      const { sourcePort } = flow
      const socket = machine.bindUdp({ port: sourcePort }, (event) => {
        if (event.type === 'datagram') flow.answered(event.data, event.trace, this.#simulation.now)
      })
      if (socket === undefined) throw new Error(`${device}: UDP port ${sourcePort} is taken`)
      flow.open(socket)
    }
    this.#generation = -1
  }

  /** At the CP VIP whichever control-plane node is reached answers itself. */
  #answer(device: string): void {
    const { plan } = this.#simulation
    if (plan.nodes.find(({ name }) => name === device)?.roles.controlPlane !== true) return
    if (this.#answering.has(device)) return
    const port = this.#controlPlanePort
    const socket = this.#simulation.machine(device).bindUdp({ port }, (event) => {
      if (event.type !== 'datagram') return
      const { from, data: echo, trace } = event
      socket?.send(from, JSON.stringify({ node: device, at: `udp/${port}`, source: from.address, port: from.port, echo, trace }))
    })
    if (socket !== undefined) this.#answering.set(device, () => socket.close())
  }
}
