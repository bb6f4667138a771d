import type { Micros } from '../../model/index.ts'
import type { Endpoint, Random } from '../ports.ts'
import type { EventQueue } from './queue.ts'
import { headOf, type Segment, type SegmentHead } from './segment.ts'
import type { Stack, Wire } from './stack.ts'

export interface NetworkOptions {
  /** One way, between any two machines. */
  readonly latency: Micros
  /** Up to this much more, drawn per segment; a machine's segments keep their order. */
  readonly jitter: Micros
}

/**
 * Where traffic to an address goes that no machine answers for on the wire: the next hop's own address, or nowhere. `flow` names the connection
 * and its direction, so that a router that hashes flows can be stood for.
 */
export type Forwarding = (to: string, from: string, flow: string) => string | undefined

/**
 * Everything is one hop from everything: an address is answered by the machine that holds it. Of several holders, the one that
 * announced it last (gratuitous ARP) gets the traffic, else the one that has held it longest. What finds nobody, or a cut link at either
 * end, is lost without a word; but an address that is only local to machines (a VIP) is reached by what `forward` says. Neighbour caches and routes are not modelled: an address whose holder is gone is found at the next one at once.
 */
export class Network implements Wire {
  readonly #queue: EventQueue
  readonly #options: NetworkOptions
  readonly #random: Random
  /** Holders of each address; the one that gets the traffic stands first. */
  readonly #holders = new Map<string, Stack[]>()
  readonly #claims = new Map<Stack, ReadonlySet<string>>()
  readonly #lastArrival = new Map<Stack, Micros>()
  /** Pairs of machine names between which nothing passes. */
  readonly #parted = new Set<string>()
  /** The routers that stand between the machines, as one function. */
  forward: Forwarding = () => undefined

  constructor(queue: EventQueue, options: NetworkOptions, random: Random) {
    this.#queue = queue
    this.#options = options
    this.#random = random
  }

  /** Who gets traffic to `address`. */
  holderOf(address: string): Stack | undefined {
    return this.#holders.get(address)?.[0]
  }

  send(from: Stack, segment: Segment): void {
    const { address } = segment.head.to
    if (from.holds(address)) {
      this.#queue.schedule(this.#options.latency, () => {
        if (from.powered && from.holds(address)) from.receive(segment)
      })
      return
    }
    if (!from.linked || !from.holds(segment.head.from.address)) return
    this.#queue.schedule(this.#arrival(from), () => {
      const target = this.#target(segment)
      if (target?.linked && !this.#parts(from, target)) target.receive(segment)
    })
  }

  #target({ head: { from, to, flow } }: Segment): Stack | undefined {
    const holder = this.holderOf(to.address)
    if (holder !== undefined) return holder
    const hop = this.forward(to.address, from.address, flow)
    const target = hop === undefined ? undefined : this.holderOf(hop)
    // A next hop that does not have the address itself would send it back to where it came from, until its TTL ends.
    return target?.holds(to.address) ? target : undefined
  }

  headOf(from: Endpoint, to: Endpoint): SegmentHead {
    return headOf(from, to)
  }

  part(a: string, b: string): void {
    this.#parted.add(pairOf(a, b))
  }

  rejoin(a: string, b: string): void {
    this.#parted.delete(pairOf(a, b))
  }

  /** A gratuitous ARP; only one that leaves the machine counts. */
  announced(stack: Stack, address: string): void {
    const holders = this.#holders.get(address)
    if (!stack.linked || !holders?.includes(stack)) return
    this.#holders.set(address, [stack, ...holders.filter((other) => other !== stack)])
  }

  addressesChanged(stack: Stack): void {
    const before = this.#claims.get(stack) ?? new Set()
    const now = new Set(stack.powered ? stack.addresses.filter((address) => !address.startsWith('127.')) : [])
    for (const address of before) {
      if (now.has(address)) continue
      const others = (this.#holders.get(address) ?? []).filter((other) => other !== stack)
      if (others.length > 0) this.#holders.set(address, others)
      else this.#holders.delete(address)
    }
    for (const address of now) {
      if (!before.has(address)) this.#holders.set(address, [...(this.#holders.get(address) ?? []), stack])
    }
    this.#claims.set(stack, now)
    if (!stack.powered) {
      this.#claims.delete(stack)
      this.#lastArrival.delete(stack)
    }
  }

  #parts(a: Stack, b: Stack): boolean {
    return this.#parted.size > 0 && this.#parted.has(pairOf(a.name, b.name))
  }

  /** How long a segment takes; one that drew less jitter does not overtake. */
  #arrival(from: Stack): Micros {
    const { latency, jitter } = this.#options
    if (jitter === 0) return latency
    const arrival = Math.max(this.#queue.now + latency + Math.floor(this.#random.next() * (jitter + 1)), this.#lastArrival.get(from) ?? 0)
    this.#lastArrival.set(from, arrival)
    return arrival - this.#queue.now
  }
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
