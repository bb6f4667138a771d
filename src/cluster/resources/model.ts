import type { AddressRange } from '../../model/index.ts'

/** Everything that the cluster's own files say, read and joined. Addresses are dotted-decimal text. */
export interface ClusterModel {
  readonly name: string
  /** `cluster-<name>`, unless the file says otherwise. */
  readonly namespace: string
  /** R2: an admin cluster gets control-plane load balancing only. */
  readonly type: 'admin' | 'user' | 'hybrid' | 'standalone'
  /** The control plane's AS number (R26). */
  readonly localAsn: number
  readonly cpPeers: readonly ControlPlanePeer[]
  readonly cpVip: string
  readonly cpPort: number
  readonly ingressVip?: string
  readonly pools: readonly AddressPool[]
  /** Every node of the cluster once: control plane, then load balancer, then workers, each in the file's order. */
  readonly nodes: readonly ClusterNode[]
  readonly cpNodes: readonly string[]
  /** R21. */
  readonly lbNodes: readonly string[]
  readonly workers: readonly string[]
  /** Subnets that hold nodes, `a.b.c.d/n`. */
  readonly subnets: readonly string[]
  /** True where nobody gave the masks, and /24 was assumed. */
  readonly subnetsAssumed: boolean
  readonly floatingIPs: readonly string[]
  /** The services' AS number (R29); the control plane's where the file gives none. */
  readonly serviceLocalAsn: number
  readonly servicePeers: readonly ServicePeer[]
  readonly gateway: GatewaySettings
  /** Why a kind of session does not come up although the file describes it: the load balancer is not of type bgp (R25), the gateway is off (R24). */
  readonly off?: { readonly controlPlane?: string; readonly services?: string }
}

export interface ControlPlanePeer {
  readonly ip: string
  readonly asn: number
  /** R12: absent, every control-plane node peers with it. */
  readonly controlPlaneNodes?: readonly string[]
}

export interface ServicePeer {
  readonly peerIP: string
  readonly peerASN: number
  /** Sessions wanted with this peer; the gateway's setting where absent. */
  readonly sessions?: number
}

export interface AddressPool {
  readonly name: string
  readonly ranges: readonly AddressRange[]
}

export interface ClusterNode {
  readonly address: string
  /** Its name in the topology, else its address. */
  readonly name: string
  readonly controlPlane: boolean
  readonly loadBalancer: boolean
}

/** The floating-IP policy's named settings. The document gives none; these are ours. Times are in the timer profile. */
export interface GatewaySettings {
  /** Sessions tried for with every external peer (R18). */
  readonly sessions: number
  /** Which node holds a floating IP at first: address → node name. Others go where the fewest are. */
  readonly initialPlacement: Readonly<Record<string, string>>
  /** More than this share of the nodes expiring together moves nothing: the fault is more likely the controller's own. */
  readonly massExpiryShare: number
  /** R22, without ADD-PATH: the same next hop of a VIP on every session, or a choice per session. */
  readonly nextHopWithoutAddPath: 'per-vip' | 'per-session'
}

export const DEFAULT_GATEWAY_SETTINGS: GatewaySettings = {
  sessions: 2,
  initialPlacement: {},
  massExpiryShare: 0.55,
  nextHopWithoutAddPath: 'per-vip',
}
