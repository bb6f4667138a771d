/** What is compared between two engines, how, and what may differ by right, each with its reason: data for the comparison and for docs/fidelity.md. */
import { MILLISECOND, SECOND, type TimerProfile } from '../../model/index.ts'
import type { Tolerance } from './times.ts'

export const BEHAVIOURS = ['assertions', 'sessions', 'routes', 'fib', 'floatingIps', 'sessionOrder', 'fibOrder', 'times', 'shares'] as const
export type Behaviour = (typeof BEHAVIOURS)[number]

export interface BehaviourText {
  readonly title: string
  readonly how: string
  readonly tolerance: string
}

const AS_SESSIONS = 'as for sessions'

export const TEXTS: Readonly<Record<Behaviour, BehaviourText>> = {
  assertions: {
    title: 'Assertions',
    how: 'each of the scenario’s own assertions by name, and whether it holds; its steps and faults, in order',
    tolerance: 'none',
  },
  sessions: {
    title: 'BGP sessions',
    how: 'of every router, at the end of every step and when all has come to rest: Established or not, peer AS, ADD-PATH and hold time as negotiated',
    tolerance: 'at rest none; at the end of a step, both come to one state within hold time + 3 s',
  },
  routes: {
    title: 'BGP tables',
    how: 'at the same moments: the set of distinct next hops in use (multipath) of every prefix, and of those that are not',
    tolerance: AS_SESSIONS,
  },
  fib: {
    title: 'Kernel routes',
    how: 'at the same moments: the set of distinct next hops of every prefix, of every protocol',
    tolerance: AS_SESSIONS,
  },
  floatingIps: {
    title: 'Floating IPs',
    how: 'at the same moments: which node each is placed on',
    tolerance: AS_SESSIONS,
  },
  sessionOrder: {
    title: 'Order of session states',
    how: 'between one fault and the next: in which order each session comes up and goes down, and how often',
    tolerance: 'what lasts less than 1 s on one engine need not be seen on the other',
  },
  fibOrder: {
    title: 'Order of kernel routes',
    how: 'between one fault and the next: each next hop of each prefix by itself, in which order it comes and goes, and whether the prefix is without any meanwhile',
    tolerance: 'what lasts less than 1 s on one engine need not be seen on the other',
  },
  times: {
    title: 'Times',
    how: 'from a fault, or from what the scenario did last in both, until each session and kernel route is as it stays until the next fault; from a session’s end until it is back',
    tolerance:
      '3 s where it is so within a second, else keepalive and lease interval + 0.5 s (with fast timers 4.5 s); until a session is back, connect-retry time + 1.5 s (2.5 s). What is further apart has the same order',
  },
  shares: {
    title: 'Shares of flows',
    how: 'of each fan-out: the flows by router, and behind each router by load-balancer node, with Pearson’s chi-square test of homogeneity',
    tolerance: 'p ≥ 10⁻⁶',
  },
}

/** What may differ although both engines are right. */
export interface Allowance {
  readonly behaviours: readonly Behaviour[]
  readonly what: string
  readonly why: string
  /** A heading of docs/routers.md, where it comes from a daemon. */
  readonly seen?: string
}

export const ALLOWANCES: readonly Allowance[] = [
  {
    behaviours: ['routes'],
    what: 'which of several equal paths is best',
    why: 'FRR and GoBGP fall back on a path’s age, the simulator on the router ID; each of them is in use all the same',
    seen: 'FRR 8.4.4',
  },
  {
    behaviours: ['fibOrder'],
    what: 'sets of next hops on the way from one set to another, one path at a time',
    why: 'peers’ UPDATEs come in any order; bgpd collects them for up to 50 ms, GoBGP’s are installed one by one',
    seen: 'GoBGP 3.10.0',
  },
  {
    behaviours: ['fibOrder', 'sessionOrder'],
    what: 'what lasts less than a second',
    why: 'our programs take no time in the simulator and up to 0.3 s in containers, so that what is withdrawn and announced again falls into bgpd’s queue in one and not in the other',
    seen: 'FRR 8.4.4',
  },
  {
    behaviours: ['sessions', 'sessionOrder'],
    what: 'Idle, Connect and Active, the number of attempts, and the words for why a session is down',
    why: 'a session that is down wanders between them, and no daemon tells that without debugging',
    seen: 'Watching without polling',
  },
  {
    behaviours: ['sessions', 'routes', 'fib', 'floatingIps'],
    what: 'what is under way at the end of a step',
    why: 'a scenario goes on at the very instant at which it sees what it waits for; so a lab is left alone at the end until nothing changes any more, and is compared then too',
  },
  {
    behaviours: ['times', 'sessionOrder', 'fibOrder'],
    what: 'faults within a second of each other',
    why: 'they are taken for one, as a command takes up to 0.2 s in a container, and none in the simulator',
  },
  {
    behaviours: ['times'],
    what: 'how long a lab takes to come up',
    why: 'containers start one after the other, as fast as the machine is',
  },
  {
    behaviours: ['shares'],
    what: 'which flow takes which way',
    why: 'source ports are drawn, and the simulator’s hash is not the kernel’s',
    seen: 'What the kernel does with packets',
  },
  {
    behaviours: ['fib'],
    what: 'protocol, metric and interface of a kernel route',
    why: 'they are named in docs/simulator.md and checked by its tests; where packets go does not depend on them',
  },
]

/** How far two times may be apart: a busy machine's share where no timer decides, and what the timers leave open where one does. */
export function toleranceOf(timers: TimerProfile): Tolerance {
  const { keepaliveSeconds, leaseRenewInterval, connectRetrySeconds } = timers
  return {
    prompt: 3 * SECOND,
    timed: keepaliveSeconds * SECOND + leaseRenewInterval + 500 * MILLISECOND,
    back: connectRetrySeconds * SECOND + 1500 * MILLISECOND,
  }
}
