/**
 * The customer's own file, as pasted → the cluster it describes, and every finding of the file at once.
 */

import { type Diagnostic, inFileOrder, readDocuments, type YamlDocument } from '../../model/index.ts'
import { modelOf, values } from './build.ts'
import { checkFloatingIPs, checkNextHops, checkNodesOnce, checkPools, checkRoom, checkSubnets, nodeSubnets } from './check-addresses.ts'
import { checkControlPlane } from './check-control-plane.ts'
import { checkPeerAddresses } from './check-peers.ts'
import { checkServices } from './check-services.ts'
import {
  type BalancerDraft,
  type ClusterDraft,
  type Located,
  readBalancer,
  readBgpPeer,
  readCluster,
  readGateway,
  readNodePool,
} from './draft.ts'
import { type Identified, identify } from './identify.ts'
import type { ClusterModel, GatewaySettings } from './model.ts'
import { checkUsable } from './nowhere.ts'
import { lostIndentation, removePlaceholders } from './placeholders.ts'
import { seedsOf } from './seeds.ts'
import { separated } from './separators.ts'
import { readServices, type WrittenService } from './services.ts'

export interface LoadOptions {
  /** Names of nodes, from the topology; a node that is not listed is named by its address. */
  readonly nodes?: readonly { readonly address: string; readonly name: string }[]
  /** Subnets of the topology, `a.b.c.d/n`; without them /24 is assumed, and said. */
  readonly subnets?: readonly string[]
  /** Named settings of the gateway that differ from the defaults. */
  readonly gateway?: Partial<GatewaySettings>
}

/** A file of the user's: its name as the user knows it, and its text. */
export interface ClusterFile {
  readonly file: string
  readonly text: string
}

export interface LoadedCluster {
  /** As much as could be read: it may be here although there are errors, so that a check can go on. `hasErrors(diagnostics)` decides. */
  readonly cluster?: ClusterModel
  /** Every document of the file, other kinds included. */
  readonly documents: readonly YamlDocument[]
  /** The resources that the cluster's API is seeded with: Cluster, NodePool, AnthosNetworkGateway, BGPLoadBalancer (later generations turned into these). */
  readonly resources: readonly unknown[]
  /** LoadBalancer Services among the documents. */
  readonly services: readonly WrittenService[]
  /** In file order. */
  readonly diagnostics: readonly Diagnostic[]
}

/** One cluster in one file. Never throws on any text. */
export function loadCluster(file: string, text: string, options: LoadOptions = {}): LoadedCluster {
  return loadClusterFiles([{ file, text }], options)
}

/** One cluster whose documents may lie in several files; at least one file. Never throws on any text. */
export function loadClusterFiles(files: readonly ClusterFile[], options: LoadOptions = {}): LoadedCluster {
  const found: Diagnostic[] = []
  const documents = files.flatMap(({ file, text }) => readFile(file, text, found))
  return loadDocuments(documents, files, found, options)
}

/** One cluster whose documents have been read; `found` is what reading them has found. */
export function loadDocuments(
  documents: readonly YamlDocument[],
  files: readonly { readonly file: string }[],
  found: Diagnostic[],
  options: LoadOptions,
): LoadedCluster {
  const sink = (d: Diagnostic) => void found.push(d)
  const file = files[0]?.file ?? ''
  const broken = documents.some((document) => document.broken)
  const all = documents.flatMap((document) => (document.broken ? [] : (identify(document, sink) ?? [])))
  const of = (...kinds: string[]) => all.filter((each) => kinds.includes(each.kind.kind))

  const sources = of('Cluster')
  const [clusterSource] = onlyOne(sources, 'Cluster')
  const [gatewaySource] = onlyOne(of('AnthosNetworkGateway', 'NetworkGatewayGroup'), 'network gateway')
  const [balancerSource] = onlyOne(of('BGPLoadBalancer'), 'BGPLoadBalancer')
  const cluster = clusterSource && readCluster(clusterSource, sink)
  const gateway = gatewaySource && readGateway(gatewaySource, sink)
  const balancer = balancerSource && withSelectedPeers(readBalancer(balancerSource, sink), of('BGPPeer'), sink)
  const pools = of('NodePool').map((source) => ({ source, ...readNodePool(source, sink) }))

  if (cluster === undefined) {
    if (!broken && !found.some((d) => d.code === 'bad-api-version' || d.code === 'unknown-kind' || d.code === 'not-a-resource')) {
      sink(
        wholeFile(
          file,
          'no-cluster',
          files.length > 1 ? 'no `kind: Cluster` in these files (R24)' : 'no `kind: Cluster` in this file (R24)',
          'add the Cluster document',
        ),
      )
    }
    return { documents, resources: [], services: [], diagnostics: inFileOrder(found) }
  }
  const namespace = namespaceOf(cluster, all)
  const workers = pools.flatMap((pool) => (belongs(pool.clusterName, cluster) ? pool.nodes : []))
  const cpNodes = cluster.cpNodes
  const lbNodes = cluster.lbNodes && cluster.lbNodes.length > 0 ? cluster.lbNodes : cpNodes
  const everyNode = [...new Set([...cpNodes, ...lbNodes, ...workers].map((node) => node.value))]
  const subnets = nodeSubnets(everyNode, options.subnets)

  checkControlPlane(cluster)
  checkNodesOnce([
    { name: 'the control plane', nodes: cpNodes },
    { name: "the load balancer's pool", nodes: cluster.lbNodes ?? [] },
    { name: 'a NodePool', nodes: workers },
  ])
  checkSubnets(cluster, everyNode, subnets, options.subnets)
  checkUsable(cluster, workers)
  checkPools(cluster, gateway, new Set(everyNode), subnets)
  if (gateway !== undefined) checkFloatingIPs(gateway, cluster, new Set(everyNode), subnets)
  checkServices(cluster, gateway, balancer, broken)
  checkPeerAddresses(cluster, gateway, balancer, new Set(everyNode), subnets)
  if (gateway !== undefined) checkRoom(gateway, everyNode, subnets)
  if (balancer !== undefined)
    checkNextHops(
      balancer,
      lbNodes.map((node) => node.value),
      subnets,
    )

  const model = modelOf(
    cluster,
    gateway,
    balancer,
    { namespace, workers: values(workers), lbNodes: values(lbNodes), everyNode, subnets },
    options,
  )
  const resources = seedsOf(all, model)
  const services = readServices(documents, model, sink)
  return { ...(model && { cluster: model }), documents, resources, services, diagnostics: inFileOrder(found) }
}

function readFile(file: string, text: string, found: Diagnostic[]): readonly YamlDocument[] {
  const cleaned = removePlaceholders(file, text)
  const { texts, diagnostics } = separated(file, cleaned.text)
  const parts = texts.map((each) => readDocuments(file, each))
  const documents = parts.flatMap((part) => part.documents).map((document, index) => ({ ...document, index }))
  found.push(...cleaned.diagnostics, ...diagnostics, ...parts.flatMap((part) => part.diagnostics))
  if (documents.some((document) => document.broken)) found.push(...lostIndentation(file, cleaned.text))
  return documents
}

/** R28: `cluster-<name>`; every resource of the cluster lives there. */
function namespaceOf(cluster: ClusterDraft, all: readonly Identified[]): string {
  const { name, namespace, place } = cluster.source
  const usual = `cluster-${name ?? ''}`
  if (namespace !== undefined && name !== undefined && namespace !== usual) {
    const at = place.child('metadata').child('namespace')
    at.report({
      severity: 'warning',
      code: 'unusual-namespace',
      message: `the usual namespace of cluster ${name} is ${usual}; its resources are looked for in ${namespace} (R28)`,
      suggestion: `write namespace: ${usual}`,
    })
  }
  const own = namespace ?? usual
  for (const each of all) {
    if (each.namespace === undefined || each.namespace === own || each.kind.kind === 'Cluster') continue
    const at = each.place.child('metadata').child('namespace')
    const message = `${each.namespace} is not the cluster's namespace: the resource is not seen (R28)`
    at.report({ code: 'wrong-namespace', message, suggestion: `write namespace: ${own}` })
  }
  return own
}

function onlyOne(sources: readonly Identified[], what: string): readonly Identified[] {
  for (const extra of sources.slice(1))
    extra.place.report({ code: 'twice', message: `a second ${what}; a file describes one cluster`, suggestion: 'remove one' })
  return sources
}

/** Later releases: `spec.peerSelector` chooses BGPPeer objects by their labels. */
function withSelectedPeers(balancer: BalancerDraft, sources: readonly Identified[], sink: (d: Diagnostic) => void): BalancerDraft {
  const peers = sources
    .flatMap((source) => {
      const peer = readBgpPeer(source, sink)
      return peer && { source, peer }
    })
    .filter((each) => each !== undefined)
  if (balancer.selector === undefined) return balancer
  const wanted = Object.entries(balancer.selector)
  const isChosen = ({ source }: (typeof peers)[number]) => wanted.every(([key, value]) => source.labels[key] === value)
  for (const { source } of peers.filter((each) => !isChosen(each)))
    source.place.report({
      severity: 'note',
      code: 'peer-not-selected',
      message: `BGPPeer ${source.name ?? ''} has not the labels of the load balancer's peerSelector: no session with it`,
      suggestion: `give it the labels ${wanted.map(([key, value]) => `${key}: ${value}`).join(', ')}, or remove it`,
    })
  const chosen = peers.filter(isChosen).map(({ peer }) => peer)
  return { ...balancer, peers: chosen, localAsn: balancer.localAsn ?? chosen.find((peer) => peer.localAsn)?.localAsn }
}

function belongs(clusterName: Located<string> | undefined, cluster: ClusterDraft): boolean {
  if (clusterName === undefined || cluster.source.name === undefined || clusterName.value === cluster.source.name) return true
  const message = `this node pool belongs to cluster ${clusterName.value}, not to ${cluster.source.name}: its nodes are left out`
  clusterName.place.report({ severity: 'warning', code: 'other-cluster', message, suggestion: `write clusterName: ${cluster.source.name}` })
  return false
}

function wholeFile(file: string, code: string, message: string, suggestion: string): Diagnostic {
  return { severity: 'error', code, file, line: 1, column: 1, path: '', message, suggestion }
}
