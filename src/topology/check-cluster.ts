import type { ClusterModel } from '../cluster/resources/model.ts'
import { type Diagnostic, diagnose, nearest, type YamlDocument } from '../model/index.ts'
import { rackOf } from './addressing.ts'
import type { TopologyFile } from './file.ts'
import { peeringAddresses } from './neighbors.ts'

/** What only shows when both files are known: nodes without a machine, peers without a router. */
export function checkAgainstCluster(
  file: TopologyFile,
  document: YamlDocument,
  model: ClusterModel,
  initialPlacement: Readonly<Record<string, string>>,
): Diagnostic[] {
  const found: Diagnostic[] = []
  const machines = Object.values(file.nodes)
  for (const node of model.nodes) {
    if (machines.includes(node.address)) continue
    const meant = nearest(node.address, machines)
    found.push(
      diagnose(document, ['nodes'], {
        code: 'node-without-machine',
        message: `the cluster file names the node ${node.address}, and no machine here has that address`,
        suggestion:
          meant === undefined ? `add a node with ${node.address}` : `add a node with ${node.address}; did you mean ${meant} there?`,
        onKey: true,
      }),
    )
  }
  for (const [name, address] of Object.entries(file.nodes)) {
    if (model.nodes.some((node) => node.address === address)) continue
    found.push(
      diagnose(document, ['nodes', name], {
        severity: 'warning',
        code: 'machine-without-node',
        message: `${name} (${address}) is in no node pool of the cluster file`,
        suggestion: 'add it to a NodePool, or remove the machine',
      }),
    )
  }
  const peers = new Map(
    Object.keys(file.routers).flatMap((name) => peeringAddresses(file, name).map((address) => [address, name] as const)),
  )
  const wanted = new Map([
    ...model.cpPeers.map((peer) => [peer.ip, peer.asn] as const),
    ...model.servicePeers.map((peer) => [peer.peerIP, peer.peerASN] as const),
  ])
  for (const [peer, asn] of wanted) {
    const router = peers.get(peer)
    if (router === undefined) {
      found.push(
        diagnose(document, ['routers'], {
          code: 'peer-without-router',
          message: `the cluster peers with ${peer}, and no router here has that address`,
          suggestion: `give a router the loopback ${peer}; known: ${[...peers.keys()].join(', ')}`,
          onKey: true,
        }),
      )
    } else if (file.routers[router]!.asn !== asn) {
      found.push(
        diagnose(document, ['routers', router, 'asn'], {
          severity: 'warning',
          code: 'asn-differs',
          message: `${router} is in AS ${file.routers[router]!.asn}, and the cluster expects AS ${asn} at ${peer}: the session will fail with NOTIFICATION 2/2`,
          suggestion: 'make the two agree',
        }),
      )
    }
  }
  for (const address of Object.keys(initialPlacement)) {
    if (model.floatingIPs.includes(address)) continue
    const meant = nearest(address, model.floatingIPs)
    found.push(
      diagnose(document, ['initialPlacement'], {
        code: 'no-floating-ip',
        message: `${address} is no floating IP of the cluster`,
        suggestion: meant === undefined ? `known: ${model.floatingIPs.join(', ')}` : `did you mean ${meant}?`,
      }),
    )
  }
  for (const address of model.floatingIPs) {
    if (rackOf(file, address) === undefined)
      found.push(
        diagnose(document, ['racks'], {
          code: 'floating-ip-outside',
          message: `the floating IP ${address} is in no rack`,
          suggestion: `racks: ${Object.values(file.racks).join(', ')}`,
          onKey: true,
        }),
      )
  }
  return found
}
