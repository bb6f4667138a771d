/**
 * cluster/router-config: what each external peer has to be configured with, in the words of its own operating system, ready to paste.
 *
 * Every dialect says the same: each neighbor with its AS number, passive where it can be (R3), multihop where the session or its next hops
 * need it, ADD-PATH in the receive direction (R9), ECMP (R10), and a filter that takes the cluster's VIPs and nothing else (so that RFC 8212 is
 * satisfied too). Nothing is sent to the cluster, which uses no route of its peers.
 *
 * Refuses: I/O, and what belongs to the rest of the router (interfaces, the underlay, where the VIPs are passed on to).
 */
import type { PeerNeeds } from '../check/index.ts'
import { aristaEos } from './arista-eos.ts'
import { bird } from './bird.ts'
import { ciscoNxos } from './cisco-nxos.ts'
import { cumulus } from './cumulus.ts'
import { frr } from './frr.ts'
import { gobgp } from './gobgp.ts'
import type { PeerConfig } from './peer.ts'

const DIALECTS = { frr, gobgp, bird, cumulus, 'arista-eos': aristaEos, 'cisco-nxos': ciscoNxos } as const

export type RouterDialect = keyof typeof DIALECTS

export const ROUTER_DIALECTS = Object.keys(DIALECTS) as readonly RouterDialect[]

/** The configuration of one peer, lines ended with `\n`. */
export function routerConfig(dialect: RouterDialect, needs: PeerNeeds, cluster: string): string {
  const config: PeerConfig = { ...needs, cluster, name: listName(cluster), maximumPaths: Math.max(16, needs.paths) }
  return `${DIALECTS[dialect](config).join('\n')}\n`
}

/** Names of filters: short enough for every system, and of characters that all of them take. */
function listName(cluster: string): string {
  return cluster
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '-')
    .slice(0, 40)
}
