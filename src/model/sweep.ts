/** What a sweep finds: every failure, what it did to the VIPs, and what would have saved them. Data alone; durations in µs of virtual time. */
import { MILLISECOND, type Micros } from './time.ts'

export type FailureKind = 'node' | 'router' | 'link' | 'session' | 'floating-ip'

export const FAILURE_KINDS: readonly FailureKind[] = ['node', 'router', 'link', 'session', 'floating-ip']

export interface Failure {
  readonly kind: FailureKind
  /** `node-04`, `link rack1–node-04`, `session tor1–10.0.1.100`, `floating IP 10.0.1.100`; unique among the failures of one topology. */
  readonly name: string
  /** What it happens to: a node, a router, the end of a link that is taken down, the router of a session; the gateway's owner for a floating IP. */
  readonly device: string
  /** Of a link: the interface at `device`. */
  readonly interface?: string
  /** What is at the other end: of a link, or of a session whose peer's address is a device's own. A floating IP is any node's. */
  readonly far?: string
  /** Of a session: the peer's address. Of a floating IP: the address. */
  readonly address?: string
}

/** One source and one VIP between which packets were lost. */
export interface BrokenPath {
  readonly from: string
  readonly vip: string
  /** `default/web`; `control plane` for the CP VIP. */
  readonly service: string
  /** Flows sent, and how many of them lost packets; where any is lost for good, how many are. */
  readonly flows: number
  readonly lost: number
  /** Still lost when everything had settled: the VIP is gone for this source until somebody repairs. */
  readonly forGood: boolean
  /** The longest that a flow was without an answer; for one that is lost for good, until it was repaired, and so no measure of anything. */
  readonly outage: Micros
  /** The devices of a flow that was lost, as it went before the failure, both ends included, and where in it something failed. */
  readonly path: readonly string[]
  /** Index in `path` of the device that failed, or of the one after the link that failed; absent where none of the way did. */
  readonly brokenAt?: number
  /** What ended the longest outage, where that is known. */
  readonly endedBy?: 'hold time' | 'session' | 'lease' | 'gateway' | 'routes'
  readonly cause?: Cause
}

/**
 * Losses that are shorter are not told. Routers take turns of up to 62 ms in following each other (docs/routers.md); whether packets are lost between the
 * turns of two or three of them is chance from one time to the next.
 */
export const LEAST_OUTAGE: Micros = 200 * MILLISECOND

/** One source and one VIP between which packets were lost, none for as long as an outage that is told. */
export interface BriefLoss extends Pick<BrokenPath, 'from' | 'vip' | 'service' | 'flows' | 'lost'> {
  /** The longest. */
  readonly outage: Micros
}

/** Why it was lost, and what would have saved it. */
export interface Cause {
  /** Stable: `single-router`, `single-backend`, `hold-time`… */
  readonly code: string
  /** `the only router of rack1` */
  readonly message: string
  readonly cure: string
  /** The line that would have to be another one; absent where no file says it. */
  readonly place?: CausePlace
  /** The longest that an outage with this cause lasts, where that is a timer's to say. */
  readonly bound?: Micros
}

export interface CausePlace {
  readonly file: string
  readonly line: number
  readonly column: number
  /** `spec.bgpPeers[0]` */
  readonly path: string
}

/** Next hops of a VIP (nodes) at all routers together, before the failure and once it had settled. */
export interface NextHopChange {
  readonly vip: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export interface Repair {
  /** `moved`: not as before, and just as good: what does not fall back by itself. */
  readonly state: 'clean' | 'moved' | 'unclean'
  /** From the repair until everything was as it stayed. */
  readonly after: Micros
  /** What differs from how it was before the failure: `floating IP 10.0.1.100: node-04 → node-05`. */
  readonly differences: readonly string[]
}

export type Survival = 'lost' | 'outage' | 'none'

/** One failure, or several at one moment. */
export interface SweepCase {
  readonly name: string
  readonly failures: readonly Failure[]
  /** Why it could not be tried, in words; nothing else was measured then. */
  readonly skipped?: string
  /** `lost`: for good, from a source that itself lives. */
  readonly survival: Survival
  /** Worst first. */
  readonly broken: readonly BrokenPath[]
  /** Chance from one time to the next, and so nothing that is told. */
  readonly brief: readonly BriefLoss[]
  /** The worst of what came back by itself. */
  readonly outage: Micros
  /** From the failure until nothing changed any more. */
  readonly convergence: Micros
  /** VIPs whose next hops changed. */
  readonly nextHops: readonly NextHopChange[]
  /** Floating IPs that no node held once it had settled. */
  readonly unassigned: readonly string[]
  readonly repair: Repair
}

export interface SweepResult {
  readonly topology: string
  /** Worst first. */
  readonly cases: readonly SweepCase[]
  /** Pairs that were lost before anything failed. */
  readonly lostBefore: readonly BrokenPath[]
}
