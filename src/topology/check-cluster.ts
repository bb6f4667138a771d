import type { ClusterModel } from '../cluster/resources/model.ts'
import { type Diagnostic, diagnose, isMapping, nearest, type Path, type YamlDocument } from '../model/index.ts'
import { gateways, rackOf, rackPorts, routerLinks } from './addressing.ts'
import type { TopologyFile } from './file.ts'
import { peeringAddresses } from './neighbors.ts'
import { clusterPeering } from './peering.ts'

/** What only shows when both files are known: nodes without a machine, peers without a router. */
export function checkAgainstCluster(
  file: TopologyFile,
  document: YamlDocument,
  clusterDocuments: readonly YamlDocument[],
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
  found.push(...unreachablePeers(file, document, model, peers))
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
  const infrastructure = new Map([
    ...gateways(file).map(({ address, rack }) => [address, `the gateway of ${rack}`] as const),
    ...rackPorts(file).map(({ address, router, rack }) => [address, `${router} in ${rack}`] as const),
  ])
  for (const address of model.floatingIPs) {
    const owner = infrastructure.get(address)
    if (owner === undefined) continue
    const listed = floatingIpIn(clusterDocuments, address) ?? { document, path: ['racks'] }
    found.push(
      diagnose(listed.document, listed.path, {
        code: 'floating-ip-is-router',
        message: `the floating IP ${address} is the address of ${owner}: the node that holds it would take its traffic`,
        suggestion: 'give another address of the rack',
      }),
    )
  }
  return found
}

/** Where the cluster's own file lists it, in either generation's gateway. */
function floatingIpIn(
  documents: readonly YamlDocument[],
  address: string,
): { readonly document: YamlDocument; readonly path: Path } | undefined {
  for (const document of documents) {
    const { kind, spec } = isMapping(document.value) ? document.value : {}
    if (kind !== 'AnthosNetworkGateway' && kind !== 'NetworkGatewayGroup') continue
    const listed = isMapping(spec) && Array.isArray(spec.floatingIPs) ? spec.floatingIPs.indexOf(address) : -1
    if (listed >= 0) return { document, path: ['spec', 'floatingIPs', listed] }
  }
  return undefined
}

/** A peer that no link leads to from a rack whose addresses have a session with it. */
function unreachablePeers(
  file: TopologyFile,
  document: YamlDocument,
  model: ClusterModel,
  peers: ReadonlyMap<string, string>,
): Diagnostic[] {
  const found: Diagnostic[] = []
  const seen = new Set<string>()
  for (const { localIP, peerIP } of clusterPeering(model).sessions) {
    const rack = rackOf(file, localIP)?.name
    const router = peers.get(peerIP)
    if (rack === undefined || router === undefined || seen.has(`${rack} ${router}`)) continue
    seen.add(`${rack} ${router}`)
    if (reachedFrom(file, rack).has(router)) continue
    found.push(
      diagnose(document, ['routers', router], {
        code: 'peer-unreachable',
        message: `no route leads from ${rack} to ${peerIP}: ${router} has no link to a router of that rack, so ${localIP} never has a session with it`,
        suggestion: `let ${router} stand in ${rack}, or connect it (connects) to a router that reaches it`,
        onKey: true,
      }),
    )
  }
  return found
}

/** The routers that stand in a rack, and those that links and other racks lead to from there. */
function reachedFrom(file: TopologyFile, rack: string): ReadonlySet<string> {
  const ports = rackPorts(file)
  const links = routerLinks(file)
  const reached = new Set(ports.filter((port) => port.rack === rack).map((port) => port.router))
  // A set's iteration meets what is added to it meanwhile.
  for (const router of reached) {
    for (const { a, b } of links) {
      if (a.router === router) reached.add(b.router)
      if (b.router === router) reached.add(a.router)
    }
    const racks = ports.filter((port) => port.router === router).map((port) => port.rack)
    for (const port of ports) if (racks.includes(port.rack)) reached.add(port.router)
  }
  return reached
}
