import { formatIpv4, type Ipv4, ipv4 } from '../../../net/index.ts'
import type { Endpoint } from '../../../world/index.ts'
import { flowOf, type SegmentHead } from '../../../world/virtual/index.ts'
import type { Way } from './way.ts'

/** IANA's protocol numbers. */
export const ICMP = 1
export const TCP = 6
export const UDP = 17
export type Protocol = typeof ICMP | typeof TCP | typeof UDP

/**
 * One direction of a connection, or of an exchange of datagrams: a five-tuple in numbers. Its identity counts, not its value: whoever answers
 * uses `reverse` of what came, so that connection tracking finds a flow without making a key of it.
 */
export class Flow implements SegmentHead {
  readonly src: Ipv4
  readonly dst: Ipv4
  readonly sport: number
  readonly dport: number
  readonly protocol: Protocol
  /** The way that its last packet took from its sender. */
  way: Way | undefined
  #reverse: Flow | undefined
  #from: Endpoint | undefined
  #to: Endpoint | undefined
  #name: string | undefined

  constructor(protocol: Protocol, src: Ipv4, sport: number, dst: Ipv4, dport: number, reverse?: Flow) {
    this.protocol = protocol
    this.src = src
    this.sport = sport
    this.dst = dst
    this.dport = dport
    this.#reverse = reverse
  }

  /** `address`es must be IPv4; throws on others. */
  static between(protocol: Protocol, from: Endpoint, to: Endpoint): Flow {
    const flow = new Flow(protocol, ipv4(from.address), from.port, ipv4(to.address), to.port)
    flow.#from = from
    flow.#to = to
    return flow
  }

  get reverse(): Flow {
    this.#reverse ??= new Flow(this.protocol, this.dst, this.dport, this.src, this.sport, this)
    return this.#reverse
  }

  get from(): Endpoint {
    this.#from ??= { address: formatIpv4(this.src), port: this.sport }
    return this.#from
  }

  get to(): Endpoint {
    this.#to ??= { address: formatIpv4(this.dst), port: this.dport }
    return this.#to
  }

  get flow(): string {
    this.#name ??= flowOf(this.from, this.to)
    return this.#name
  }
}
