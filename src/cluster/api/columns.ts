/** What `kubectl get` shows of each kind: NAME and AGE for sessions and routes, as the document has it (R35, R37); the rest with `-o wide`. */
import { isMapping } from '../../model/index.ts'
import { age } from './age.ts'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  CLUSTER,
  type Condition,
  ENDPOINT_SLICE,
  ENDPOINTS,
  type EndpointSlice,
  type Endpoints,
  EVENT,
  FLOATING_IP,
  LEASE,
  LOAD_BALANCER_NODE,
  NAMESPACE,
  NETWORK_GATEWAY,
  NODE,
  NODE_POOL,
  POD,
  type PodStatus,
  SERVICE,
} from './kinds.ts'
import type { Resource, ResourceType } from './objects.ts'

export interface Column {
  readonly name: string
  /** Only with `-o wide`. */
  readonly wide?: true
  readonly isName?: true
  /** `now`: RFC 3339. */
  cell(object: Resource, now: string): string | number
}

const NAME: Column = { name: 'Name', isName: true, cell: ({ metadata }) => metadata.name }
const AGE: Column = { name: 'Age', cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) }

/** The text at a path; lists are joined by commas. */
const text = (object: Resource, path: string): string => {
  let value: unknown = object
  for (const step of path.split('.')) value = isMapping(value) ? value[step] : undefined
  if (Array.isArray(value)) return value.map((each) => (isMapping(each) ? (each.address ?? each.peerIP ?? '') : each)).join(',') || '<none>'
  return value === undefined || value === null || value === '' ? '<none>' : String(value)
}
const at = (name: string, path: string): Column => ({ name, cell: (object) => text(object, path) })
const wide = (name: string, path: string): Column => ({ ...at(name, path), wide: true })

const ROLE = 'node-role.kubernetes.io/'

const COLUMNS = new Map<ResourceType, readonly Column[]>([
  [
    NODE as ResourceType,
    [
      NAME,
      { name: 'Status', cell: (object) => readiness(object) },
      { name: 'Roles', cell: ({ metadata }) => roles(metadata.labels) },
      AGE,
      wide('Internal-IP', 'spec.address'),
      wide('Subnet', 'spec.subnet'),
    ],
  ],
  [
    SERVICE as ResourceType,
    [
      NAME,
      at('Type', 'spec.type'),
      { name: 'Cluster-IP', cell: () => '<none>' },
      { name: 'External-IP', cell: (object) => externalIp(object) },
      { name: 'Port(s)', cell: (object) => ports(object) },
      AGE,
      wide('Endpoints', 'status.endpoints'),
    ],
  ],
  [ENDPOINTS as ResourceType, [NAME, { name: 'Endpoints', cell: (object) => backends(object as Endpoints) }, AGE]],
  [
    ENDPOINT_SLICE as ResourceType,
    [
      NAME,
      at('AddressType', 'spec.addressType'),
      { name: 'Ports', cell: (o) => (o as EndpointSlice).spec?.ports.map(({ port }) => port).join(',') || '<none>' },
      { name: 'Endpoints', cell: (o) => (o as EndpointSlice).spec?.endpoints.flatMap(({ addresses }) => addresses).join(',') || '<none>' },
      AGE,
    ],
  ],
  [
    EVENT as ResourceType,
    [
      { name: 'Last Seen', cell: (object, now) => age(text(object, 'spec.lastTimestamp'), now) },
      at('Type', 'spec.type'),
      at('Reason', 'spec.reason'),
      { name: 'Object', cell: (o) => `${text(o, 'spec.involvedObject.kind').toLowerCase()}/${text(o, 'spec.involvedObject.name')}` },
      { name: 'Source', wide: true, cell: (o) => [text(o, 'spec.source.component'), host(o)].filter((each) => each !== '').join(', ') },
      at('Message', 'spec.message'),
      { name: 'First Seen', wide: true, cell: (object, now) => age(text(object, 'spec.firstTimestamp'), now) },
      wide('Count', 'spec.count'),
      { ...NAME, wide: true },
    ],
  ],
  [NAMESPACE, [NAME, at('Status', 'status.phase'), AGE]],
  [
    POD as ResourceType,
    [
      NAME,
      { name: 'Ready', cell: (object) => `${containers(object).filter(({ ready }) => ready).length}/1` },
      // As kubectl has it: why, where there is something to explain.
      { name: 'Status', cell: (pod) => (pod.status as PodStatus | undefined)?.reason ?? text(pod, 'status.phase') },
      { name: 'Restarts', cell: (object) => containers(object)[0]?.restartCount ?? 0 },
      AGE,
      wide('IP', 'status.podIP'),
      wide('Node', 'spec.nodeName'),
    ],
  ],
  [
    LEASE as ResourceType,
    [NAME, at('Holder', 'spec.holderIdentity'), AGE, wide('Renewed', 'spec.renewTime'), wide('Holding', 'spec.holding')],
  ],
  [FLOATING_IP as ResourceType, [NAME, at('Node', 'status.nodeName'), at('Phase', 'status.phase'), AGE, wide('Reason', 'status.reason')]],
  [
    BGP_SESSION as ResourceType,
    [
      NAME,
      AGE,
      wide('State', 'status.state'),
      wide('Local', 'spec.localIP'),
      wide('Peer', 'spec.peerIP'),
      wide('Node', 'spec.nodeName'),
      wide('Last Report', 'status.lastReportTime'),
    ],
  ],
  [BGP_ADVERTISED_ROUTE as ResourceType, [NAME, AGE, wide('Prefix', 'spec.prefix'), wide('Next Hops', 'spec.nextHops')]],
  [
    LOAD_BALANCER_NODE as ResourceType,
    [
      NAME,
      { name: 'Services', cell: (object) => servicesApplied(object) },
      AGE,
      wide('Up to revision', 'status.servicesApplied'),
      { name: 'Message', wide: true, cell: (object) => conditionOf(object, 'ServicesApplied')?.message ?? '<none>' },
    ],
  ],
  [NETWORK_GATEWAY, [NAME, AGE, wide('Floating IPs', 'spec.floatingIPs')]],
  [BGP_LOAD_BALANCER, [NAME, AGE, wide('Local ASN', 'spec.localASN'), wide('Peers', 'spec.peers')]],
  [CLUSTER, [NAME, AGE, wide('Control Plane VIP', 'spec.loadBalancer.vips.controlPlaneVIP')]],
  [NODE_POOL, [NAME, AGE, wide('Nodes', 'spec.nodes')]],
])

export function columnsOf(type: ResourceType): readonly Column[] {
  return COLUMNS.get(type) ?? [NAME, AGE]
}

function conditionOf({ status }: Resource, type: string): Condition | undefined {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] }
  return conditions.find((each) => each.type === type)
}

function containers({ status }: Resource): NonNullable<PodStatus['containerStatuses']> {
  return (status as PodStatus | undefined)?.containerStatuses ?? []
}

function servicesApplied(node: Resource): string {
  const applied = conditionOf(node, 'ServicesApplied')
  return applied === undefined || applied.status === 'Unknown' ? 'Unknown' : applied.status === 'True' ? 'Applied' : 'Refused'
}

function readiness(node: Resource): string {
  const ready = conditionOf(node, 'Ready')
  return ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
}

function roles(labels: Readonly<Record<string, string>> = {}): string {
  const found = Object.keys(labels).filter((label) => label.startsWith(ROLE))
  return found.map((label) => label.slice(ROLE.length)).join(',') || '<none>'
}

/** Every address with every port, those that take flows. */
function backends({ spec }: Endpoints): string {
  const all = (spec?.subsets ?? []).flatMap(({ addresses = [], ports: each }) =>
    each.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  )
  return all.join(',') || '<none>'
}

function externalIp(service: Resource): string {
  const { loadBalancer } = (service.status ?? {}) as { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } }
  return loadBalancer?.ingress?.map((each) => each.ip).join(',') || '<pending>'
}

function ports(service: Resource): string {
  const { ports: all = [] } = (service.spec ?? {}) as {
    readonly ports?: readonly { readonly port: number; readonly protocol?: string }[]
  }
  return all.map((each) => `${each.port}/${each.protocol ?? 'TCP'}`).join(',') || '<none>'
}

function host(event: Resource): string {
  const found = text(event, 'spec.source.host')
  return found === '<none>' ? '' : found
}
