/** Which sessions a cluster will have once its nodes are up, and which it should have and cannot (R5, R11, R12, R18). Pure. */
import { nearest } from '../../model/index.ts'
import { inSubnet, placement } from '../gateway/index.ts'
import { controlPlaneSessions, serviceSessions } from '../peering.ts'
import type { ClusterModel } from '../resources/index.ts'

export interface ExpectedSession {
  readonly kind: 'control plane' | 'services'
  readonly localIP: string
  readonly localASN: number
  readonly peerIP: string
  readonly peerASN: number
  /** The node itself, or the node that the policy gives the floating IP to at first. */
  readonly node: string
  /** Of a floating IP: the other nodes of its subnet, which may hold it later (R17). */
  readonly otherHolders: readonly string[]
}

/** A session that the file means and that cannot be. */
export interface LostSession {
  readonly kind: 'control plane' | 'services'
  readonly localIP: string
  /** Absent where the file does not tell which peer was meant. */
  readonly peerIP?: string
  readonly peerASN?: number
  readonly reason: string
}

export interface ExpectedSessions {
  readonly sessions: readonly ExpectedSession[]
  readonly lost: readonly LostSession[]
  /** Floating IPs without a session with a peer, because the peer has enough of them (R18): they take over when another is Unassigned. */
  readonly spare: readonly { readonly floatingIP: string; readonly peerIP: string }[]
}

export function expectedSessions(model: ClusterModel): ExpectedSessions {
  const controlPlane = controlPlaneSessions(model).map(
    ({ localIP, localASN, peerIP, peerASN, nodeName }): ExpectedSession => ({
      kind: 'control plane',
      localIP,
      localASN,
      peerIP,
      peerASN,
      node: nodeName,
      otherHolders: [],
    }),
  )
  const places = placesOf(model)
  const services = serviceSessions(model, places)
  const expected = services.sessions.map(
    ({ localIP, localASN, peerIP, peerASN, nodeName }): ExpectedSession => ({
      kind: 'services',
      localIP,
      localASN,
      peerIP,
      peerASN,
      node: nodeName,
      otherHolders: model.nodes
        .filter((node) => node.name !== nodeName && shareSubnet(model, node.address, localIP))
        .map(({ name }) => name),
    }),
  )
  const lost = services.lost.map(({ floatingIP, peerIP, peerASN }): LostSession => {
    const reason = `${floatingIP} is Unassigned: no node is in its subnet (R16)`
    return { kind: 'services', localIP: floatingIP, peerIP, peerASN, reason }
  })
  const has = (floatingIP: string, peerIP: string) =>
    expected.some((session) => session.localIP === floatingIP && session.peerIP === peerIP)
  const spare = model.servicePeers.flatMap(({ peerIP }) =>
    places.flatMap(({ floatingIP, node }) => (node === undefined || has(floatingIP, peerIP) ? [] : [{ floatingIP, peerIP }])),
  )
  const all = [...controlPlane, ...expected]
  const reasonOf = ({ kind }: ExpectedSession) => (kind === 'services' ? model.off?.services : model.off?.controlPlane)
  const off = all.flatMap((session): LostSession[] => {
    const reason = reasonOf(session)
    const { kind, localIP, peerIP, peerASN } = session
    return reason === undefined ? [] : [{ kind, localIP, peerIP, peerASN, reason }]
  })
  return {
    sessions: all.filter((session) => reasonOf(session) === undefined),
    lost: [...lostControlPlane(model), ...off, ...lost],
    spare: model.off?.services === undefined ? spare : [],
  }
}

function shareSubnet(model: ClusterModel, a: string, b: string): boolean {
  return model.subnets.some((subnet) => inSubnet(a, subnet) && inSubnet(b, subnet))
}

/** Every node Ready, nothing held yet: where the gateway controller puts the floating IPs at the start. */
function placesOf(model: ClusterModel) {
  const subnetOf = (address: string) => model.subnets.find((subnet) => inSubnet(address, subnet)) ?? `${address}/32`
  const nodes = model.nodes.map(({ name, address }) => ({ name, subnet: subnetOf(address), health: 'ready' as const, holding: [] }))
  const floatingIPs = model.floatingIPs.map((address) => ({ address, placed: false }))
  const placed = new Map(
    placement({ nodes, floatingIPs, initialPlacement: model.gateway.initialPlacement }).map((each) => [each.address, each]),
  )
  return model.floatingIPs.map((floatingIP) => {
    const place = placed.get(floatingIP)
    return { floatingIP, node: place !== undefined && 'node' in place ? place.node : undefined, subnet: subnetOf(floatingIP) }
  })
}

/** R11: a control-plane node that no peer serves, with the peer that the file seems to have meant for it. */
function lostControlPlane(model: ClusterModel): LostSession[] {
  const served = (node: string) => model.cpPeers.some((peer) => peer.controlPlaneNodes?.includes(node) ?? true)
  const orphans = model.cpNodes.filter((node) => !served(node))
  return orphans.map((localIP): LostSession => {
    for (const { ip, asn, controlPlaneNodes = [] } of model.cpPeers) {
      const stray = controlPlaneNodes.find((listed) => !model.cpNodes.includes(listed) && nearest(listed, orphans) === localIP)
      if (stray === undefined) continue
      const reason = `the peer's controlPlaneNodes has ${stray}, which is no control-plane node (R11, R12)`
      return { kind: 'control plane', localIP, peerIP: ip, peerASN: asn, reason }
    }
    const reason = model.cpPeers.length === 0 ? 'there is no control-plane peer (R11)' : 'no peer lists this control-plane node (R11)'
    return { kind: 'control plane', localIP, reason }
  })
}
