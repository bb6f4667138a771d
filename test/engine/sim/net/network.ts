import { createFabric, type DatagramEvent, type Fabric, type FabricOptions } from '../../../../src/engine/sim/net/index.ts'
import { type Micros, SECOND } from '../../../../src/model/index.ts'
import type { TopologyFile } from '../../../../src/topology/file.ts'
import { type LayoutInputs, layOut } from '../../../../src/topology/layout.ts'
import type { Plan } from '../../../../src/topology/plan.ts'
import type { ConnectionEvent, HostState, ServiceRule, World } from '../../../../src/world/index.ts'
import { EventQueue } from '../../../../src/world/virtual/index.ts'
import { NO_CLUSTER, TWO_RACKS } from '../../../topology/two-racks.ts'

const NODES = {
  'node-04': '10.0.1.20',
  'node-05': '10.0.1.21',
  'node-06': '10.0.2.20',
  'node-07': '10.0.1.22',
  'node-08': '10.0.2.22',
}

export function planOf(file: Partial<TopologyFile> = {}, inputs: Partial<LayoutInputs> = {}): Plan {
  return layOut({ ...TWO_RACKS, nodes: NODES, ...file }, { ...NO_CLUSTER, ...inputs })
}

/** A virtual service's address, and its rule with these backends. */
export const VIP = '10.0.0.1'

export function rule(backends: readonly string[], protocol: 'tcp' | 'udp' = 'udp', port = 80): ServiceRule {
  return { name: `web:${protocol}/${port}`, vip: VIP, protocol, port, backends: backends.map((address) => ({ address, port: 8080 })) }
}

const BGP = { protocol: 'bgp', metric: 20 } as const

/** A fabric with what a test does to it all the time. */
export class Lab {
  readonly queue = new EventQueue(0)
  readonly plan: Plan
  readonly fabric: Fabric
  #states = new Map<string, { world: World; state: HostState }>()

  constructor(plan: Plan = planOf(), options: FabricOptions = {}) {
    this.plan = plan
    this.fabric = createFabric(this.queue, plan, options)
  }

  machine(name: string) {
    return this.fabric.machine(name)
  }

  run(length: Micros): void {
    const until = this.queue.now + length
    for (let next = this.queue.next; next !== undefined && next <= until; next = this.queue.next) this.queue.step()
    this.queue.advanceTo(until)
  }

  /** Static stand-ins for what routing daemons would install: racks and hosts everywhere, and the virtual gateways up. */
  underlay(): this {
    const core = this.machine('core').table
    for (const { name: rack, subnet: prefix } of this.plan.segments) {
      const nextHops = this.#tors(rack).map((tor) => ({ via: this.#facing(tor, 'core') }))
      this.must(core.replace({ ...BGP, prefix, nextHops }))
      for (const tor of this.#tors().filter((each) => !this.#tors(rack).includes(each)))
        this.must(this.machine(tor).table.replace({ ...BGP, prefix, nextHops: [{ via: this.#facing('core', tor) }] }))
    }
    for (const tor of this.#tors()) {
      const { table, vrrp } = this.machine(tor)
      this.must(table.replace({ ...BGP, prefix: '0.0.0.0/0', nextHops: [{ via: this.#facing('core', tor) }] }))
      vrrp.start()
    }
    this.run(SECOND)
    return this
  }

  /** The VIP's routes: the core by way of all ToRs, each ToR by way of these nodes, wherever they are. */
  route(nodes: readonly string[], vip = VIP): void {
    const prefix = `${vip}/32`
    const byCore = this.#tors().map((tor) => ({ via: this.#facing(tor, 'core') }))
    this.must(this.machine('core').table.replace({ ...BGP, prefix, nextHops: byCore }))
    for (const tor of this.#tors()) {
      const { table } = this.machine(tor)
      const resolved = nodes.flatMap((node) => {
        const found = table.resolve(node)
        return found.ok ? found.hops : []
      })
      const distinct = new Map(resolved.map((hop) => [hop.via, hop]))
      this.must(table.replace({ ...BGP, prefix, nextHops: [...distinct.values()] }))
    }
  }

  #tors(rack?: string): string[] {
    const tors = this.plan.routers.filter(({ name }) => name !== 'core')
    return tors.filter(({ interfaces }) => rack === undefined || interfaces.some(({ name }) => name === rack)).map(({ name }) => name)
  }

  /** A router's address on its link to another. */
  #facing(router: string, other: string): string {
    const own = this.plan.routers.find(({ name }) => name === router)!.interfaces.find(({ name }) => name === other)!
    return own.addresses[0]!.split('/')[0]!
  }

  /** Changes what a node's agent wants of its host, and waits until it is there. */
  host(node: string, change: Partial<HostState>): void {
    const known = this.#states.get(node)
    const world = known?.world ?? this.machine(node).startWorld('agent')
    const state = { ...(known?.state ?? { addresses: [], localVips: [], services: [] }), ...change, id: (known?.state.id ?? 0) + 1 }
    this.#states.set(node, { world, state })
    let result: string | undefined
    world.host.apply(state, (event) => {
      result = event.type
    })
    this.run(10_000)
    if (result !== 'applied') throw new Error(`${node}: ${result}`)
  }

  /** Load-balancer nodes for the VIP. */
  serve(nodes: readonly string[], services: readonly ServiceRule[]): void {
    for (const node of nodes) this.host(node, { localVips: [VIP], services })
  }

  agent(node: string): World {
    return this.#states.get(node)!.world
  }

  /** A backend that answers every datagram with its own name and whom it saw. */
  backend(node: string, port = 8080): void {
    const socket = this.machine(node).bindUdp({ port }, (event) => {
      if (event.type === 'datagram') socket.send(event.from, `${node} ${event.from.address}`)
    })!
  }

  /** One datagram from a port of its own; what came back within the time, and the way that the answer took. */
  ask(from: string, to: string, port = 80, within: Micros = SECOND): DatagramEvent | undefined {
    let answer: DatagramEvent | undefined
    const socket = this.machine(from).bindUdp({}, (event) => {
      answer ??= event
    })!
    socket.send({ address: to, port }, 'hello')
    this.run(within)
    socket.close()
    return answer
  }

  must(refusal: string | undefined): void {
    if (refusal !== undefined) throw new Error(refusal)
  }
}

/** A connection and all that came of it. */
export function connect(world: World, address: string, port: number, options: { localAddress?: string; timeout?: Micros } = {}) {
  const events: ConnectionEvent[] = []
  const { timeout = 10 * SECOND, localAddress } = options
  const request = { remote: { address, port }, timeout, ...(localAddress === undefined ? {} : { localAddress }) }
  const connection = world.transport.connect(request, (event) => events.push(event))
  return { connection, events, types: () => events.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type)) }
}

/** Accepts everything, and keeps what it was told. */
export function listen(world: World, port: number, address = '0.0.0.0') {
  const events: ConnectionEvent[] = []
  const remotes: string[] = []
  const listener = world.transport.listen({ address, port }, (event) => {
    if (event.type !== 'connection') return
    remotes.push(event.remote.address)
    event.accept((each) => events.push(each))
  })
  return {
    listener,
    events,
    remotes,
    types: () => events.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type)),
  }
}
