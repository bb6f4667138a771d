/** What the rest of the simulator sees of the network. */
import type { FibRoute, LabEventBody, Micros } from '../../../model/index.ts'
import type { Endpoint, World } from '../../../world/index.ts'
import type { EventQueue } from '../../../world/virtual/index.ts'

export interface FabricOptions {
  /** Same seed, same run: loss, conntrack's choices, ages of ARP entries, the random numbers of every world. Default 1. */
  readonly seed?: number
  /** One way over each link. Default 50 µs. */
  readonly latency?: Micros
  /** Up to so much more for each link, drawn once for it from the seed. Default 0. */
  readonly latencySpread?: Micros
  /** Bits per second of each link; absent: what is sent is there after its latency. */
  readonly rate?: number
  /** Share of packets that each link loses, 0…1. Default 0. */
  readonly loss?: number
  /** False: every packet's way is worked out anew. The outcome is the same; for tests. Default true. */
  readonly cache?: boolean
  /** Wall time at instant 0, seconds since 1970. */
  readonly epochSeconds?: number
  /** From `Host.apply` until it is there. Default 5 ms. */
  readonly applyDelay?: Micros
  /** What worlds say (`Events.emit`), and what the network does by itself (VRRP changes as `log`). */
  readonly emit?: (event: LabEventBody) => void
}

/** All devices of a plan and what connects them. Time is the queue's; nothing here runs by itself. */
export interface Fabric {
  readonly queue: EventQueue
  readonly machines: ReadonlyMap<string, Machine>
  /** Throws for a name that the plan does not have. */
  machine(name: string): Machine
  /**
   * Administrative state of one end of a link (`ip link set dev … down`). `device` may be a segment, whose ports bear their devices' names.
   * The far end loses its carrier. Coming up, an interface gets back its connected routes and the plan's static routes through it.
   */
  setInterface(device: string, interfaceName: string, up: boolean): void
  /** Changes one link, named by either end. */
  shape(device: string, interfaceName: string, shape: LinkShape): void
  /**
   * Power cut: nothing of the device is heard again, no FIN and no RST; its worlds end. A router at the other end of a point-to-point link loses
   * that interface, with its addresses and routes, as a veth's other end does. Also of a segment: then whatever hangs on it is cut off.
   */
  powerOff(device: string): void
  /** A fresh kernel with the plan's addresses and static routes; its programs are the caller's to start. */
  powerOn(device: string): void
  powered(device: string): boolean
  /** Stands still while every packet would go the way that the last one of its flow went. */
  readonly generation: number
  /**
   * Connection tracking of every machine is emptied, and which backend a flow gets hangs on `seed` and the flow alone from now on: not on what was
   * sent before.
   */
  forgetFlows(seed: string): void
  /** Packets that were lost, by reason, since the beginning. */
  readonly drops: Readonly<Record<DropReason, number>>
}

export interface LinkShape {
  readonly latency?: Micros
  /** `Infinity`: as fast as it comes. */
  readonly rate?: number
  readonly loss?: number
}

export type DropReason =
  /** A link without carrier, or one that failed while the packet was on it. */
  | 'link'
  | 'loss'
  /** Nobody there listens to the frame's MAC address. */
  | 'mac'
  | 'no-route'
  | 'no-neighbor'
  | 'ttl'
  /** A packet filter that somebody set up by hand. */
  | 'filter'
  /** It came to a host that neither has the address nor forwards. */
  | 'not-forwarding'
  /** Sent from an address that the machine no longer has, or come to a machine that has it itself. */
  | 'source'
  /** The machine lost power, or the address, before it arrived. */
  | 'gone'

/** One device's kernel, and the door to its programs. It stays the same object over a reboot. */
export interface Machine {
  readonly name: string
  readonly powered: boolean
  readonly interfaces: readonly MachineInterface[]
  readonly table: KernelTable
  /** Neighbours (ARP) that it knows now. */
  readonly neighbors: readonly Neighbor[]
  /** Starts a program. Several may run; each one's sockets end with it. Throws while the machine has no power. */
  startWorld(program?: string): World & { readonly ended: boolean }
  /** Binds a UDP socket; port 0 is a free one. Answers `undefined` where the port is taken. */
  bindUdp(local: Partial<Endpoint>, sink: (event: DatagramEvent) => void): DatagramSocket | undefined
  /** ICMP echo; exactly one answer, never before this returns. */
  ping(to: string, options: { readonly from?: string; readonly timeout: Micros }, sink: (outcome: PingOutcome) => void): void
  /** `ip route get`; `undefined` where there is none. */
  routeTo(address: string): { readonly via?: string; readonly interface: string; readonly source: string } | undefined
  readonly byHand: ByHand
  /** Every address that is local to it now, VIPs included. */
  holds(address: string): boolean
  /** TTL of everything but SYN-ACKs and RSTs on TCP connections with `peer` (a single-hop BGP neighbor has 1); `undefined`: the default again. */
  setPeerTtl(peer: string, ttl: number | undefined): void
  /** vrrpd. Killed (`stop`), it leaves the virtual gateways as they are; started, each begins as a backup. The fabric starts none by itself. */
  readonly vrrp: { readonly running: boolean; start(): void; stop(): void; readonly gateways: readonly VirtualGateway[] }
  /** Called after an interface changed (up, carrier, present), and after the kernel's routes followed it. Returns how to stop. */
  onInterface(listener: (changed: MachineInterface) => void): () => void
}

/** What somebody at a shell of a machine does to its kernel. All of it is gone with its power. */
export interface ByHand {
  /** `a.b.c.d/n` on each interface, whoever put it there. */
  addresses(): readonly { readonly address: string; readonly interface: string }[]
  /** `ip addr add|del`; says why the kernel would refuse. */
  setAddress(address: string, interfaceName: string, present: boolean): string | undefined
  /** Rules that drop packets, before those of the same table. */
  addFilter(table: string, rules: readonly FilterRule[]): void
  /** Answers whether there was such a table. */
  removeFilter(table: string): boolean
  /** conntrack(8) is there: without it a UDP flow keeps its backend whatever becomes of the rules. Default true. */
  forgetsFlows: boolean
  /** How much longer than others this machine takes to do what its agent applies. Default 0. */
  rulesDelay: Micros
}

/** Drops what matches all that it names. */
export interface FilterRule {
  /** `input`: what has come to this machine; `forward`: what passes it. */
  readonly hook: 'input' | 'forward'
  readonly sources?: readonly string[]
  readonly destinations?: readonly string[]
  readonly protocol?: 'tcp' | 'udp'
  /** The destination's. */
  readonly port?: number
  readonly outInterface?: string
}

export interface MachineInterface {
  readonly name: string
  /** `a.b.c.d/n` each. */
  readonly addresses: readonly string[]
  readonly mac: string
  /** It is there: a point-to-point interface goes with the device at its other end. */
  readonly present: boolean
  /** Administratively up. */
  readonly up: boolean
  readonly carrier: boolean
  /** Present, up, and with carrier: what a routing daemon calls operative. */
  readonly running: boolean
}

export interface VirtualGateway {
  readonly interface: string
  readonly vrid: number
  readonly address: string
  readonly state: 'initialize' | 'backup' | 'master'
}

export interface Neighbor {
  readonly address: string
  readonly interface: string
  readonly mac?: string
  readonly state: 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'failed'
}

/** The main table. Events are exactly the `fib` events of a real router: the lowest metric of each prefix, sorted next hops, none when it is gone. */
export interface KernelTable {
  /** Replaces the route of this prefix and metric (as `ip route replace`); says why where the kernel would refuse. */
  replace(route: KernelRoute): string | undefined
  /** Answers whether there was one. */
  remove(prefix: string, metric: number, protocol?: string): boolean
  /** Removes all routes of a protocol, as zebra does when a daemon is gone. */
  flush(protocol: string): void
  /**
   * The connected next hops by which packets for `address` leave, worked out recursively; the default route does not count. `except`: the prefix
   * that is being installed, through which it must not resolve. Interfaces that are not running do not count.
   */
  resolve(address: string, except?: string): Resolution
  get(prefix: string): FibRoute | undefined
  all(): readonly FibRoute[]
  /** Rises whenever a route or an interface's state changes: what was resolved at this generation still holds. */
  readonly generation: number
  /** Called at every change of what forwards. Returns how to stop. */
  subscribe(listener: (change: FibRoute) => void): () => void
}

export interface KernelRoute {
  readonly prefix: string
  readonly protocol: string
  readonly metric: number
  /** In the order in which the hash's range is shared among them. `via` must be on the link of `interface`, which may be left out. */
  readonly nextHops: readonly { readonly via?: string; readonly interface?: string; readonly weight?: number }[]
}

export type Resolution =
  | { readonly ok: true; readonly hops: readonly { readonly via: string; readonly interface: string }[] }
  | { readonly ok: false; readonly reason: string }

export interface DatagramSocket {
  readonly port: number
  /** Answers `false` where the kernel would answer ENETUNREACH at once. */
  send(to: Endpoint, data: string): boolean
  /** Whether the next datagram there would go the way that the last one went. */
  holds(to: Endpoint): boolean
  close(): void
}

export type DatagramEvent =
  | { readonly type: 'datagram'; readonly from: Endpoint; readonly to: Endpoint; readonly data: string; readonly trace: LiveTrace }
  /** A port that nobody has, or that a service rule rejects: the one ICMP error that a connected socket is told of (routers.md). */
  | { readonly type: 'error'; readonly to: Endpoint; readonly reason: 'refused' }

/** Which way a packet came. */
export interface Trace {
  /** Names of all devices that it crossed, both ends included, segments left out. */
  readonly devices: readonly string[]
  /** The node that translated it from a VIP's address to a backend's, or back. */
  readonly translatedBy: string | undefined
}

export interface LiveTrace extends Trace {
  /** Whether a packet that were sent now would come the same way, as far as that can be told without sending one. */
  readonly holds: () => boolean
}

export type PingOutcome = { readonly ok: true; readonly time: Micros } | { readonly ok: false; readonly reason: 'unreachable' | 'timeout' }
