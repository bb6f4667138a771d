/** What is compared between two engines, how, and what may differ by right, each with its reason: data for the comparison and for docs/fidelity.md. */
import { MILLISECOND, type Micros, SECOND, type TimerProfile } from '../../model/index.ts'

export const BEHAVIOURS = ['assertions', 'sessions', 'routes', 'fib', 'floatingIps', 'sessionOrder', 'fibOrder', 'times', 'shares'] as const
export type Behaviour = (typeof BEHAVIOURS)[number]

export interface BehaviourText {
  readonly title: string
  readonly how: string
  readonly tolerance: string
}

export const TEXTS: Readonly<Record<Behaviour, BehaviourText>> = {
  assertions: {
    title: 'Assertions',
    how: 'every assertion of the scenario by name, and whether it holds',
    tolerance: 'none',
  },
  sessions: {
    title: 'BGP sessions',
    how: 'of every router at the end of every step and once all has come to rest: Established or not, peer AS, ADD-PATH and hold time as negotiated',
    tolerance: 'at the end of a step, what both become within hold time + 3 s; none at rest',
  },
  routes: {
    title: 'BGP tables',
    how: 'likewise: the distinct next hops in use (multipath), and those heard of that are not',
    tolerance: 'as for sessions',
  },
  fib: {
    title: 'Kernel routes',
    how: 'likewise: the distinct next hops of every prefix, on every router',
    tolerance: 'as for sessions',
  },
  floatingIps: {
    title: 'Floating IPs',
    how: 'likewise: which node each is placed on',
    tolerance: 'as for sessions',
  },
  sessionOrder: {
    title: 'Order of session states',
    how: 'between one fault and the next: how often each session comes up and goes down, in which order',
    tolerance: 'Idle, Connect, Active, OpenSent and OpenConfirm count as down',
  },
  fibOrder: {
    title: 'Order of kernel routes',
    how: 'between one fault and the next: each next hop of each prefix by itself, when it comes and goes, and whether the prefix is without any meanwhile',
    tolerance: 'the order between several next hops of one prefix, and so the sets in between, are free',
  },
  times: {
    title: 'Times',
    how: 'from a fault until the last change that it brings to each session and kernel route; and the order of any two such changes that are further apart than the tolerance',
    tolerance: '',
  },
  shares: {
    title: 'Shares of flows',
    how: 'of every fan-out: the load-balancer nodes behind each router, by a chi-square test of homogeneity (both runs draw from one distribution)',
    tolerance: 'p ≥ 10⁻⁶',
  },
}

/** What may differ although both engines are right. */
export interface Allowance {
  readonly behaviours: readonly Behaviour[]
  readonly what: string
  readonly why: string
  /** Where it was seen: a part of docs/routers.md. */
  readonly seen?: string
}

export const ALLOWANCES: readonly Allowance[] = [
  {
    behaviours: ['routes'],
    what: 'which of several equal paths is best',
    why: 'FRR and GoBGP fall back on the age of a path, the simulator on the router ID',
    seen: 'What is not compared (docs/diff.md)',
  },
  {
    behaviours: ['fibOrder'],
    what: 'sets of next hops on the way from one to another',
    why: 'each UPDATE is installed as it comes with GoBGP, bgpd collects for up to 50 ms; several peers’ UPDATEs come in any order',
    seen: 'GoBGP 3.10.0, FRR 8.4.4',
  },
  {
    behaviours: ['sessionOrder'],
    what: 'Idle, Connect, Active and the number of attempts',
    why: 'a session that is down wanders between them, and no daemon tells that without debugging',
    seen: 'Watching without polling',
  },
]

/** How far two times may be apart: a busy machine where no timer decides; else when the peer was last heard, and a lease last renewed. */
export function toleranceOf({ keepaliveSeconds, leaseRenewInterval }: TimerProfile): { readonly prompt: Micros; readonly timed: Micros } {
  return { prompt: 1 * SECOND, timed: keepaliveSeconds * SECOND + leaseRenewInterval + 500 * MILLISECOND }
}
