/** What the network must provide: each peer × each address that will knock at it (R8–R10, R19). Pure. */
import { inSubnet } from '../gateway/index.ts'
import { controlPlaneSessions } from '../peering.ts'
import type { ClusterModel } from '../resources/index.ts'
import { coveringAll } from './covering.ts'

/** Of one external peer. */
export interface PeerNeeds {
  readonly peerIP: string
  readonly peerASN: number
  /** CP nodes by R12, and every floating IP, whichever of them has a session at the moment (R19). */
  readonly neighbors: readonly NeighborNeeds[]
  /** The node subnet that it is in; absent for a loopback or another network. */
  readonly subnet?: string
  /** Services' sessions may announce several next hops for one VIP (R9). */
  readonly addPathReceive: boolean
  /** The most next hops that a VIP can have here: what ECMP must allow (R10). */
  readonly paths: number
  /** What may be announced to it, `a.b.c.d/n`; every route is a /32 within one of these. */
  readonly prefixes: readonly string[]
  /** Node subnets that it must reach by route, because it is not in them: for sessions' answers and for next hops. */
  readonly routesTo: readonly string[]
}

export interface NeighborNeeds {
  readonly address: string
  readonly asn: number
  readonly kind: 'control plane' | 'floating IP'
  /** `node-01 control plane`, `floating IP 10.0.1.100` */
  readonly description: string
  /** Why the session must be multihop at the peer; absent where single-hop will do. */
  readonly multihop?: string
}

/** Peers in the order in which the file first names them. */
export function peerNeeds(model: ClusterModel): PeerNeeds[] {
  const peers = new Map<string, number>()
  for (const { ip, asn } of model.cpPeers) if (!peers.has(ip)) peers.set(ip, asn)
  for (const { peerIP, peerASN } of model.servicePeers) if (!peers.has(peerIP)) peers.set(peerIP, peerASN)
  return [...peers].map(([peerIP, peerASN]) => needsOf(model, peerIP, peerASN))
}

function needsOf(model: ClusterModel, peerIP: string, peerASN: number): PeerNeeds {
  const subnet = model.subnets.find((each) => inSubnet(peerIP, each))
  const onLink = (address: string) => subnet !== undefined && inSubnet(address, subnet)
  const offLink = model.lbNodes.filter((node) => !onLink(node))
  const controlPlane = controlPlaneSessions(model)
    .filter((session) => session.peerIP === peerIP)
    .map(
      ({ localIP, localASN, nodeName }): NeighborNeeds => ({
        address: localIP,
        asn: localASN,
        kind: 'control plane',
        description: `${nodeName} control plane`,
        ...(onLink(localIP) ? {} : { multihop: offNetwork(localIP, subnet) }),
      }),
    )
  const services = model.servicePeers.some((peer) => peer.peerIP === peerIP)
  const floating = (services ? model.floatingIPs : []).map((address): NeighborNeeds => {
    const why = !onLink(address)
      ? offNetwork(address, subnet)
      : offLink.length > 0
        ? `its next hops ${offLink.join(', ')} are off ${subnet}`
        : undefined
    return {
      address,
      asn: model.serviceLocalAsn,
      kind: 'floating IP',
      description: `floating IP ${address}`,
      ...(why === undefined ? {} : { multihop: why }),
    }
  })
  const reached = new Set([...[...controlPlane, ...floating].map((neighbor) => neighbor.address), ...(services ? model.lbNodes : [])])
  const routesTo = model.subnets.filter((each) => each !== subnet && [...reached].some((address) => inSubnet(address, each)))
  return {
    peerIP,
    peerASN,
    neighbors: [...controlPlane, ...floating],
    ...(subnet === undefined ? {} : { subnet }),
    addPathReceive: services,
    paths: Math.max(controlPlane.length, services ? model.lbNodes.length : 0),
    prefixes: [
      ...(controlPlane.length > 0 ? [`${model.cpVip}/32`] : []),
      ...(services ? coveringAll(model.pools.flatMap((pool) => pool.ranges)) : []),
    ],
    routesTo,
  }
}

function offNetwork(address: string, subnet: string | undefined): string {
  return subnet === undefined ? 'the peer is in no node subnet' : `${address} is off ${subnet}`
}
