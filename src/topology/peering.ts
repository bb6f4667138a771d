import type { ClusterModel } from '../cluster/resources/model.ts'
import type { Prepared } from './file.ts'
import type { ClusterPeering } from './neighbors.ts'

/**
 * Every session that may ever exist between the cluster and its peers, and so must be configured on the routers: CP nodes with their peers
 * (R12), and every floating IP with every service peer, whichever of them carries a session at the moment (R19); with what is prepared, also
 * those that may be added later.
 */
export function clusterPeering(model: ClusterModel, prepared: Prepared = {}): ClusterPeering {
  const nameOf = (address: string) => model.nodes.find((node) => node.address === address)?.name ?? address
  const controlPlane = model.cpPeers.flatMap((peer) =>
    (peer.controlPlaneNodes ?? model.cpNodes)
      .filter((node) => model.cpNodes.includes(node))
      .map((node) => ({ localIP: node, localASN: model.localAsn, peerIP: peer.ip, name: `${nameOf(node)} control plane` })),
  )
  const peers = new Set([...model.servicePeers.map((peer) => peer.peerIP), ...(prepared.peers ?? [])])
  const floatingIPs = new Set([...model.floatingIPs, ...(prepared.floatingIPs ?? [])])
  const services = [...peers].flatMap((peerIP) =>
    [...floatingIPs].map((address) => ({
      localIP: address,
      localASN: model.serviceLocalAsn,
      peerIP,
      name: `floating IP ${address}`,
    })),
  )
  return { sessions: [...controlPlane, ...services], nextHops: [...model.lbNodes, ...model.cpNodes] }
}
