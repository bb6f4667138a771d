import type { Micros } from '../../../model/index.ts'
import { type Ipv4, ipv4, parseIpv4 } from '../../../net/index.ts'
import type { Endpoint } from '../../../world/index.ts'
import type { Scheduled } from '../../../world/virtual/index.ts'
import type { DatagramEvent, DatagramSocket, LiveTrace, PingOutcome } from './api.ts'
import { Flow, ICMP, UDP } from './flow.ts'
import type { Ground } from './ground.ts'
import type { Datagram, Echo, IcmpError } from './packet.ts'

/** What UDP and ICMP echo need of their machine. */
export interface DatagramMachine {
  sourceFor(address: Ipv4): Ipv4 | undefined
  isLocal(address: Ipv4): boolean
  /** Sends with the machine's own TTL. */
  output(flow: Flow, payload: Datagram | Echo): void
}

/** Before a socket forgets to whom it has spoken. */
const REMEMBERED = 4_096

class Socket implements DatagramSocket {
  readonly address: Ipv4
  readonly port: number
  readonly sink: (event: DatagramEvent) => void
  /** Remote → flow towards it: what answers a packet goes out with that packet's own reverse, so that translation finds it. */
  readonly #flows = new Map<string, Flow>()
  readonly #machine: DatagramMachine
  readonly #closed: (socket: Socket) => void
  /** Of what was asked for last, which is mostly what is asked for next. */
  #last: { readonly to: Endpoint; readonly flow: Flow } | undefined

  constructor(
    machine: DatagramMachine,
    address: Ipv4,
    port: number,
    sink: (event: DatagramEvent) => void,
    closed: (socket: Socket) => void,
  ) {
    this.#machine = machine
    this.address = address
    this.port = port
    this.sink = sink
    this.#closed = closed
  }

  send(to: Endpoint, data: string): boolean {
    const key = `${to.address}:${to.port}`
    let flow = this.#flows.get(key)
    if (flow === undefined || (this.address === 0 && !this.#machine.isLocal(flow.src))) {
      const address = ipv4(to.address)
      const source = this.address === 0 ? this.#machine.sourceFor(address) : this.address
      if (source === undefined) return false
      flow = new Flow(UDP, source, this.port, address, to.port)
      this.#remember(key, flow)
    }
    this.#machine.output(flow, { kind: 'datagram', data })
    return true
  }

  holds(to: Endpoint): boolean {
    if (this.#last?.to !== to) {
      const flow = this.#flows.get(`${to.address}:${to.port}`)
      if (flow === undefined) return false
      this.#last = { to, flow }
    }
    return this.#last.flow.way?.trace.holds() ?? false
  }

  receive(flow: Flow, { data }: Datagram, trace: LiveTrace): void {
    const from = flow.from
    this.#remember(`${from.address}:${from.port}`, flow.reverse)
    this.sink({ type: 'datagram', from, to: flow.to, data, trace })
  }

  close(): void {
    this.#closed(this)
  }

  #remember(key: string, flow: Flow): void {
    if (this.#flows.get(key) === flow) return
    this.#last = undefined
    if (this.#flows.size >= REMEMBERED) this.#flows.clear()
    this.#flows.set(key, flow)
  }
}

interface Ping {
  readonly sent: Micros
  readonly timer: Scheduled
  readonly sink: (outcome: PingOutcome) => void
}

/** One machine's UDP sockets, and its pings under way. */
export class Datagrams {
  readonly #ground: Ground
  readonly #machine: DatagramMachine
  readonly #sockets = new Map<number, Socket[]>()
  readonly #pings = new Map<Flow, Ping>()
  #nextPort: number

  constructor(ground: Ground, machine: DatagramMachine, firstPort: number) {
    this.#ground = ground
    this.#machine = machine
    this.#nextPort = firstPort
  }

  bind({ address = '0.0.0.0', port = 0 }: Partial<Endpoint>, sink: (event: DatagramEvent) => void): DatagramSocket | undefined {
    const own = parseIpv4(address) ?? 0
    const chosen = port === 0 ? this.#freePort() : port
    const there = this.#sockets.get(chosen) ?? []
    if (there.some((other) => other.address === own || other.address === 0 || own === 0)) return undefined
    const socket = new Socket(this.#machine, own, chosen, sink, (closed) => {
      const left = (this.#sockets.get(chosen) ?? []).filter((other) => other !== closed)
      if (left.length > 0) this.#sockets.set(chosen, left)
      else this.#sockets.delete(chosen)
    })
    this.#sockets.set(chosen, [...there, socket])
    return socket
  }

  /** Answers `false` where nobody has the port. */
  receive(flow: Flow, payload: Datagram, trace: LiveTrace): boolean {
    const socket = this.#sockets.get(flow.dport)?.find(({ address }) => address === 0 || address === flow.dst)
    socket?.receive(flow, payload, trace)
    return socket !== undefined
  }

  ping(to: string, from: string | undefined, timeout: Micros, sink: (outcome: PingOutcome) => void): void {
    const { queue } = this.#ground
    const address = ipv4(to)
    const source = from === undefined ? this.#machine.sourceFor(address) : ipv4(from)
    if (source === undefined || !this.#machine.isLocal(source)) {
      queue.schedule(0, () => sink({ ok: false, reason: 'unreachable' }))
      return
    }
    const flow = new Flow(ICMP, source, 0, address, 0)
    const timer = queue.schedule(timeout, () => this.#pinged(flow, { ok: false, reason: 'timeout' }))
    this.#pings.set(flow, { sent: queue.now, timer, sink })
    this.#machine.output(flow, { kind: 'echo-request' })
  }

  answered(flow: Flow): void {
    const ping = this.#pings.get(flow.reverse)
    if (ping !== undefined) this.#pinged(flow.reverse, { ok: true, time: this.#ground.queue.now - ping.sent })
  }

  /** An ICMP error about what went out from here. */
  error({ about, code }: IcmpError): void {
    if (about.protocol === ICMP) this.#pinged(about, { ok: false, reason: 'unreachable' })
    const socket = this.#sockets.get(about.sport)?.find(({ address }) => address === 0 || address === about.src)
    // Hosts and networks that cannot be reached, and TTLs that end, are soft errors: without IP_RECVERR a socket does not hear of them.
    if (about.protocol === UDP && code === 'refused') socket?.sink({ type: 'error', to: about.to, reason: 'refused' })
  }

  /** The machine lost power: nothing more is said. */
  clear(): void {
    this.#sockets.clear()
    for (const { timer } of this.#pings.values()) this.#ground.queue.cancel(timer)
    this.#pings.clear()
  }

  #pinged(flow: Flow, outcome: PingOutcome): void {
    const ping = this.#pings.get(flow)
    if (ping === undefined) return
    this.#pings.delete(flow)
    this.#ground.queue.cancel(ping.timer)
    ping.sink(outcome)
  }

  #freePort(): number {
    for (;;) {
      const port = this.#nextPort
      this.#nextPort = port >= 60_999 ? 32_768 : port + 1
      if (!this.#sockets.has(port)) return port
    }
  }
}
