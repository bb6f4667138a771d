/** The file's kinds read one by one, each value with its place: what the checks across documents work on. */
import { type AddressRange, check, type Diagnostic, isMapping, type Path, type Place, placeIn } from '../../model/index.ts'
import type { Identified } from './identify.ts'
import {
  type BgpPeerSpec,
  bgpPeerSpec,
  type ClusterSpec,
  clusterSpec,
  type GatewaySpec,
  gatewaySpec,
  type LoadBalancerSpec,
  loadBalancerSpec,
  type NodePoolSpec,
  nodePoolKindSpec,
  selectingLoadBalancerSpec,
} from './schemas.ts'

/** A value of the file, and where to report about it. */
export interface Located<T> {
  readonly value: T
  readonly place: Place
}

export interface PeerDraft {
  readonly ip: Located<string>
  readonly asn: Located<number> | undefined
  /** Of the control plane's peers only. */
  readonly nodes: readonly Located<string>[] | undefined
  readonly sessions: number | undefined
  readonly place: Place
}

export interface PoolDraft {
  readonly name: string
  readonly ranges: readonly Located<AddressRange>[]
}

export interface ClusterDraft {
  readonly source: Identified
  readonly spec: ClusterSpec
  readonly specPlace: Place
  readonly balancerPlace: Place
  readonly localAsn: Located<number> | undefined
  readonly peers: readonly PeerDraft[]
  readonly cpNodes: readonly Located<string>[]
  /** `undefined` where the file has no `nodePoolSpec` (R21). */
  readonly lbNodes: readonly Located<string>[] | undefined
  readonly cpVip: Located<string> | undefined
  readonly ingressVip: Located<string> | undefined
  readonly pools: readonly PoolDraft[]
}

export interface GatewayDraft {
  readonly source: Identified
  readonly place: Place
  readonly floatingIPs: readonly Located<string>[]
}

export interface BalancerDraft {
  readonly source: Identified
  readonly place: Place
  readonly localAsn: Located<number> | undefined
  readonly peers: readonly PeerDraft[]
  /** Later releases: the peers are BGPPeer objects with these labels. */
  readonly selector: Readonly<Record<string, string>> | undefined
}

type Sink = (d: Diagnostic) => void

export function readCluster(source: Identified, sink: Sink): ClusterDraft {
  const spec = specOf<ClusterSpec>(source, clusterSpec, sink) ?? {}
  const specPlace = placeIn(source.document, ['spec'], sink)
  const place = specPlace.child('loadBalancer')
  const balancer = spec.loadBalancer ?? {}
  const addresses = (nodes: readonly ({ readonly address?: string } | undefined)[] | undefined, at: Place) =>
    located(nodes, at).flatMap((node) => one(node.value.address, node.place.child('address')) ?? [])
  const balancerNodes = balancer.nodePoolSpec?.nodes
  return {
    source,
    spec,
    specPlace,
    balancerPlace: place,
    localAsn: one(balancer.localASN, place.child('localASN')),
    peers: located(balancer.bgpPeers, place.child('bgpPeers')).flatMap(({ value, place: at }) => {
      const ip = one(value.ip, at.child('ip'))
      const nodes = value.controlPlaneNodes && located(value.controlPlaneNodes, at.child('controlPlaneNodes'))
      return ip ? [{ ip, asn: one(value.asn, at.child('asn')), nodes, sessions: undefined, place: at }] : []
    }),
    cpNodes: addresses(spec.controlPlane?.nodePoolSpec?.nodes, specPlace.child('controlPlane').child('nodePoolSpec').child('nodes')),
    lbNodes: balancerNodes && addresses(balancerNodes, place.child('nodePoolSpec').child('nodes')),
    cpVip: one(balancer.vips?.controlPlaneVIP, place.child('vips').child('controlPlaneVIP')),
    ingressVip: one(balancer.vips?.ingressVIP, place.child('vips').child('ingressVIP')),
    pools: located(balancer.addressPools, place.child('addressPools')).map(({ value, place: at }) => ({
      name: value.name ?? '?',
      ranges: located(value.addresses, at.child('addresses')) as readonly Located<AddressRange>[],
    })),
  }
}

export function readGateway(source: Identified, sink: Sink): GatewayDraft {
  const spec = specOf<GatewaySpec>(source, gatewaySpec, sink)
  const place = placeIn(source.document, ['spec', 'floatingIPs'], sink)
  return { source, place, floatingIPs: located(spec?.floatingIPs, place) }
}

export function readBalancer(source: Identified, sink: Sink): BalancerDraft {
  const root = nestedUnderBgp(source, sink)
  if (root.length === 1 && 'peerSelector' in writtenSpec(source)) {
    const spec = specOf<{ localASN?: number; peerSelector?: Record<string, string> }>(source, selectingLoadBalancerSpec, sink)
    const place = placeIn(source.document, ['spec'], sink)
    return { source, place, localAsn: one(spec?.localASN, place.child('localASN')), peers: [], selector: spec?.peerSelector ?? {} }
  }
  const spec = specOf<LoadBalancerSpec>(source, loadBalancerSpec, sink, root)
  const place = placeIn(source.document, root, sink)
  return {
    source,
    place,
    localAsn: one(spec?.localASN, place.child('localASN')),
    selector: undefined,
    peers: located(spec?.peers, place.child('peers')).flatMap(({ value, place: at }) => {
      const ip = one(value.peerIP, at.child('peerIP'))
      return ip ? [{ ip, asn: one(value.peerASN, at.child('peerASN')), nodes: undefined, sessions: value.sessions, place: at }] : []
    }),
  }
}

/** A later release's BGPPeer, as one peer of the balancer that selects it, with its own AS number. */
export function readBgpPeer(source: Identified, sink: Sink): (PeerDraft & { readonly localAsn: Located<number> | undefined }) | undefined {
  const spec = specOf<BgpPeerSpec>(source, bgpPeerSpec, sink)
  const place = placeIn(source.document, ['spec'], sink)
  const ip = one(spec?.peerIP, place.child('peerIP'))
  if (ip === undefined) return undefined
  const localAsn = one(spec?.localASN, place.child('localASN'))
  return { ip, asn: one(spec?.peerASN, place.child('peerASN')), nodes: undefined, sessions: spec?.sessions, place, localAsn }
}

export function readNodePool(
  source: Identified,
  sink: Sink,
): { readonly clusterName: Located<string> | undefined; readonly nodes: readonly Located<string>[] } {
  const spec = specOf<NodePoolSpec>(source, nodePoolKindSpec, sink)
  const place = placeIn(source.document, ['spec'], sink)
  const nodes = located(spec?.nodes, place.child('nodes')).flatMap((node) => one(node.value.address, node.place.child('address')) ?? [])
  return { clusterName: one(spec?.clusterName, place.child('clusterName')), nodes }
}

/** The spec as the file has it, before any schema; empty where it is no mapping. */
function writtenSpec(source: Identified): Readonly<Record<string, unknown>> {
  const { spec } = source.document.value as { readonly spec?: unknown }
  return isMapping(spec) ? spec : {}
}

/** The third example has `spec.bgp.{localASN,peers}` for `spec.{localASN,peers}`: said once, and read all the same. */
function nestedUnderBgp(source: Identified, sink: Sink): Path {
  const spec = writtenSpec(source)
  if (!isMapping(spec.bgp) || 'localASN' in spec || 'peers' in spec) return ['spec']
  placeIn(source.document, ['spec', 'bgp'], sink).report({
    code: 'spec-bgp',
    message: '`spec.bgp` is not a field, although an example of the documentation has it: the peers in it are not seen (R29)',
    suggestion: 'move localASN and peers up, directly under spec',
    onKey: true,
  })
  return ['spec', 'bgp']
}

function specOf<T>(source: Identified, schema: Parameters<typeof check>[0], sink: Sink, root: Path = ['spec']): T | undefined {
  const { document } = source
  const spec = (document.value as { readonly spec?: unknown }).spec
  if (spec === undefined || spec === null) {
    const onKey = spec === null
    const at = placeIn(document, onKey ? ['spec'] : [], sink)
    at.report({ code: 'missing', message: `${onKey ? 'is empty' : '`spec` is missing'}; ${source.kind.kind} needs it`, onKey })
    return undefined
  }
  const { partial, diagnostics } = check(schema, document, root)
  diagnostics.forEach(sink)
  return partial as T | undefined
}

function one<T>(value: T | undefined, place: Place): Located<T> | undefined {
  return value === undefined ? undefined : { value, place }
}

/** The valid items of a list, each at its own index. */
function located<T>(items: readonly (T | undefined)[] | undefined, place: Place): Located<T>[] {
  return (items ?? []).flatMap((value, index) => (value === undefined ? [] : [{ value, place: place.child(index) }]))
}
