/** Peers' addresses: that they are somebody's, and can be reached by a route at all. */
import { inRange } from '../../model/index.ts'
import { formatPrefix, ipv4 } from '../../net/index.ts'
import { isEdge, type NodeSubnets } from './check-addresses.ts'
import type { BalancerDraft, ClusterDraft, GatewayDraft } from './draft.ts'
import { nowhere } from './nowhere.ts'

export function checkPeerAddresses(
  cluster: ClusterDraft,
  gateway: GatewayDraft | undefined,
  balancer: BalancerDraft | undefined,
  nodes: ReadonlySet<string>,
  subnets: NodeSubnets,
): void {
  const floatingIPs = new Set(gateway?.floatingIPs.map((fip) => fip.value))
  for (const peer of [...cluster.peers, ...(balancer?.peers ?? [])]) {
    const { value, place } = peer.ip
    const why = nowhere(value)
    const edge = subnets.prefixes.find((each) => isEdge(each, value))
    const pool = cluster.pools.find((each) => each.ranges.some((range) => inRange(range.value, ipv4(value))))
    const suggestion = "give the router's own address"
    if (why !== undefined) place.report({ code: 'peer-unreachable', message: `no session with ${value}: it ${why}`, suggestion })
    else if (nodes.has(value)) {
      const message = `peer ${value} is a node's own address: the session would not leave the cluster`
      place.report({ code: 'peer-is-node', message, suggestion })
    } else if (floatingIPs.has(value)) {
      const message = `peer ${value} is a floating IP of the cluster: the session would not leave it`
      place.report({ code: 'peer-is-floating-ip', message, suggestion })
    } else if (edge !== undefined) {
      const severity = subnets.assumed ? 'warning' : 'error'
      const message = `peer ${value} is the network or broadcast address of ${formatPrefix(edge)}: nobody answers there`
      place.report({ severity, code: 'peer-unreachable', message, suggestion })
    } else if (pool !== undefined || value === cluster.cpVip?.value) {
      const what = pool === undefined ? 'the control-plane VIP' : `in pool ${pool.name}`
      const message = `peer ${value} is ${what}: once it is announced, the way to the peer leads into the cluster`
      place.report({ code: 'peer-is-vip', message, suggestion: 'take it out of the VIPs' })
    }
  }
  checkAgree(cluster, balancer)
}

/** A router is in one AS, whoever peers with it. The cluster's own AS at either end has been reported already (R1). */
function checkAgree(cluster: ClusterDraft, balancer: BalancerDraft | undefined): void {
  const known = new Map(cluster.peers.map((peer) => [peer.ip.value, peer.asn?.value]))
  const own = [cluster.localAsn?.value, balancer?.localAsn?.value]
  for (const { ip, asn } of balancer?.peers ?? []) {
    const other = known.get(ip.value)
    if (asn === undefined || other === undefined || other === asn.value || own.includes(other) || own.includes(asn.value)) continue
    asn.place.report({
      code: 'peer-asn-differs',
      message: `peer ${ip.value} is in AS ${asn.value} here and in AS ${other} in bgpPeers: one of the sessions fails with NOTIFICATION 2/2 (Bad Peer AS)`,
      suggestion: 'make the two agree',
    })
  }
}
