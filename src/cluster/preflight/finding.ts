import type { Cell } from './cells.ts'
import type { PeerRouter } from './facts.ts'

/** Stable codes of what can be wrong. */
export type Cause =
  // Session
  | 'peer-expects-other-asn'
  | 'peer-has-other-asn'
  | 'tcp-179-dropped'
  | 'tcp-179-rejected'
  | 'daemon-not-running'
  | 'tcp-179-closed'
  | 'neighbor-not-configured'
  | 'neighbor-not-activated'
  | 'neighbor-not-ready'
  | 'multihop-missing'
  | 'peer-unreachable'
  | 'no-way-back-from-peer'
  | 'address-not-on-node'
  | 'refused-by-notification'
  | 'session-unstable'
  // Announcement
  | 'session-lost'
  | 'no-import-policy'
  | 'route-not-accepted'
  | 'next-hop-not-usable'
  | 'announced-elsewhere'
  | 'not-installed'
  // Reachability
  | 'vip-held-elsewhere'
  | 'no-route-to-vip'
  | 'leads-elsewhere'
  | 'lost-on-the-way'
  | 'no-return-route'
  | 'answer-lost'
  // All nodes at once
  | 'no-ecmp'
  | 'path-missing'

/** What a conclusion rests on: seen by nodes, as on any network, or read from routers, which only the lab can. */
export interface Evidence {
  readonly by: 'node' | 'router'
  readonly what: string
}

export interface Finding {
  readonly code: Cause
  readonly check: 'session' | 'announcement' | 'reachability' | 'ecmp'
  /** One or more nodes with this peer. */
  readonly nodes: readonly string[]
  readonly peerIP: string
  /** Reachability: the senders that it concerns. */
  readonly from?: readonly string[]
  /** What is wrong and why, in one sentence. */
  readonly cause: string
  /** What to do, one way or the other; lines of configuration are indented by two spaces. */
  readonly cure: readonly string[]
  readonly evidence: readonly Evidence[]
}

export type Found = Pick<Finding, 'code' | 'cause' | 'cure' | 'evidence'>

/** Stands for the senders in a cause or cure: several of them with one cause become one finding. */
export const SENDERS = '<senders>'

/** `client, node-03 and node-04` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export const byNode = (what: string): Evidence => ({ by: 'node', what })
export const byRouter = (what: string): Evidence => ({ by: 'router', what })

/** `tor1 (10.8.0.10)`, or the address alone. */
export function peerName(cell: Pick<Cell, 'peerIP'>, router: PeerRouter | undefined): string {
  return router === undefined ? cell.peerIP : `${router.name} (${cell.peerIP})`
}

/** Lines for the daemon that runs there; for both where nobody knows which. */
export function configuration(
  router: PeerRouter | undefined,
  lines: { readonly frr: readonly string[]; readonly gobgp: readonly string[] },
): string[] {
  const indented = (kind: 'frr' | 'gobgp') => lines[kind].map((line) => `  ${line}`)
  if (router !== undefined) return indented(router.kind)
  return ['FRR:', ...indented('frr'), 'GoBGP:', ...indented('gobgp')]
}
