/** Who peers with whom, from which address (R3–R5, R11, R12, R18, R19). Pure: the model and the floating IPs' places in, sessions out. */
import { compareIpv4, ipv4 } from '../net/index.ts'
import type { ClusterModel } from './resources/model.ts'
import { rendezvousOrder } from './spread.ts'

/** A session of the control plane, from the node's own address (R5). */
export interface ControlPlaneSession {
  readonly localIP: string
  /** The same address: the session announces the CP VIP with this next hop (R4). */
  readonly nodeAddress: string
  readonly nodeName: string
  readonly localASN: number
  readonly peerIP: string
  readonly peerASN: number
}

/** In the order of nodes, then of peers; every pair once (R11, R12). */
export function controlPlaneSessions(model: Pick<ClusterModel, 'nodes' | 'cpNodes' | 'cpPeers' | 'localAsn'>): ControlPlaneSession[] {
  const names = new Map(model.nodes.map((node) => [node.address, node.name]))
  return model.cpNodes.flatMap((address) => {
    const peers = new Map(
      model.cpPeers
        .filter((peer) => peer.controlPlaneNodes === undefined || peer.controlPlaneNodes.includes(address))
        .map((peer) => [peer.ip, peer.asn]),
    )
    return [...peers].map(([peerIP, peerASN]) => ({
      localIP: address,
      nodeAddress: address,
      nodeName: names.get(address) ?? address,
      localASN: model.localAsn,
      peerIP,
      peerASN,
    }))
  })
}

/** Where a floating IP is. */
export interface Assignment {
  readonly floatingIP: string
  /** The holder's name; absent while Unassigned. */
  readonly node?: string | undefined
  /** `a.b.c.d/n`: the subnet that it lies in. */
  readonly subnet: string
}

/** A session for services, as its BGPSession says it (R36); identified by (localIP, peerIP). */
export interface ServiceSession {
  /** `<peerIP>-<node>` (R35); with the floating IP behind it where two of one peer are on one node. Unique. */
  readonly name: string
  readonly floatingIP: string
  readonly localIP: string
  readonly localASN: number
  readonly nodeName: string
  readonly peerIP: string
  readonly peerASN: number
}

/** A session that a peer should have and cannot: its floating IP is Unassigned, and there is no spare. */
export interface LostSession {
  readonly floatingIP: string
  readonly peerIP: string
  readonly peerASN: number
}

export interface PeeringWarning {
  readonly code: 'fewer-sessions'
  readonly peerIP: string
  readonly message: string
}

export interface ServicePeering {
  readonly sessions: readonly ServiceSession[]
  readonly lost: readonly LostSession[]
  readonly warnings: readonly PeeringWarning[]
}

/**
 * Chooses the sessions with every external peer (R18). `current` is what runs now: a session whose floating IP is still assigned stays,
 * also where it follows its address to another node; only what is missing is chosen anew.
 */
export function serviceSessions(
  model: Pick<ClusterModel, 'servicePeers' | 'serviceLocalAsn'> & { readonly gateway: Pick<ClusterModel['gateway'], 'sessions'> },
  assignments: readonly Assignment[],
  current: readonly Pick<ServiceSession, 'name' | 'floatingIP' | 'peerIP' | 'nodeName'>[] = [],
): ServicePeering {
  const places = new Map(assignments.map((each) => [each.floatingIP, each]))
  const sessions: ServiceSession[] = []
  const lost: LostSession[] = []
  const warnings: PeeringWarning[] = []
  const peers = new Map(model.servicePeers.map((peer) => [peer.peerIP, peer]))
  for (const { peerIP, peerASN, sessions: own } of peers.values()) {
    const wanted = own ?? model.gateway.sessions
    const running = current.filter((session) => session.peerIP === peerIP)
    const chosen = choose(peerIP, wanted, [...places.values()], new Set(running.map((session) => session.floatingIP)))
    sessions.push(...named(peerIP, chosen, running).map((each) => ({ ...each, localASN: model.serviceLocalAsn, peerIP, peerASN })))
    const missing = Math.min(wanted, places.size) - chosen.length
    const away = assignments.filter((each) => each.node === undefined).map((each) => each.floatingIP)
    for (const floatingIP of rendezvousOrder(peerIP, away).slice(0, missing)) lost.push({ floatingIP, peerIP, peerASN })
    if (chosen.length < wanted) {
      const assigned = assignments.length - away.length
      const message = `${chosen.length} of ${wanted} sessions with ${peerIP}: ${assigned} of ${assignments.length} floating IPs assigned (R18)`
      warnings.push({ code: 'fewer-sessions', peerIP, message })
    }
  }
  return { sessions, lost, warnings }
}

type Held = Assignment & { readonly node: string }

/**
 * First the running ones, then one at a time the floating IP whose node, then whose subnet, has the fewest of this peer's sessions; the
 * peer's own stable order decides between equals.
 */
function choose(peerIP: string, wanted: number, places: readonly Assignment[], running: ReadonlySet<string>): Held[] {
  const held = places.filter((each): each is Held => each.node !== undefined)
  const order = rendezvousOrder(
    peerIP,
    held.map((each) => each.floatingIP),
  )
  const byAddress = new Map(held.map((each) => [each.floatingIP, each]))
  const ranked = order.map((address) => byAddress.get(address)!)
  const chosen = ranked.filter((each) => running.has(each.floatingIP)).slice(0, wanted)
  const left = ranked.filter((each) => !chosen.includes(each))
  while (chosen.length < wanted && left.length > 0) {
    const cost = (each: Held) =>
      chosen.filter((other) => other.node === each.node).length * 1000 + chosen.filter((other) => other.subnet === each.subnet).length
    const best = left.reduce((a, b) => (cost(b) < cost(a) ? b : a))
    left.splice(left.indexOf(best), 1)
    chosen.push(best)
  }
  return chosen.sort((a, b) => compareIpv4(ipv4(a.floatingIP), ipv4(b.floatingIP)))
}

/** A session that stays on its node keeps its name; a new one gets the plain name where that is free. */
function named(peerIP: string, chosen: readonly Held[], running: readonly Pick<ServiceSession, 'name' | 'floatingIP' | 'nodeName'>[]) {
  const kept = new Map<string, string>()
  for (const { floatingIP, nodeName, name } of running) {
    if (chosen.some((each) => each.floatingIP === floatingIP && each.node === nodeName)) kept.set(floatingIP, name)
  }
  const taken = new Set(kept.values())
  return chosen.map(({ floatingIP, node }) => {
    const plain = `${peerIP}-${node}`
    const name = kept.get(floatingIP) ?? (taken.has(plain) ? `${plain}-${floatingIP}` : plain)
    taken.add(name)
    return { name, floatingIP, localIP: floatingIP, nodeName: node }
  })
}
