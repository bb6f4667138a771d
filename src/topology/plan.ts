/**
 * The plan: what a topology file and its cluster file come to, once every address and link is worked out. Pure data, the one thing an
 * engine reads to bring a lab up.
 */
import type { ClusterModel } from '../cluster/resources/model.ts'
import type { TimerProfile } from '../model/index.ts'

export type RouterKind = 'frr' | 'gobgp'
export type DeviceKind = 'router' | 'node' | 'client' | 'admin' | 'segment'

export interface Plan {
  /** The topology's name: `shared-peers`. */
  readonly name: string
  /** A bridge with its own name each; ToRs, nodes and whoever else attach to it. */
  readonly segments: readonly SegmentPlan[]
  readonly routers: readonly RouterPlan[]
  readonly nodes: readonly NodePlan[]
  readonly clients: readonly HostPlan[]
  /** Runs the resource API, the floating-IP controller and the balancer; nodes reach it in band. */
  readonly admin: AdminPlan
  /** Point-to-point and segment attachments, all made in one batch. */
  readonly links: readonly LinkPlan[]
  readonly timers: TimerProfile
  /** False: no agent runs on any node, as before the cluster is created. */
  readonly agents?: false
  /** How nodes reach the resource API; `admin` where absent. */
  readonly api?: ApiPlan
  /** Cluster documents (YAML text's plain objects) with which the resource API is seeded. */
  readonly cluster: ClusterPlan
}

/** At the CP VIP, which every control-plane node serves and announces, and those nodes at their own API; or at the admin host, past all BGP. */
export type ApiPath = 'control-plane-vip' | 'admin'

export interface ApiPlan {
  readonly path: ApiPath
  /** A control-plane node whose API is not healthy withdraws the CP VIP. */
  readonly withdrawUnhealthy: boolean
}

export interface InterfacePlan {
  readonly name: string
  /** `a.b.c.d/n` each. */
  readonly addresses: readonly string[]
  /** `02:…`, derived from device and interface name, so that it survives a reboot of the device. */
  readonly mac: string
}

export interface DevicePlan {
  readonly name: string
  readonly interfaces: readonly InterfacePlan[]
  /** Further addresses on `lo`, as `/32`. */
  readonly loopbacks: readonly string[]
  readonly routes: readonly StaticRoute[]
  /** Set when the container is created; keys without `net.` are not used. */
  readonly sysctls: Readonly<Record<string, string>>
  /** For `net.ipv4.fib_multipath_hash_seed`, from the device's name; absent where the topology asks for one seed everywhere. */
  readonly hashSeed?: number
}

export interface StaticRoute {
  readonly prefix: string
  readonly via: string
}

export interface SegmentPlan {
  readonly name: string
  /** The segment's subnet, `10.0.1.0/24`. */
  readonly subnet: string
}

export interface LinkPlan {
  readonly a: LinkEnd
  readonly b: LinkEnd
}

/** An end on a segment names a bridge port; any other end names a device's interface. */
export interface LinkEnd {
  readonly device: string
  readonly interface: string
}

export interface RouterPlan extends DevicePlan {
  readonly kind: RouterKind
  readonly asn: number
  readonly routerId: string
  readonly neighbors: readonly NeighborPlan[]
  /** Prefixes that it originates. */
  readonly networks: readonly string[]
  readonly maximumPaths: number
  /** One virtual gateway per rack, by vrrpd (VRRP version 3). */
  readonly vrrp: readonly VrrpPlan[]
  /** The text of a configuration file that takes the place of the rendered one, and where it came from. */
  readonly config?: { readonly file: string; readonly text: string }
}

export interface NeighborPlan {
  readonly address: string
  readonly asn: number
  /** The local address of the session. */
  readonly updateSource: string
  readonly passive: boolean
  readonly multihop: boolean
  /** Whether ADD-PATH is accepted from this neighbor (receive direction). */
  readonly addPathReceive: boolean
  /** Originate a default route to it. */
  readonly defaultOriginate: boolean
  readonly description: string
}

export interface VrrpPlan {
  readonly interface: string
  readonly vrid: number
  readonly address: string
  readonly priority: number
  readonly advertisementIntervalMs: number
}

export interface NodePlan extends DevicePlan {
  /** The node's own IP. */
  readonly address: string
  readonly segment: string
  readonly roles: { readonly controlPlane: boolean; readonly loadBalancer: boolean }
}

export interface HostPlan extends DevicePlan {
  readonly address: string
}

export interface AdminPlan extends HostPlan {
  readonly apiPort: number
}

export interface ClusterPlan {
  readonly name: string
  /** `cluster-<name>` */
  readonly namespace: string
  readonly file: string
  /** The cluster's own documents, as read (Cluster, AnthosNetworkGateway, BGPLoadBalancer, NodePool). */
  readonly documents: readonly unknown[]
  /** The same, read and joined: what controllers and agents are configured from. */
  readonly model: ClusterModel
  /** LoadBalancer Services of the topology file, Kubernetes-shaped, with their backends. */
  readonly services: readonly PlannedService[]
  /** Which node holds a floating IP at first, where the topology fixes it: address → node name (the named setting `initialPlacement`). */
  readonly initialPlacement: Readonly<Record<string, string>>
}

export interface PlannedService {
  readonly namespace: string
  readonly name: string
  readonly vip: string
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly targetPort: number }[]
  /** Names of the nodes where a backend answers. */
  readonly backendNodes: readonly string[]
}
