import { contains, ipv4, prefix } from '../net/index.ts'
import { type RackPort, type RouterLink, rackPorts } from './addressing.ts'
import type { RouterEntry, TopologyFile } from './file.ts'
import type { NeighborPlan } from './plan.ts'

/** What the routers need to know of the cluster: who will knock, from where, and which next hops come with it. */
export interface ClusterPeering {
  /** Every (local address, peer) pair that may have a session: CP nodes by R12, and every floating IP × every peer (R19). */
  readonly sessions: readonly { readonly localIP: string; readonly localASN: number; readonly peerIP: string; readonly name: string }[]
  /** LB nodes' addresses: the next hops of every VIP. */
  readonly nextHops: readonly string[]
}

/** All of a router's own addresses at which the cluster can peer with it. */
export function peeringAddresses(file: TopologyFile, router: string): string[] {
  const loopback = file.routers[router]?.loopback
  const inRacks = rackPorts(file).filter((port) => port.router === router)
  return [...(loopback === undefined ? [] : [loopback]), ...inRacks.map((port) => port.address)]
}

/** True for a router that the cluster peers with: a ToR in the file's sense. */
export function isPeer(file: TopologyFile, router: string, cluster: ClusterPeering): boolean {
  const own = peeringAddresses(file, router)
  return cluster.sessions.some((session) => own.includes(session.peerIP))
}

/**
 * The cluster's side of a router's neighbors. Passive, because the cluster initiates (R3). Single-hop as long as the neighbor and every next hop
 * lie in a rack that the router stands in; else multihop, without which an off-link next hop is never used (docs/routers.md).
 */
export function clusterNeighbors(file: TopologyFile, router: string, entry: RouterEntry, cluster: ClusterPeering): NeighborPlan[] {
  const own = peeringAddresses(file, router)
  const racks = rackPorts(file).filter((port) => port.router === router)
  const onLink = (address: string) => racks.some((port: RackPort) => contains(port.subnet, ipv4(address)))
  const allHopsOnLink = cluster.nextHops.every(onLink)
  return cluster.sessions
    .filter((session) => own.includes(session.peerIP))
    .map((session) => ({
      address: session.localIP,
      asn: session.localASN,
      updateSource: session.peerIP,
      passive: true,
      multihop: !(onLink(session.localIP) && allHopsOnLink),
      addPathReceive: entry.addPath ?? true,
      defaultOriginate: false,
      description: session.name,
    }))
}

/** Routers among themselves, over their links. A router without racks is the way out: it gives the others a default route (R8). */
export function routerNeighbors(file: TopologyFile, router: string, links: readonly RouterLink[]): NeighborPlan[] {
  const standsInRack = (name: string) => rackPorts(file).some((port) => port.router === name)
  return links.flatMap((link) => {
    const [mine, theirs] = link.a.router === router ? [link.a, link.b] : [link.b, link.a]
    const other = file.routers[theirs.router]
    if (mine.router !== router || other === undefined) return []
    return [
      {
        address: addressOf(theirs.address),
        asn: other.asn,
        updateSource: addressOf(mine.address),
        passive: false,
        multihop: false,
        addPathReceive: false,
        defaultOriginate: !standsInRack(router) && standsInRack(theirs.router),
        description: theirs.router,
      },
    ]
  })
}

/** `10.9.0.1/30` → `10.9.0.1` */
export function addressOf(withLength: string): string {
  return withLength.slice(0, withLength.indexOf('/'))
}

/** Static routes to the loopbacks of the other routers in a shared rack, so that a node's session crosses to the router it is meant for. */
export function loopbackRoutes(file: TopologyFile, router: string): { prefix: string; via: string }[] {
  const ports = rackPorts(file)
  const seen = new Set<string>()
  const routes: { prefix: string; via: string }[] = []
  for (const mine of ports.filter((port) => port.router === router)) {
    for (const other of ports.filter((port) => port.rack === mine.rack && port.router !== router)) {
      const loopback = file.routers[other.router]?.loopback
      if (loopback === undefined || seen.has(loopback)) continue
      seen.add(loopback)
      routes.push({ prefix: `${loopback}/32`, via: other.address })
    }
  }
  return routes
}

/** What a router originates: its racks and loopback, and the subnets of hosts behind it. */
export function networksOf(file: TopologyFile, router: string, hostSubnets: readonly string[]): string[] {
  const loopback = file.routers[router]?.loopback
  const racks = rackPorts(file).filter((port) => port.router === router)
  const rackSubnets = racks.map((port) => file.racks[port.rack]!)
  return [...new Set([...rackSubnets, ...(loopback === undefined ? [] : [`${loopback}/32`]), ...hostSubnets])].filter(
    (text) => prefix(text) !== undefined,
  )
}
