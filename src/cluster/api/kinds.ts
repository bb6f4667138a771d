/** The kinds that the running cluster keeps in its API, beside the documents that its owner wrote. */
import type { Resource, ResourceType } from './objects.ts'

/** Where the cluster's own objects live (R35, R37). */
export const SYSTEM_NAMESPACE = 'kube-system'
export const LEASE_NAMESPACE = 'kube-node-lease'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** RFC 3339, UTC. */
  readonly lastTransitionTime: string
}

export interface NodeSpec {
  /** The node's own IP. */
  readonly address: string
  /** `a.b.c.d/n`: the subnet in which it may hold floating IPs. */
  readonly subnet: string
  readonly controlPlane: boolean
  readonly loadBalancer: boolean
}
/** Cluster-scoped. `status.conditions` holds `Ready`, written by the floating-IP controller from the node's lease. */
export type Node = Resource<NodeSpec, { readonly conditions: readonly Condition[] }>

export interface LeaseSpec {
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** RFC 3339, UTC, by the API's clock. */
  readonly renewTime: string
  /** The floating IPs that the node holds as it renews: what a controller that starts anew learns from. */
  readonly holding: readonly string[]
}
/** One per node, of the node's name, in `kube-node-lease`. */
export type Lease = Resource<LeaseSpec>

export interface ServicePort {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  readonly targetPort: number
}
export interface ServiceSpec {
  readonly type: 'LoadBalancer'
  /** The VIP. */
  readonly loadBalancerIP: string
  readonly externalTrafficPolicy: 'Cluster'
  readonly ports: readonly ServicePort[]
  /** Addresses where a backend answers on each port's `targetPort` (what Endpoints hold elsewhere). */
  readonly endpoints: readonly string[]
}
export type Service = Resource<ServiceSpec>

export interface FloatingIPSpec {
  readonly address: string
}
export interface FloatingIPStatus {
  /** Who holds it; absent while Unassigned. */
  readonly nodeName?: string
  readonly phase: 'Assigned' | 'Unassigned'
  /** RFC 3339, UTC: since when it is so. */
  readonly since: string
  readonly reason: string
}
/** A lab kind; its name is the address. */
export type FloatingIP = Resource<FloatingIPSpec, FloatingIPStatus>

export interface BGPSessionSpec {
  readonly floatingIP: string
  readonly localIP: string
  readonly localASN: number
  readonly nodeName: string
  readonly peerIP: string
  readonly peerASN: number
}
export interface BGPSessionStatus {
  /** `Established`, `Idle`…: RFC 4271's names. */
  readonly state: string
  /** Prefixes, sorted. */
  readonly advertisedRoutes: readonly string[]
  /** RFC 3339, UTC. */
  readonly lastReportTime: string
}
/** R35, R36: named `<peerIP>-<node>`; the spec is the peering controller's, the status the agent's. */
export type BGPSession = Resource<BGPSessionSpec, BGPSessionStatus>

export interface BGPAdvertisedRouteSpec {
  /** `a.b.c.d/32` */
  readonly prefix: string
  /** Every LB node, for sessions with ADD-PATH (R22). */
  readonly nextHops: readonly string[]
  /** The one next hop for sessions without. */
  readonly nextHop: string
}
/** R37: named `<bgplb>-<service namespace>-<service>`. */
export type BGPAdvertisedRoute = Resource<BGPAdvertisedRouteSpec>

export const NODE: ResourceType<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false, indexes: [] }
export const SERVICE: ResourceType<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
  indexes: [],
}
export const LEASE: ResourceType<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  indexes: [],
}
const lab = { group: 'networking.gke.io', version: 'v1alpha1', namespaced: true } as const
export const FLOATING_IP: ResourceType<FloatingIP> = {
  ...lab,
  kind: 'FloatingIP',
  plural: 'floatingips',
  indexes: ['status.nodeName', 'metadata.name'],
}
export const BGP_SESSION: ResourceType<BGPSession> = { ...lab, kind: 'BGPSession', plural: 'bgpsessions', indexes: ['spec.nodeName'] }
export const BGP_ADVERTISED_ROUTE: ResourceType<BGPAdvertisedRoute> = {
  ...lab,
  kind: 'BGPAdvertisedRoute',
  plural: 'bgpadvertisedroutes',
  indexes: [],
}

/** The documents that the cluster's owner wrote (R24, R28, R29), stored as they are. */
export const CLUSTER: ResourceType = {
  group: 'baremetal.cluster.gke.io',
  version: 'v1',
  kind: 'Cluster',
  plural: 'clusters',
  namespaced: true,
  indexes: [],
}
export const NODE_POOL: ResourceType = { ...CLUSTER, kind: 'NodePool', plural: 'nodepools' }
export const NETWORK_GATEWAY: ResourceType = { ...lab, kind: 'AnthosNetworkGateway', plural: 'anthosnetworkgateways', indexes: [] }
export const BGP_LOAD_BALANCER: ResourceType = { ...lab, kind: 'BGPLoadBalancer', plural: 'bgploadbalancers', indexes: [] }

export const RESOURCE_TYPES: readonly ResourceType[] = [
  NODE,
  SERVICE,
  LEASE,
  FLOATING_IP,
  BGP_SESSION,
  BGP_ADVERTISED_ROUTE,
  CLUSTER,
  NODE_POOL,
  NETWORK_GATEWAY,
  BGP_LOAD_BALANCER,
] as readonly ResourceType[]

/** Whether a node's `Ready` condition says so. */
export function isReady(node: Node): boolean {
  return node.status?.conditions.some((each) => each.type === 'Ready' && each.status === 'True') ?? false
}
