/** The control plane: annotation, type, AS numbers, and who peers with whom (R1, R11–R13, R24–R26). */
import { nearest } from '../../model/index.ts'
import type { ClusterDraft, Located, PeerDraft } from './draft.ts'
import { GATEWAY_ANNOTATION } from './schemas.ts'

export function checkControlPlane(cluster: ClusterDraft): void {
  checkGatewayEnabled(cluster)
  checkType(cluster)
  checkPeers(cluster)
  checkNodes(cluster)
}

/** Why sessions that the file describes do not come up; absent where they do. */
export function sessionsOff(cluster: ClusterDraft): { readonly controlPlane?: string; readonly services?: string } | undefined {
  const { mode, type } = cluster.spec.loadBalancer ?? {}
  const reason = mode === 'manual' ? 'mode is manual (R25)' : type === 'bgp' ? undefined : 'the load balancer is not of type bgp (R25)'
  if (reason !== undefined) return { controlPlane: reason, services: reason }
  if (cluster.source.annotations[GATEWAY_ANNOTATION] === 'true' || advancedNetworking(cluster) === true) return undefined
  return { services: 'the gateway controller is off, so no floating IP is assigned (R24)' }
}

/** What the field says that enables the gateway in later releases, whatever its type. */
function advancedNetworking({ source }: ClusterDraft): unknown {
  const { spec } = source.document.value as { spec?: { clusterNetwork?: { advancedNetworking?: unknown } | null } | null }
  return spec?.clusterNetwork?.advancedNetworking
}

function checkGatewayEnabled(cluster: ClusterDraft): void {
  const { annotations, place } = cluster.source
  const value = annotations[GATEWAY_ANNOTATION]
  const written = advancedNetworking(cluster)
  const advanced = written === true
  if (written !== undefined && written !== null && typeof written !== 'boolean')
    cluster.specPlace
      .child('clusterNetwork')
      .child('advancedNetworking')
      .report({
        code: 'not-a-boolean',
        message: `must be true or false, not the ${typeof written} ${JSON.stringify(written)}: Kubernetes refuses the resource`,
        suggestion: 'write advancedNetworking: true',
      })
  const suggestion = `write ${GATEWAY_ANNOTATION}: "true"`
  const at = place.child('metadata')
  if (value === undefined || value === null) {
    if (advanced || cluster.spec.type === 'admin') return
    const near = nearest(GATEWAY_ANNOTATION, Object.keys(annotations))
    if (near !== undefined) {
      const message = 'is not the annotation that enables the network gateway (R24)'
      at.child('annotations').child(near).report({ code: 'annotation-missing', message, suggestion, onKey: true })
      return
    }
    at.report({
      severity: 'warning',
      code: 'annotation-missing',
      message: `no annotation ${GATEWAY_ANNOTATION}: "true" (R24): the gateway controller is off, so no floating IP is assigned`,
      suggestion: 'add it under metadata.annotations',
    })
  } else if (value !== 'true') {
    const message =
      typeof value === 'string'
        ? `is ${JSON.stringify(value)}: the gateway controller is off (R24)`
        : `must be the string "true", not the ${typeof value} ${JSON.stringify(value)}: Kubernetes refuses the resource (R24)`
    at.child('annotations').child(GATEWAY_ANNOTATION).report({ code: 'annotation-value', message, suggestion })
  }
}

function checkType(cluster: ClusterDraft): void {
  const { spec, balancerPlace } = cluster
  const balancer = spec.loadBalancer
  // A type that is there and unreadable has been reported already.
  if (balancer === undefined || writes(cluster, 'type') !== (balancer.type !== undefined)) return
  if (balancer.mode === 'manual') {
    const message = 'mode manual leaves load balancing to the network; there is nothing of BGP to rehearse (R25)'
    balancerPlace.child('mode').report({ code: 'not-bundled', message, suggestion: 'write mode: bundled' })
  }
  if (balancer.mode === undefined && !writes(cluster, 'mode')) {
    const message = '`mode` is missing: only the bundled load balancer speaks BGP (R25)'
    balancerPlace.report({ severity: 'warning', code: 'no-mode', message, suggestion: 'write mode: bundled', onKey: true })
  }
  if (balancer.type === 'bgp') return
  const absent = balancer.type === undefined
  const beside = cluster.peers.length > 0 || cluster.localAsn !== undefined ? ' beside bgpPeers, which are then not used' : ''
  const at = absent ? balancerPlace : balancerPlace.child('type')
  const message = absent ? `\`type\` is absent, so it is layer2${beside} (R25)` : `type layer2${beside} (R25)`
  at.report({ code: 'not-bgp', message, suggestion: 'write type: bgp' })
}

function checkPeers(cluster: ClusterDraft): void {
  const { peers, localAsn, balancerPlace } = cluster
  if (cluster.spec.loadBalancer === undefined) return
  if (localAsn === undefined && !writes(cluster, 'localASN') && !writes(cluster, 'controlPlaneBGP')) {
    const message = '`localASN` is missing (R26)'
    balancerPlace.report({ code: 'missing', message, suggestion: 'add localASN: an AS number from 1 to 4294967295' })
  }
  if (peers.length === 0 && !hasEntries(cluster, 'bgpPeers') && !writes(cluster, 'controlPlaneBGP')) {
    balancerPlace.report({
      code: 'no-peers',
      message: 'no `bgpPeers`: no control-plane node has a peer (R11)',
      suggestion: 'add a peer (ip, asn)',
    })
  } else if (new Set(peers.map((peer) => peer.ip.value)).size === 1 && !hasEntries(cluster, 'bgpPeers', 2)) {
    balancerPlace.child('bgpPeers').report({
      severity: 'warning',
      code: 'one-peer',
      message: 'one control-plane peer only; two or more are recommended (R13)',
      suggestion: 'add a second peer',
      onKey: true,
    })
  }
  checkReserved(localAsn)
  checkAsns(peers, localAsn)
  checkTwice(peers)
}

/** Numbers of no AS (RFC 7607, 6793 §9, 7300). */
const RESERVED: Readonly<Record<number, string>> = {
  23456: 'stands for a number of four octets where a speaker has only two (AS_TRANS)',
  65535: 'is reserved, the last of two octets',
  4294967295: 'is reserved, the last of four octets',
}

export function checkReserved(asn: Located<number> | undefined): void {
  const why = asn === undefined ? undefined : RESERVED[asn.value]
  if (asn === undefined || why === undefined) return
  const message = `AS ${asn.value} ${why}: no network has it, and routers refuse it`
  asn.place.report({ code: 'reserved-asn', message, suggestion: 'give the AS number, private ones are 64512 to 65534 and from 4200000000' })
}

/** R1. */
export function checkAsns(peers: readonly PeerDraft[], localAsn: Located<number> | undefined): void {
  for (const { asn } of peers) checkReserved(asn)
  for (const { asn, ip } of peers) {
    if (asn === undefined || asn.value !== localAsn?.value) continue
    const message = `peer ${ip.value} is in the cluster's own AS ${asn.value}: iBGP is not supported (R1)`
    asn.place.report({ code: 'ibgp-unsupported', message, suggestion: "give the peer's AS number, which differs from localASN" })
  }
}

export function checkTwice(peers: readonly PeerDraft[]): void {
  const seen = new Map<string, PeerDraft>()
  for (const peer of peers) {
    const before = seen.get(peer.ip.value)
    seen.set(peer.ip.value, before ?? peer)
    if (before === undefined) continue
    const differs = before.asn !== undefined && peer.asn !== undefined && before.asn.value !== peer.asn.value
    // Two entries for one peer with a list of nodes each say no more than one entry with both lists.
    const split = before.nodes !== undefined && peer.nodes !== undefined
    peer.ip.place.report({
      severity: differs || !split ? 'error' : 'warning',
      code: 'peer-twice',
      message: differs
        ? `peer ${peer.ip.value} is listed with AS ${before.asn!.value} and with AS ${peer.asn!.value}`
        : `peer ${peer.ip.value} is listed twice`,
      suggestion: split ? 'list it once, with all its nodes' : 'remove one',
    })
  }
}

/** R11, R12. */
function checkNodes(cluster: ClusterDraft): void {
  const { cpNodes, peers } = cluster
  const names = cpNodes.map((node) => node.value)
  const known = new Set(names)
  const served = (node: string) => peers.some((peer) => peer.nodes === undefined || peer.nodes.some((each) => each.value === node))
  const orphans = peers.length === 0 ? [] : cpNodes.filter((node) => !served(node.value))
  for (const peer of known.size === 0 ? [] : peers) {
    const listed = new Set<string>()
    for (const { value, place } of peer.nodes ?? []) {
      if (listed.has(value)) {
        place.report({
          severity: 'warning',
          code: 'node-twice',
          message: `${value} is listed twice for peer ${peer.ip.value}`,
          suggestion: 'remove one',
        })
      }
      listed.add(value)
      if (known.has(value)) continue
      // A node without a peer is the likelier one to have been meant.
      const meant =
        nearest(
          value,
          orphans.map((node) => node.value),
        ) ??
        nearest(
          value,
          names.filter((name) => !listed.has(name)),
        )
      const suggestion = meant === undefined ? `control-plane nodes: ${names.join(', ')}` : `did you mean ${meant}?`
      place.report({ code: 'not-a-control-plane-node', message: `${value} is not a control-plane node (R12)`, suggestion })
    }
    if (peer.nodes?.length === 0) {
      const at = peer.place.child('controlPlaneNodes')
      at.report({
        severity: 'warning',
        code: 'empty-list',
        message: 'an empty list: no node peers with it (R12)',
        suggestion: 'remove the field',
      })
    }
  }
  for (const { value, place } of orphans) {
    const suggestion = "add it to a peer's controlPlaneNodes, or leave the list out so that every node peers with it"
    place.report({ code: 'cp-node-without-peer', message: `control-plane node ${value} is left without any peer (R11)`, suggestion })
  }
  if (cpNodes.length === 0 && writesNoNodes(cluster)) {
    const at = cluster.specPlace
    at.report({ code: 'no-cp-nodes', message: 'no control-plane nodes', suggestion: 'add controlPlane.nodePoolSpec.nodes[].address' })
  }
}

function writtenBalancer(cluster: ClusterDraft): Readonly<Record<string, unknown>> {
  const document = cluster.source.document.value as { spec?: { loadBalancer?: Record<string, unknown> } }
  return document.spec?.loadBalancer ?? {}
}

function writes(cluster: ClusterDraft, field: string): boolean {
  const value = writtenBalancer(cluster)[field]
  return value !== undefined && value !== null
}

function hasEntries(cluster: ClusterDraft, field: string, count = 1): boolean {
  const value = writtenBalancer(cluster)[field]
  return Array.isArray(value) ? value.length >= count : value !== undefined && value !== null
}

/** True where the list is there and empty: a missing list, and nodes that could not be read, have been reported. */
function writesNoNodes(cluster: ClusterDraft): boolean {
  const document = cluster.source.document.value as { spec?: { controlPlane?: { nodePoolSpec?: { nodes?: unknown } } } }
  const nodes = document.spec?.controlPlane?.nodePoolSpec?.nodes
  return Array.isArray(nodes) && nodes.length === 0
}
