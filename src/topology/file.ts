import type { ApiPath, RouterKind } from './plan.ts'

/**
 * A topology file as read: what a person writes. Everything else (link addresses, gateways, MACs, neighbors) is derived from it and from the
 * cluster file that it names.
 */
export interface TopologyFile {
  readonly name: string
  readonly description?: string
  /** The cluster file, beside this one. */
  readonly cluster: string
  /** Rack → its subnet. A rack is an Ethernet segment. */
  readonly racks: Readonly<Record<string, string>>
  readonly routers: Readonly<Record<string, RouterEntry>>
  /** Node → its own IP, in a rack's subnet. */
  readonly nodes: Readonly<Record<string, string>>
  /** Hosts that send traffic → the router they are behind. */
  readonly clients: Readonly<Record<string, string>>
  /** The router that the admin host is behind; it runs the resource API and the controllers. */
  readonly admin: string
  /** How nodes reach the resource API: at the CP VIP where nothing else is said. */
  readonly api?: ApiPath
  /** A control-plane node withdraws the CP VIP while its API is not healthy; off where absent. */
  readonly withdrawUnhealthy?: boolean
  readonly services: readonly ServiceEntry[]
  /** What the routers are configured for beside what the cluster file says: what may be added to the cluster while it runs (R19). */
  readonly prepared?: Prepared
  /** Which node holds a floating IP at first: address → node. A floating IP that is not named is placed by the policy. */
  readonly initialPlacement?: Readonly<Record<string, string>>
}

export interface Prepared {
  readonly floatingIPs?: readonly string[]
  /** Addresses of routers that may become peers of the load balancer. */
  readonly peers?: readonly string[]
}

export interface RouterEntry {
  readonly kind?: RouterKind
  readonly asn: number
  /** Its peering address, on `lo`. */
  readonly loopback?: string
  /** The racks that it stands in, each with an address of its own: `.2`, `.3`… in the order of the file, or as given. */
  readonly racks?: readonly string[] | Readonly<Record<string, string>>
  /** Routers that it has a link to. */
  readonly connects?: readonly string[]
  /** ADD-PATH from the cluster, receive direction; on where absent (R9). */
  readonly addPath?: boolean
  readonly maximumPaths?: number
  /** A configuration file of the router's own that takes the place of the rendered one. */
  readonly config?: string
}

export interface ServiceEntry {
  /** `namespace/name` */
  readonly name: string
  /** A fixed VIP; else the ingress VIP for `gke-system/istio-ingress`, and the next free address of the pools for others. */
  readonly vip?: string
  /** Over TCP and UDP alike, which suits probes; this or `ports`. */
  readonly port?: number
  readonly targetPort?: number
  /** As a Service of Kubernetes has them. */
  readonly ports?: readonly PortEntry[]
  /** Nodes on which a backend answers. */
  readonly backends: readonly string[]
}

export interface PortEntry {
  /** TCP where absent. */
  readonly protocol?: 'tcp' | 'udp'
  readonly port: number
  /** `port` where absent. */
  readonly targetPort?: number
}
