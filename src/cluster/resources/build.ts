import { formatPrefix } from '../../net/index.ts'
import type { NodeSubnets } from './check-addresses.ts'
import { sessionsOff } from './check-control-plane.ts'
import type { BalancerDraft, ClusterDraft, GatewayDraft, Located } from './draft.ts'
import type { LoadOptions } from './load.ts'
import { type ClusterModel, type ClusterNode, DEFAULT_GATEWAY_SETTINGS } from './model.ts'

/** What only the documents together say. */
export interface Joined {
  readonly namespace: string
  readonly workers: readonly string[]
  readonly lbNodes: readonly string[]
  readonly everyNode: readonly string[]
  readonly subnets: NodeSubnets
}

/** The drafts as one model; `undefined` while its name, AS number, CP VIP or CP nodes are missing. */
export function modelOf(
  cluster: ClusterDraft,
  gateway: GatewayDraft | undefined,
  balancer: BalancerDraft | undefined,
  joined: Joined,
  options: LoadOptions,
): ClusterModel | undefined {
  const { localAsn, cpVip, ingressVip } = cluster
  const name = cluster.source.name
  if (name === undefined || localAsn === undefined || cpVip === undefined || cluster.cpNodes.length === 0) return undefined
  const names = new Map(options.nodes?.map((node) => [node.address, node.name]))
  const cpNodes = unique(values(cluster.cpNodes))
  const lbNodes = unique(joined.lbNodes)
  const admin = cluster.spec.type === 'admin'
  const off = sessionsOff(cluster)
  return {
    name,
    namespace: joined.namespace,
    type: cluster.spec.type ?? 'standalone',
    localAsn: localAsn.value,
    cpPeers: cluster.peers.flatMap(({ ip, asn, nodes }) =>
      asn ? [{ ip: ip.value, asn: asn.value, ...(nodes && { controlPlaneNodes: values(nodes) }) }] : [],
    ),
    cpVip: cpVip.value,
    cpPort: cluster.spec.loadBalancer?.ports?.controlPlaneLBPort ?? 443,
    ...(ingressVip && { ingressVip: ingressVip.value }),
    pools: cluster.pools.map((pool) => ({ name: pool.name, ranges: pool.ranges.map((range) => range.value) })),
    nodes: joined.everyNode.map(
      (address): ClusterNode => ({
        address,
        name: names.get(address) ?? address,
        controlPlane: cpNodes.includes(address),
        loadBalancer: lbNodes.includes(address),
      }),
    ),
    cpNodes,
    lbNodes,
    workers: unique(joined.workers),
    subnets: joined.subnets.prefixes.map(formatPrefix),
    subnetsAssumed: joined.subnets.assumed,
    floatingIPs: admin ? [] : unique(values(gateway?.floatingIPs ?? [])),
    serviceLocalAsn: balancer?.localAsn?.value ?? localAsn.value,
    servicePeers: admin
      ? []
      : (balancer?.peers ?? []).flatMap(({ ip, asn, sessions }) =>
          asn ? [{ peerIP: ip.value, peerASN: asn.value, ...(sessions !== undefined && { sessions }) }] : [],
        ),
    gateway: { ...DEFAULT_GATEWAY_SETTINGS, ...options.gateway },
    ...(off && { off }),
  }
}

export function values<T>(items: readonly Located<T>[]): T[] {
  return items.map((item) => item.value)
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)]
}
