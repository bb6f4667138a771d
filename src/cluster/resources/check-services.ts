/** What services need: floating IPs and external peers, and how many (R2, R13, R16, R18, R19, R27–R29). */
import type { Path } from '../../model/index.ts'
import { checkAsns, checkReserved, checkTwice } from './check-control-plane.ts'
import type { BalancerDraft, ClusterDraft, GatewayDraft } from './draft.ts'
import type { Identified } from './identify.ts'

/** R16, R18, R19, R28, R29, and R2 for admin clusters. */
export function checkServices(
  cluster: ClusterDraft,
  gateway: GatewayDraft | undefined,
  balancer: BalancerDraft | undefined,
  broken: boolean,
): void {
  const root = cluster.source.place
  if (cluster.spec.type === 'admin') {
    for (const extra of [gateway, balancer]) {
      const message = 'an admin cluster has control-plane load balancing only: this is not used (R2)'
      extra?.source.place.report({ severity: 'warning', code: 'admin-cluster', message, suggestion: 'remove it from this cluster' })
    }
    return
  }
  if (gateway === undefined && !broken) {
    root.report({
      code: 'no-gateway',
      message: 'no AnthosNetworkGateway in this file: services have no floating IP (R16, R28)',
      suggestion: 'add one with spec.floatingIPs',
    })
  }
  if (balancer === undefined && !broken) {
    root.report({
      code: 'no-load-balancer',
      message: 'no BGPLoadBalancer in this file: services have no peer (R19, R29)',
      suggestion: 'add one with spec.localASN and spec.peers',
    })
  }
  if (gateway !== undefined) {
    const written = writtenList(gateway.source, ['spec', 'floatingIPs'])
    const count = new Set(gateway.floatingIPs.map((fip) => fip.value)).size
    if (written === 0)
      gateway.place.report({
        code: 'no-floating-ip',
        message: 'no floating IP: at least one is needed, two are recommended (R16)',
        suggestion: "add a free address of a node's subnet",
        onKey: true,
      })
    else if (written === 1 && count === 1) {
      const message = 'one floating IP only: one session with each peer, none while it moves; two are recommended (R16, R18)'
      gateway.place.report({
        severity: 'warning',
        code: 'one-floating-ip',
        message,
        suggestion: 'add a second one, in another subnet where there is one',
        onKey: true,
      })
    }
  }
  if (balancer !== undefined) {
    const at = balancer.selector ? balancer.place.child('peerSelector') : balancer.place.child('peers')
    const written = balancer.selector ? balancer.peers.length : writtenList(balancer.source, at.path)
    if (written === 0)
      at.report({
        code: 'no-peers',
        message: 'no external peer for services (R19)',
        suggestion: 'add a peer (peerIP, peerASN)',
        onKey: true,
      })
    else if (written === 1 && balancer.peers.length === 1) {
      at.report({
        severity: 'warning',
        code: 'one-peer',
        message: 'one external peer only; two are recommended (R19)',
        suggestion: 'add a second peer',
        onKey: true,
      })
    }
    checkReserved(balancer.localAsn)
    checkAsns(balancer.peers, balancer.localAsn ?? cluster.localAsn)
    checkTwice(balancer.peers)
    const { localAsn } = balancer
    if (localAsn !== undefined && cluster.localAsn !== undefined && localAsn.value !== cluster.localAsn.value) {
      const message = `AS ${localAsn.value} here, AS ${cluster.localAsn.value} in the Cluster: the cluster is one AS (R1)`
      localAsn.place.report({ severity: 'warning', code: 'local-asn-differs', message, suggestion: `write ${cluster.localAsn.value}` })
    }
  }
  if (cluster.ingressVip === undefined && cluster.spec.loadBalancer?.vips?.controlPlaneVIP !== undefined) {
    const written = (cluster.source.document.value as { spec: { loadBalancer: { vips: Record<string, unknown> } } }).spec.loadBalancer.vips
    if (written.ingressVIP === undefined || written.ingressVIP === null) {
      const at = cluster.balancerPlace.child('vips')
      at.report({
        severity: 'warning',
        code: 'no-ingress-vip',
        message: 'no ingressVIP: gke-system/istio-ingress gets any address of the pools (R27)',
        suggestion: 'add ingressVIP: an address of the pools',
        onKey: true,
      })
    }
  }
}

/** How many entries a list of the file has, valid or not; -1 where it is no list (which was reported). */
function writtenList(source: Identified, path: Path): number {
  let value: unknown = source.document.value
  for (const segment of path) value = (value as Record<string | number, unknown> | null | undefined)?.[segment]
  return Array.isArray(value) ? value.length : -1
}
