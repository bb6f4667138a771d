import type { ClusterModel } from '../../../src/cluster/index.ts'

/** One port, where it does not matter which. */
export const HTTP = { protocol: 'tcp', port: 80, targetPort: 8080 } as const

/** Three nodes over two racks, the document's first example made small: two floating IPs, two peers. */
export function smallCluster(more: Partial<ClusterModel> = {}): ClusterModel {
  const nodes = [
    { name: 'node-04', address: '10.0.1.14', controlPlane: false, loadBalancer: true },
    { name: 'node-05', address: '10.0.1.15', controlPlane: false, loadBalancer: true },
    { name: 'node-06', address: '10.0.2.16', controlPlane: false, loadBalancer: true },
  ]
  return {
    name: 'small',
    namespace: 'cluster-small',
    type: 'user',
    localAsn: 65001,
    cpPeers: [],
    cpVip: '10.0.0.8',
    cpPort: 443,
    pools: [],
    nodes,
    cpNodes: [],
    lbNodes: nodes.map((node) => node.address),
    workers: [],
    subnets: ['10.0.1.0/24', '10.0.2.0/24'],
    subnetsAssumed: false,
    floatingIPs: ['10.0.1.100', '10.0.2.100'],
    serviceLocalAsn: 65001,
    servicePeers: [
      { peerIP: '10.8.0.10', peerASN: 65002 },
      { peerIP: '10.8.0.11', peerASN: 65002 },
    ],
    gateway: { sessions: 2, initialPlacement: { '10.0.1.100': 'node-04' }, massExpiryShare: 0.55, nextHopWithoutAddPath: 'per-vip' },
    ...more,
  }
}
