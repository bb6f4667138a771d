/**
 * The kinds of the customer's file (R24–R29), as schemas of their `spec`. The wider kinds keep what is not listed here; the parts that
 * decide BGP are read closely.
 */
import {
  addressRange,
  asn,
  type DeepPartial,
  type Infer,
  ipv4Address,
  list,
  number,
  type ObjectOptions,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  string,
  withDefault,
} from '../../model/index.ts'

/** R24. */
export const GATEWAY_ANNOTATION = 'baremetal.cluster.gke.io/enable-anthos-network-gateway'

type KnownMistake = NonNullable<ObjectOptions['known']>[number]

/** R7. */
const PASSWORD: KnownMistake = {
  field: /pass(?:word|wd|phrase)|md5|secret|authKey/i,
  finding: {
    code: 'md5-unsupported',
    message: 'MD5 passwords on BGP sessions are not supported (R7)',
    suggestion: 'remove it, here and at the peer',
  },
}

function meant(field: string, right: string): KnownMistake {
  return { field, finding: { code: 'unknown-field', message: 'unknown field', suggestion: `did you mean ${right}?` } }
}

const node = object({ address: ipv4Address }, { open: true, expects: 'a node (address: a.b.c.d)' })
const nodePoolSpec = object({ nodes: list(node) }, { open: 'near-misses' })

const controlPlanePeer = object(
  { ip: ipv4Address, asn, controlPlaneNodes: optional(list(ipv4Address)) },
  { known: [PASSWORD, meant('peerIP', 'ip'), meant('peerASN', 'asn')], expects: 'a peer (ip, asn)' },
)

/** Later releases may say per peer how many sessions they want. */
const servicePeer = object(
  { peerIP: ipv4Address, peerASN: asn, sessions: optional(number({ min: 1 })) },
  { known: [PASSWORD, meant('ip', 'peerIP'), meant('asn', 'peerASN')], expects: 'a peer (peerIP, peerASN)' },
)

const pool = object({ name: string(), addresses: list(addressRange, { min: 1 }) }, { open: 'near-misses', expects: 'an address pool' })

const loadBalancer = object(
  {
    mode: optional(oneOf('bundled', 'manual')),
    type: optional(oneOf('bgp', 'layer2')),
    localASN: optional(asn),
    bgpPeers: optional(list(controlPlanePeer)),
    ports: optional(object({ controlPlaneLBPort: withDefault(number({ min: 1, max: 65535 }), 443) }, { open: 'near-misses' })),
    vips: object({ controlPlaneVIP: ipv4Address, ingressVIP: optional(ipv4Address) }, { open: 'near-misses', expects: 'the VIPs' }),
    addressPools: optional(list(pool)),
    nodePoolSpec: optional(nodePoolSpec),
  },
  {
    open: 'near-misses',
    known: [
      PASSWORD,
      {
        field: 'controlPlaneBGP',
        finding: {
          code: 'control-plane-bgp',
          message: '`controlPlaneBGP` is not a field, although the documentation names it once',
          suggestion: 'put its peers in `bgpPeers` and the AS number in `localASN`, directly under loadBalancer (R26)',
        },
      },
    ],
  },
)

export const clusterSpec = object(
  {
    type: optional(oneOf('admin', 'user', 'hybrid', 'standalone')),
    controlPlane: object({ nodePoolSpec }, { open: 'near-misses', expects: 'the control plane (nodePoolSpec)' }),
    clusterNetwork: optional(object({}, { open: true })),
    loadBalancer,
  },
  { open: 'near-misses', expects: "the cluster's spec" },
)

export const gatewaySpec = object({ floatingIPs: list(ipv4Address) }, { open: 'near-misses', expects: 'a mapping with floatingIPs' })

export const loadBalancerSpec = object(
  { localASN: asn, peers: list(servicePeer) },
  { open: 'near-misses', known: [PASSWORD], expects: 'a mapping with localASN and peers' },
)

/** Later releases: the peers are objects of their own, chosen by label. */
export const selectingLoadBalancerSpec = object(
  { localASN: optional(asn), peerSelector: record(string({ expects: 'a label value' })) },
  { open: 'near-misses', known: [PASSWORD] },
)

export const bgpPeerSpec = object(
  { localASN: asn, peerASN: asn, peerIP: ipv4Address, sessions: optional(number({ min: 1 })) },
  { open: 'near-misses', known: [PASSWORD] },
)

export const nodePoolKindSpec = object({ clusterName: optional(string()), nodes: list(node) }, { open: 'near-misses' })

export type ClusterSpec = DeepPartial<Infer<typeof clusterSpec>>
export type GatewaySpec = DeepPartial<Infer<typeof gatewaySpec>>
export type LoadBalancerSpec = DeepPartial<Infer<typeof loadBalancerSpec>>
export type BgpPeerSpec = DeepPartial<Infer<typeof bgpPeerSpec>>
export type NodePoolSpec = DeepPartial<Infer<typeof nodePoolKindSpec>>

export interface Kind {
  readonly apiVersion: string
  readonly kind: string
  /** Its one permitted name, where it has one (R28, R29). */
  readonly name?: string
  readonly spec: Schema<unknown>
  readonly fields: readonly string[]
}

const BAREMETAL = 'baremetal.cluster.gke.io/v1'
const NETWORKING = 'networking.gke.io'

/** The kinds that are read, both generations; other kinds in a file are kept as they are. */
export const KINDS: readonly Kind[] = [
  { apiVersion: BAREMETAL, kind: 'Cluster', spec: clusterSpec, fields: ['type', 'controlPlane', 'clusterNetwork', 'loadBalancer'] },
  { apiVersion: BAREMETAL, kind: 'NodePool', spec: nodePoolKindSpec, fields: ['clusterName', 'nodes'] },
  { apiVersion: `${NETWORKING}/v1alpha1`, kind: 'AnthosNetworkGateway', name: 'default', spec: gatewaySpec, fields: ['floatingIPs'] },
  { apiVersion: `${NETWORKING}/v1`, kind: 'NetworkGatewayGroup', name: 'default', spec: gatewaySpec, fields: ['floatingIPs'] },
  { apiVersion: `${NETWORKING}/v1alpha1`, kind: 'BGPLoadBalancer', name: 'bgplb', spec: loadBalancerSpec, fields: ['localASN', 'peers'] },
  { apiVersion: `${NETWORKING}/v1`, kind: 'BGPLoadBalancer', spec: selectingLoadBalancerSpec, fields: ['localASN', 'peerSelector'] },
  { apiVersion: `${NETWORKING}/v1`, kind: 'BGPPeer', spec: bgpPeerSpec, fields: ['localASN', 'peerASN', 'peerIP', 'sessions'] },
]
