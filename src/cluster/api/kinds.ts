/** The kinds that the running cluster keeps in its API, beside the documents that its owner wrote. */
import type { Draft, Resource, ResourceType } from './objects.ts'

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
  /** On Nodes: when it was last looked at. */
  readonly lastHeartbeatTime?: string
}

export interface NodeSpec {
  /** The node's own IP. */
  readonly address: string
  /** `a.b.c.d/n`: the subnet in which it may hold floating IPs. */
  readonly subnet: string
  readonly controlPlane: boolean
  readonly loadBalancer: boolean
}
export interface NodeStatus {
  readonly conditions: readonly Condition[]
  readonly addresses?: readonly { readonly type: 'InternalIP' | 'Hostname'; readonly address: string }[]
}
/** Cluster-scoped. `status.conditions` holds `Ready`, written by the floating-IP controller from the node's lease. */
export type Node = Resource<NodeSpec, NodeStatus>

export interface LeaseSpec {
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** RFC 3339 with microseconds, UTC, by the API's clock. */
  readonly renewTime: string
  /** The floating IPs that the node holds as it renews: what a controller that starts anew learns from. */
  readonly holding: readonly string[]
}
/** One per node, of the node's name, in `kube-node-lease`. */
export type Lease = Resource<LeaseSpec>

/** As Kubernetes has it. */
export interface ServicePort {
  readonly name?: string
  /** TCP where absent. */
  readonly protocol?: 'TCP' | 'UDP'
  readonly port: number
  /** `port` where absent. */
  readonly targetPort?: number
}
export interface ServiceSpec {
  readonly type: 'LoadBalancer'
  /** The VIP that its owner wants; where absent, one of the pools' is given. What it has is in the status. */
  readonly loadBalancerIP?: string
  /** `Cluster` where absent, and nothing else (R7). */
  readonly externalTrafficPolicy?: 'Cluster'
  readonly ports?: readonly ServicePort[]
  /** Addresses where a backend answers on each port's `targetPort` (what Endpoints hold elsewhere). */
  readonly endpoints?: readonly string[]
}
export interface ServiceStatus {
  readonly loadBalancer: { readonly ingress?: readonly { readonly ip: string }[] }
  /** Those of the spec's endpoints that take flows: not those on a node that is not Ready. Absent until a controller has looked. */
  readonly endpoints?: readonly string[]
  readonly conditions?: readonly Condition[]
}
export type Service = Resource<ServiceSpec, ServiceStatus>

/** The address that it has; absent while it has none. */
export function vipOf(service: Service): string | undefined {
  return service.status?.loadBalancer.ingress?.[0]?.ip
}

export interface EndpointPort {
  readonly name?: string
  /** Where the backends answer: the Service's `targetPort`. */
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
}
/** On the wire these fields stand beside `metadata`. */
export interface EndpointsSpec {
  readonly subsets: readonly {
    readonly addresses?: readonly { readonly ip: string }[]
    /** Backends on nodes that are not Ready. */
    readonly notReadyAddresses?: readonly { readonly ip: string }[]
    readonly ports: readonly EndpointPort[]
  }[]
}
/** A Service's backends, by its name. */
export type Endpoints = Resource<EndpointsSpec>
/** On the wire these fields stand beside `metadata`. */
export interface EndpointSliceSpec {
  readonly addressType: 'IPv4'
  readonly endpoints: readonly { readonly addresses: readonly string[]; readonly conditions: { readonly ready: boolean } }[]
  readonly ports: readonly EndpointPort[]
}
/** The same, as later clients ask for it: by the label `kubernetes.io/service-name`. */
export type EndpointSlice = Resource<EndpointSliceSpec>

/** What an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
}
/** On the wire these fields stand beside `metadata`. */
export interface EventSpec {
  readonly involvedObject: ObjectReference
  readonly type: 'Normal' | 'Warning'
  /** One word in CamelCase. */
  readonly reason: string
  readonly message: string
  readonly source: { readonly component: string; readonly host?: string }
  /** RFC 3339, UTC. */
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly count: number
}
export type Event = Resource<EventSpec>

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

export interface LoadBalancerNodeSpec {
  readonly nodeName: string
}
export interface LoadBalancerNodeStatus {
  /** The revision up to which the Services are set up on the node: VIPs local, rules standing. Absent: none of them is. */
  readonly servicesApplied?: string
  /** `ServicesApplied`: False where the host refuses what there is to apply, with its words. */
  readonly conditions: readonly Condition[]
}
/** A lab kind, one for each load-balancer node and of its name; the status is the agent's. Written when Services changed, never by renewals. */
export type LoadBalancerNode = Resource<LoadBalancerNodeSpec, LoadBalancerNodeStatus>

export interface PodSpec {
  readonly nodeName: string
  readonly hostNetwork: true
  readonly containers: readonly { readonly name: string }[]
}
export interface PodStatus {
  readonly phase: 'Pending' | 'Running'
  /** Where its node fell silent: `NodeLost`; the phase is the last that was heard. */
  readonly reason?: string
  readonly message?: string
  readonly hostIP?: string
  readonly podIP?: string
  readonly startTime?: string
  readonly conditions?: readonly Condition[]
  readonly containerStatuses?: readonly {
    readonly name: string
    readonly ready: boolean
    readonly started: boolean
    readonly restartCount: number
    readonly state: { readonly running: { readonly startedAt: string } }
  }[]
}
/** A control-plane node's speaker (R15); the status is the node's, until its lease ends. */
export type Pod = Resource<PodSpec, PodStatus>

const SPEAKER = 'bgpadvertiser'

/** R15: `bgpadvertiser-<node>`, which the node runs from a file of its own: what the API has is its mirror. */
export function speakerPod(node: string): Draft<Pod> & { readonly spec: PodSpec } {
  const annotations = { 'kubernetes.io/config.mirror': SPEAKER, 'kubernetes.io/config.source': 'file' }
  const metadata = { name: `${SPEAKER}-${node}`, namespace: SYSTEM_NAMESPACE, annotations }
  return { metadata, spec: { nodeName: node, hostNetwork: true, containers: [{ name: SPEAKER }] } }
}

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
  /** Why it is not Established, in the speaker's words. Named so that kubectl, which sorts, shows R36's three fields before it. */
  readonly stateReason?: string
}
/** R35, R36: named `<peerIP>-<node>`; the spec is the peering controller's, the status the agent's. */
export type BGPSession = Resource<BGPSessionSpec, BGPSessionStatus>

export interface BGPAdvertisedRouteSpec {
  /** `a.b.c.d/32` */
  readonly prefix: string
  /** Every LB node that takes the VIP's traffic, for sessions with ADD-PATH (R22). */
  readonly nextHops: readonly string[]
  /** The one next hop for sessions without. */
  readonly nextHop: string
}
/** R37: named `<bgplb>-<service namespace>-<service>`. */
export type BGPAdvertisedRoute = Resource<BGPAdvertisedRouteSpec>

const core = { group: '', version: 'v1', namespaced: true, builtIn: true, indexes: [] } as const
export const NODE: ResourceType<Node> = { ...core, kind: 'Node', plural: 'nodes', namespaced: false, shortNames: ['no'] }
export const SERVICE: ResourceType<Service> = { ...core, kind: 'Service', plural: 'services', shortNames: ['svc'] }
export const EVENT: ResourceType<Event> = { ...core, kind: 'Event', plural: 'events', shortNames: ['ev'], flat: true, story: true }
export const NAMESPACE: ResourceType = { ...core, kind: 'Namespace', plural: 'namespaces', namespaced: false, shortNames: ['ns'] }
const FROM_SERVICE = 'it is derived from its Service: edit spec.endpoints of that'
export const ENDPOINTS: ResourceType<Endpoints> = {
  ...core,
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  flat: true,
  derivedFrom: FROM_SERVICE,
}
export const ENDPOINT_SLICE: ResourceType<EndpointSlice> = {
  ...core,
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  flat: true,
  derivedFrom: FROM_SERVICE,
}
/** The control plane's speakers, and no others. */
export const POD: ResourceType<Pod> = { ...core, kind: 'Pod', plural: 'pods', shortNames: ['po'] }
export const LEASE: ResourceType<Lease> = { ...core, group: 'coordination.k8s.io', kind: 'Lease', plural: 'leases' }
const lab = { group: 'networking.gke.io', version: 'v1alpha1', namespaced: true } as const
export const FLOATING_IP: ResourceType<FloatingIP> = {
  ...lab,
  kind: 'FloatingIP',
  plural: 'floatingips',
  shortNames: ['fip'],
  indexes: ['status.nodeName', 'metadata.name'],
}
export const BGP_SESSION: ResourceType<BGPSession> = { ...lab, kind: 'BGPSession', plural: 'bgpsessions', indexes: ['spec.nodeName'] }
export const BGP_ADVERTISED_ROUTE: ResourceType<BGPAdvertisedRoute> = {
  ...lab,
  kind: 'BGPAdvertisedRoute',
  plural: 'bgpadvertisedroutes',
  indexes: [],
}

export const LOAD_BALANCER_NODE: ResourceType<LoadBalancerNode> = {
  ...lab,
  kind: 'LoadBalancerNode',
  plural: 'loadbalancernodes',
  shortNames: ['lbn'],
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
  ENDPOINTS,
  ENDPOINT_SLICE,
  EVENT,
  NAMESPACE,
  POD,
  LEASE,
  FLOATING_IP,
  BGP_SESSION,
  BGP_ADVERTISED_ROUTE,
  LOAD_BALANCER_NODE,
  CLUSTER,
  NODE_POOL,
  NETWORK_GATEWAY,
  BGP_LOAD_BALANCER,
] as readonly ResourceType[]

/** Whether a node's `Ready` condition says so. */
export function isReady(node: Node): boolean {
  return node.status?.conditions.some((each) => each.type === 'Ready' && each.status === 'True') ?? false
}
