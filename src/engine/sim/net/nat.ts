import { type Micros, SECOND } from '../../../model/index.ts'
import type { Ipv4 } from '../../../net/index.ts'
import type { ServiceRule } from '../../../world/index.ts'
import { Flow, ICMP, TCP, UDP } from './flow.ts'
import type { Ground } from './ground.ts'
import type { Payload } from './packet.ts'
import type { Backend, Rules } from './rules.ts'

/** nf_conntrack's time-outs. */
const UNANSWERED: Micros = 120 * SECOND
const ESTABLISHED: Micros = 432_000 * SECOND
const CLOSING: Micros = 120 * SECOND
const RESET: Micros = 10 * SECOND
const UDP_UNANSWERED: Micros = 30 * SECOND
const UDP_ANSWERED: Micros = 120 * SECOND

/** One translated flow: decided at its first packet, and kept for as long as packets come. */
export class Tracked {
  readonly original: Flow
  readonly translated: Flow
  readonly backend: Backend
  #until: Micros
  #answered = false
  #closing = false
  #forgotten = false

  constructor(original: Flow, translated: Flow, backend: Backend, now: Micros) {
    this.original = original
    this.translated = translated
    this.backend = backend
    this.#until = now + (original.protocol === UDP ? UDP_UNANSWERED : UNANSWERED)
  }

  alive(now: Micros): boolean {
    return now <= this.#until && !this.#forgotten
  }

  /** A packet of it passes, in the direction of `flow` before its translation. */
  see(kind: Payload['kind'], flow: Flow, now: Micros): void {
    if (flow !== this.original) this.#answered = true
    if (kind === 'rst') {
      this.#until = now + RESET
      this.#closing = true
      return
    }
    if (kind === 'fin') this.#closing = true
    const udp = this.original.protocol === UDP
    this.#until =
      now + (udp ? (this.#answered ? UDP_ANSWERED : UDP_UNANSWERED) : this.#closing ? CLOSING : this.#answered ? ESTABLISHED : UNANSWERED)
  }

  forget(): void {
    this.#forgotten = true
  }
}

/** What translation needs to know of its machine. */
export interface NatMachine {
  readonly name: string
  isLocal(address: Ipv4): boolean
  /** The address that masquerading takes for packets to `address`. */
  sourceFor(address: Ipv4): Ipv4 | undefined
}

/** A node's VIP data plane: DNAT where packets come in and where its own go out, masqueraded; connection tracking. */
export class Nat {
  readonly #ground: Ground
  readonly #machine: NatMachine
  #rules: Rules
  readonly #originals = new Map<Flow, Tracked>()
  readonly #replies = new Map<Flow, Tracked>()
  /** Source ports in use towards each backend. */
  readonly #ports = new Map<number, Map<number, Tracked>>()
  #sweepAt = 1_024

  constructor(ground: Ground, machine: NatMachine) {
    this.#ground = ground
    this.#machine = machine
    this.#rules = ground.ruleSets.of([])
  }

  /** How many flows it follows, dead ones that were not yet cleared away included. */
  get size(): number {
    return this.#originals.size
  }

  /** Answers whether they are others. UDP flows that no longer belong where they go are forgotten, so that their next packet is a first one; TCP flows go on to their end. */
  setRules(services: readonly ServiceRule[], forgetsFlows: boolean): boolean {
    const before = this.#rules
    this.#rules = this.#ground.ruleSets.of(services)
    if (before === this.#rules) return false
    if (!forgetsFlows) return true
    for (const tracked of this.#originals.values()) {
      const { dst, dport, protocol } = tracked.original
      if (protocol !== UDP) continue
      const now = this.#rules.find(dst, dport, UDP)
      if (now === undefined && before.find(dst, dport, UDP) === undefined) continue
      const { address, port } = tracked.backend
      if (!now?.some((backend) => backend.address === address && backend.port === port)) tracked.forget()
    }
    return true
  }

  /** `conntrack -F` */
  forget(): void {
    for (const tracked of this.#originals.values()) tracked.forget()
    this.#originals.clear()
    this.#replies.clear()
    this.#ports.clear()
  }

  /** The flow that this packet belongs to, new ones included; `undefined` where it is left as it is. */
  track(flow: Flow, payload: Payload, inbound: boolean): Tracked | undefined {
    const { now } = this.#ground.queue
    const known = this.#originals.get(flow) ?? this.#replies.get(flow)
    if (known?.alive(now)) return known
    if (known !== undefined) this.#remove(known)
    // No connection begins with these (nf_conntrack_proto_tcp.c: INVALID); others are taken up in the middle.
    if (flow.protocol === ICMP || payload.kind === 'rst' || payload.kind === 'fin' || payload.kind === 'syn-ack') return undefined
    const backends = this.#rules.find(flow.dst, flow.dport, flow.protocol)
    if (backends === undefined || backends.length === 0) return undefined
    const backend =
      backends.length === 1 ? backends[0]! : backends[Math.floor(this.#ground.draw(this.#machine.name, flow.flow) * backends.length)]!
    return this.#begin(flow, backend, inbound)
  }

  /** The VIP's port has a rule, and nobody to send to. */
  refuses(flow: Flow): boolean {
    return flow.protocol !== ICMP && this.#rules.find(flow.dst, flow.dport, flow.protocol)?.length === 0
  }

  /** The flow that an ICMP error about `translated` is really about. */
  behind(translated: Flow): Flow | undefined {
    return this.#replies.get(translated.reverse)?.original ?? this.#originals.get(translated.reverse)?.translated.reverse
  }

  #begin(flow: Flow, backend: Backend, inbound: boolean): Tracked | undefined {
    const { now } = this.#ground.queue
    // Postrouting is not passed by what stays here; there is nothing to masquerade.
    const stays = inbound && this.#machine.isLocal(backend.address)
    const source = stays ? flow.src : this.#machine.sourceFor(backend.address)
    if (source === undefined) return undefined
    if (this.#originals.size >= this.#sweepAt) this.#sweep()
    const ports = this.#portsTowards(backend, flow.protocol)
    let port = flow.sport
    if (!stays) while (ports.get(port)?.alive(now) === true) port = port >= 65_535 ? 1_024 : port + 1
    const translated = new Flow(flow.protocol, source, port, backend.address, backend.port)
    const tracked = new Tracked(flow, translated, backend, now)
    if (!stays) ports.set(port, tracked)
    this.#originals.set(flow, tracked)
    this.#replies.set(translated.reverse, tracked)
    return tracked
  }

  #portsTowards({ address, port }: Backend, protocol: number): Map<number, Tracked> {
    const key = ((address >>> 0) * 65_536 + port) * 2 + (protocol === TCP ? 1 : 0)
    let ports = this.#ports.get(key)
    if (ports === undefined) {
      ports = new Map()
      this.#ports.set(key, ports)
    }
    return ports
  }

  #sweep(): void {
    const { now } = this.#ground.queue
    for (const tracked of [...this.#originals.values()]) if (!tracked.alive(now)) this.#remove(tracked)
    this.#sweepAt = Math.max(1_024, this.#originals.size * 2)
  }

  #remove(tracked: Tracked): void {
    this.#originals.delete(tracked.original)
    this.#replies.delete(tracked.translated.reverse)
    const ports = this.#portsTowards(tracked.backend, tracked.original.protocol)
    if (ports.get(tracked.translated.sport) === tracked) ports.delete(tracked.translated.sport)
  }
}
