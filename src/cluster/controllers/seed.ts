/** The objects with which a control plane starts: the owner's documents, the nodes, and the Services with their backends. */
import type { World } from '../../world/index.ts'
import {
  apiVersionOf,
  BGP_LOAD_BALANCER,
  type Draft,
  LOAD_BALANCER_NODE,
  NETWORK_GATEWAY,
  NODE,
  POD,
  type ResourceType,
  SERVICE,
  type Service,
  type Store,
  SYSTEM_NAMESPACE,
  speakerPod,
} from '../api/index.ts'
import { inSubnet } from '../gateway/index.ts'
import type { ClusterModel } from '../resources/index.ts'
import { INGRESS, isIngress } from '../vips.ts'
import { seedNamespaces } from './namespaces.ts'
import { written } from './reconciler.ts'

/** A LoadBalancer Service as it is at first. */
export interface ServiceSeed {
  readonly namespace: string
  readonly name: string
  readonly vip: string
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly targetPort: number }[]
  /** Addresses of the nodes where a backend answers on `targetPort`. */
  readonly backends: readonly string[]
}

/** Documents of other kinds that the owner wrote (Cluster, NodePool), stored as they are so that they can be looked at. */
export interface SeedInput {
  readonly cluster: ClusterModel
  readonly services: readonly ServiceSeed[]
  readonly documents: readonly unknown[]
}

export function seed(world: World, store: Store, types: readonly ResourceType[], { cluster, services, documents }: SeedInput): void {
  const { namespace } = cluster
  seedNamespaces(store, [namespace, ...services.map((service) => service.namespace)])
  for (const document of documents) seedDocument(world, store, types, document, namespace)
  const owners = (kind: string) => ({ ...ownMetadata(documents.find((each) => (each as SeededDocument).kind === kind)), namespace })
  const gateway = { metadata: { ...owners(NETWORK_GATEWAY.kind), name: 'default' }, spec: { floatingIPs: cluster.floatingIPs } }
  written(store.upsert(NETWORK_GATEWAY, gateway))
  const spec = { localASN: cluster.serviceLocalAsn, peers: cluster.servicePeers }
  written(store.upsert(BGP_LOAD_BALANCER, { metadata: { ...owners(BGP_LOAD_BALANCER.kind), name: 'bgplb' }, spec }))
  for (const { name, address, controlPlane, loadBalancer } of cluster.nodes) {
    const subnet = cluster.subnets.find((each) => inSubnet(address, each)) ?? `${address}/32`
    const labels = { 'kubernetes.io/hostname': name, ...role('control-plane', controlPlane), ...role('load-balancer', loadBalancer) }
    const addresses = [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ] as const
    const spec = { address, subnet, controlPlane, loadBalancer }
    written(store.upsert(NODE, { metadata: { name, labels }, spec, status: { conditions: [], addresses } }))
    if (controlPlane) written(store.upsert(POD, { ...speakerPod(name), status: { phase: 'Pending' } }))
    if (loadBalancer)
      written(store.upsert(LOAD_BALANCER_NODE, { metadata: { name, namespace: SYSTEM_NAMESPACE }, spec: { nodeName: name } }))
  }
  for (const service of withIngress(cluster, services)) written(store.upsert(SERVICE, serviceDraft(service)))
}

/** As `kubectl get nodes` reads roles. */
function role(name: string, has: boolean): Readonly<Record<string, string>> {
  return has ? { [`node-role.kubernetes.io/${name}`]: '' } : {}
}

/** With its address from the start: nobody waits for what is known. */
export function serviceDraft({ namespace, name, vip, ports, backends }: ServiceSeed): Draft<Service> {
  const named = ports.map(({ protocol, port, targetPort }) => ({
    name: `${protocol}-${port}`,
    protocol: protocol === 'udp' ? ('UDP' as const) : ('TCP' as const),
    port,
    targetPort,
  }))
  return {
    metadata: { namespace, name },
    spec: { type: 'LoadBalancer', loadBalancerIP: vip, externalTrafficPolicy: 'Cluster', ports: named, endpoints: backends },
    status: { loadBalancer: { ingress: [{ ip: vip }] } },
  }
}

/** R27: the ingress VIP is always announced, whether or not its Service was described. */
function withIngress(cluster: ClusterModel, services: readonly ServiceSeed[]): readonly ServiceSeed[] {
  const described = services.some((each) => isIngress(each) || each.vip === cluster.ingressVip)
  if (cluster.ingressVip === undefined || described || cluster.type === 'admin') return services
  return [...services, { ...INGRESS, vip: cluster.ingressVip, ports: [], backends: [] }]
}

interface SeededDocument {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: {
    readonly name?: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
}

/** Labels and annotations as the owner wrote them: what is applied again unchanged is unchanged. */
function ownMetadata(document: unknown) {
  const { labels, annotations } = (document as SeededDocument | undefined)?.metadata ?? {}
  return { ...(labels !== undefined && { labels }), ...(annotations !== undefined && { annotations }) }
}

function seedDocument(world: World, store: Store, types: readonly ResourceType[], document: unknown, namespace: string) {
  const { apiVersion, kind, metadata, spec } = (document ?? {}) as SeededDocument
  const type = types.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion)
  if (type === undefined || type === NETWORK_GATEWAY || type === BGP_LOAD_BALANCER || metadata?.name === undefined) return
  const { name } = metadata
  const result = store.upsert(type, { metadata: { ...ownMetadata(document), name, namespace: metadata.namespace ?? namespace }, spec })
  if (!result.ok)
    world.events.emit({
      type: 'log',
      device: world.name,
      level: 'warning',
      message: `${kind} ${name} is not stored: ${result.error.message}`,
    })
}
