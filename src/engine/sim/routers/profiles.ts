/**
 * How each daemon behaves, as data: what was seen of it in life (docs/routers.md). A number that is not named there is one that nothing rests on
 * but an order of magnitude.
 */
import { MILLISECOND, type Micros, SECOND } from '../../../model/index.ts'
import type { RouterKind } from '../../../topology/plan.ts'

export interface DaemonProfile {
  readonly name: 'frr-8.4' | 'gobgp-3.10' | 'bird-2.0'
  /** As the daemon says it, for reports: `FRR 8.4`. */
  readonly version: string
  /** What `kill` and `start` mean where no process is named. */
  readonly daemon: string
  /** rtnetlink's name or number of its kernel routes, and their metric. */
  readonly route: { readonly protocol: string; readonly metric: number }
  /** From the start of the device's program until it is ready; and from there until it takes and makes connections. */
  readonly boot: Micros
  readonly sessionsHeld: Micros
  /** From the first UPDATE until the best paths are chosen anew, of all that came meanwhile; and from there until the kernel has them. */
  readonly decision: { readonly least: Micros; readonly most: Micros }
  readonly install: Micros
  /** Installs next-hop objects, and keeps a group that nobody uses for so long (`zebra nexthop-group keep`); absent: routes have their own next hops. */
  readonly keepsGroups?: Micros
  /** From a new best path until it is announced. */
  readonly advertisement: Micros
  /** From the daemon's death until the kernel has none of its routes. */
  readonly flush: Micros
  /** How long it stays Idle after the end of a session, or of an attempt, where it waits for the peer to connect; seconds. */
  readonly passiveIdleSeconds: number
  /** The same where it connects itself. */
  readonly activeIdleSeconds: number
  /** That time varies by a quarter. */
  readonly idleJitter: boolean
  /** How a connection of a peer that is still Established, or Idle, is refused: with NOTIFICATION 6/7, or without a word. */
  readonly refusal: 'cease' | 'close'
  /** From when the interface goes down on which our end of it is until a single-hop peer's session ends; it goes on where absent (`bgp fast-external-failover`). */
  readonly fastFailover?: Micros
  /** A next hop that cannot be reached makes a path invalid. False: it may be the best, is announced on, and is left out of the kernel. */
  readonly tracksNextHops: boolean
  /** The next hops of a single-hop peer must lie on a connected subnet, however well they could be reached. */
  readonly singleHopOnLink: boolean
  /** What it originates must be a route of its own (`bgp network import-check`). */
  readonly importCheck: boolean
}

const FRR: DaemonProfile = {
  name: 'frr-8.4',
  version: 'FRR 8.4',
  daemon: 'bgpd',
  route: { protocol: 'bgp', metric: 20 },
  boot: 500 * MILLISECOND,
  // `released from config-pending hold`, 1 s after the configuration was loaded.
  sessionsHeld: 1 * SECOND,
  // UPDATE to kernel: 62–68 ms, of which bgpd's queue has 50 each time.
  decision: { least: 50 * MILLISECOND, most: 55 * MILLISECOND },
  install: 12 * MILLISECOND,
  keepsGroups: 180 * SECOND,
  // `advertisement-interval 0`, as the lab sets it; `coalesce-time` is for a peer's first advertisements only.
  advertisement: 5 * MILLISECOND,
  flush: 12 * MILLISECOND,
  passiveIdleSeconds: 0,
  activeIdleSeconds: 1,
  idleJitter: true,
  refusal: 'cease',
  // `Down Interface down`, which it is told by zebra.
  fastFailover: 8 * MILLISECOND,
  tracksNextHops: true,
  singleHopOnLink: true,
  importCheck: true,
}

const GOBGP: DaemonProfile = {
  name: 'gobgp-3.10',
  version: 'GoBGP 3.10',
  daemon: 'gobgpd',
  // Its routes are put into the kernel by an installer beside it.
  route: { protocol: '179', metric: 20 },
  boot: 300 * MILLISECOND,
  sessionsHeld: 0,
  decision: { least: 0.5 * MILLISECOND, most: 1 * MILLISECOND },
  install: 2 * MILLISECOND,
  advertisement: 1 * MILLISECOND,
  flush: 20 * MILLISECOND,
  // 5 s in Idle after every end of a session; no setting shortens it.
  passiveIdleSeconds: 5,
  activeIdleSeconds: 5,
  idleJitter: false,
  refusal: 'close',
  tracksNextHops: false,
  singleHopOnLink: false,
  importCheck: false,
}

/** No kind of router in a plan is one yet. */
const BIRD: DaemonProfile = {
  name: 'bird-2.0',
  version: 'BIRD 2.0',
  daemon: 'bird',
  route: { protocol: 'bird', metric: 32 },
  boot: 100 * MILLISECOND,
  sessionsHeld: 0,
  decision: { least: 0, most: 0 },
  // About 1 ms, one path at a time.
  install: 1 * MILLISECOND,
  advertisement: 1 * MILLISECOND,
  flush: 1 * MILLISECOND,
  passiveIdleSeconds: 1,
  activeIdleSeconds: 5,
  idleJitter: true,
  refusal: 'cease',
  // `check link`, on by default for `direct`: as its manual has it, not measured.
  fastFailover: 1 * MILLISECOND,
  tracksNextHops: true,
  singleHopOnLink: true,
  importCheck: true,
}

export const PROFILES: Readonly<Record<DaemonProfile['name'], DaemonProfile>> = { 'frr-8.4': FRR, 'gobgp-3.10': GOBGP, 'bird-2.0': BIRD }

const KINDS: Readonly<Record<RouterKind, DaemonProfile>> = { frr: FRR, gobgp: GOBGP }

export function profileOf(kind: RouterKind): DaemonProfile {
  return KINDS[kind]
}
