import { contains, formatIpv4, type Ipv4, ipv4, type Prefix, parsePrefix } from '../../../net/index.ts'
import type { InterfacePlan } from '../../../topology/plan.ts'
import type { MachineInterface } from './api.ts'
import type { Kernel } from './kernel.ts'
import type { Link, LinkEnd } from './link.ts'
import type { NeighborEntry } from './neighbors.ts'
import type { Port } from './segment.ts'
import type { VirtualRouter } from './vrrp.ts'

export interface OwnAddress {
  readonly address: Ipv4
  readonly subnet: Prefix
}

/** One interface of a machine: its addresses, its neighbours, and the cable that it hangs on. */
export class Interface implements LinkEnd, MachineInterface {
  readonly kernel: Kernel
  /** Its place among the machine's interfaces. */
  readonly index: number
  readonly name: string
  readonly addresses: readonly string[]
  readonly mac: string
  readonly macId: number
  readonly own: readonly OwnAddress[]
  /** Added on top (floating IPs, as /32). */
  readonly added = new Set<Ipv4>()
  readonly neighbors = new Map<Ipv4, NeighborEntry>()
  /** Virtual gateways on it. */
  readonly virtual: VirtualRouter[] = []
  link: Link<Interface | Port> | undefined
  up = true

  constructor(kernel: Kernel, index: number, plan: InterfacePlan, macId: number) {
    this.kernel = kernel
    this.index = index
    this.name = plan.name
    this.addresses = plan.addresses
    this.mac = plan.mac
    this.macId = macId
    this.own = plan.addresses.map((text) => ({ address: ipv4(text.split('/')[0]!), subnet: subnetOf(text) }))
  }

  get device(): string {
    return this.kernel.name
  }

  get powered(): boolean {
    return this.kernel.powered
  }

  get present(): boolean {
    return this.link?.exists ?? false
  }

  get carrier(): boolean {
    return this.link?.up ?? false
  }

  get running(): boolean {
    return this.link?.up ?? false
  }

  /** It takes frames to this MAC address. */
  accepts(mac: number): boolean {
    if (mac === this.macId) return true
    for (const each of this.virtual) if (each.macId === mac && each.state === 'master') return true
    return false
  }

  /** The MAC address with which it answers ARP for `address`, of which it answers only what it has itself (`arp_ignore=1`); 0: none. */
  answersFor(address: Ipv4): number {
    for (const each of this.virtual) if (each.address === address && each.state === 'master') return each.macId
    if (this.added.has(address)) return this.macId
    for (const mine of this.own) if (mine.address === address) return this.macId
    return 0
  }

  /** Its address in the subnet of `near`, else its first (`arp_announce=2`). */
  primary(near: Ipv4): Ipv4 | undefined {
    return (this.own.find(({ subnet }) => contains(subnet, near)) ?? this.own[0])?.address
  }

  toString(): string {
    return `${this.kernel.name} ${this.name} (${this.own.map(({ address }) => formatIpv4(address)).join(', ')})`
  }
}

function subnetOf(text: string): Prefix {
  const subnet = parsePrefix(text, 'mask')
  if (subnet === undefined) throw new TypeError(`not an interface's address: ${JSON.stringify(text)}; write 10.0.1.10/24`)
  return subnet
}
