import type { NeighborNeeds, PeerNeeds } from '../check/index.ts'

/** What a dialect writes down. */
export interface PeerConfig extends PeerNeeds {
  readonly cluster: string
  /** What the names of filters begin with: `BM`. */
  readonly name: string
  /** At least what is needed now, with room for a few load-balancer nodes more. */
  readonly maximumPaths: number
}

/** The hop limit of multihop sessions: how far the nodes are is not in the cluster's file. */
export const MULTIHOP_TTL = 64

/** The first lines of every configuration, without the dialect's mark for a comment. */
export function heading(config: PeerConfig): string[] {
  const { peerIP, peerASN, cluster, neighbors, paths, routesTo } = config
  return [
    `peer ${peerIP}, AS ${peerASN}, of cluster ${cluster}: ${neighbors.length} ${neighbors.length === 1 ? 'neighbor' : 'neighbors'}`,
    `Let TCP 179 in from them. A VIP has up to ${paths} next ${paths === 1 ? 'hop' : 'hops'}.`,
    ...(routesTo.length === 0 ? [] : [`Needs a route to ${routesTo.join(', ')}.`]),
  ]
}

/** Where an interface's name would be needed that only the router's owner knows. */
export function isOffLink(config: PeerConfig): boolean {
  return config.subnet === undefined
}

export function isMultihop(neighbor: NeighborNeeds): boolean {
  return neighbor.multihop !== undefined
}

/** A prefix filter's entry takes the /32 routes within it: `10.0.0.2/31 ge 32`, and a /32 as it is. */
export function within(prefix: string, more: string): string {
  return prefix.endsWith('/32') ? prefix : `${prefix} ${more}`
}
