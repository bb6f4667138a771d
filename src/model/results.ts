import type { Micros } from './time.ts'

/** `failed`: an assertion did not hold. `error`: something else went wrong. `cancelled`: interrupted, so nothing is known. */
export type Verdict = 'passed' | 'failed' | 'error' | 'cancelled'

/** A place in a scenario's source. `file` is a path or a `file:` URL; both numbers count from 1. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What an assertion wanted and what was there. */
export interface Difference {
  /** `10.0.0.1/32 at tor1, FIB` */
  readonly subject: string
  readonly rows: readonly DifferenceRow[]
  /** What explains it, in words. */
  readonly notes: readonly string[]
}

export interface DifferenceRow {
  /** `via 10.0.1.13` */
  readonly what: string
  readonly expected: string
  readonly seen: string
  readonly ok: boolean
  /** Since when it has been as it was seen; absent where that is not known. */
  readonly since?: Micros
}

/** One assertion of one run. */
export interface AssertionResult {
  readonly name: string
  readonly place?: SourcePlace
  readonly holds: boolean
  /** How long it was given; absent where it was checked once, or over the whole run. */
  readonly within?: Micros
  /** Stable: `not-in-time`, `vacuous`, `violated`, `not-awaited`… Absent where it holds. */
  readonly code?: string
  /** What went wrong, in one line. Absent where it holds. */
  readonly message?: string
  /** From `since` (or from the assertion's start) until it held; absent where it never did, or where it was checked once. */
  readonly timeToHold?: Micros
  /** How exact `timeToHold` is: how long the read took that showed it. */
  readonly uncertainty?: Micros
  /** When it was decided, on the lab's base. */
  readonly at: Micros
  /** What `timeToHold` and the rows' `since` count from. */
  readonly reference: Micros
  readonly differences: readonly Difference[]
}

/** One run of one scenario on one lab. */
export interface ScenarioResult {
  /** `node-failure`, or `node-failure/worker` where it has variants. */
  readonly name: string
  readonly title: string
  readonly file: string
  readonly topology: string
  /** The negative control that this was a run of. */
  readonly control?: string
  /** Which repetition, from 1. */
  readonly repetition: number
  /** In virtual time, where one was named: the same seed gives the same run. */
  readonly seed?: string
  /** `Docker 20.10 at /var/run/docker.sock` */
  readonly engine: string
  /** `frr`, `gobgp`, `mixed`, or as given. */
  readonly routerSet: string
  /** Router → `FRR 8.4.4`, as its daemon says. */
  readonly routers: Readonly<Record<string, string>>
  readonly verdict: Verdict
  /** Why, where it did not pass. */
  readonly problems: readonly string[]
  /** How long the lab took to come up. */
  readonly upTime: Micros
  /** The scenario itself, from the lab being up to its last assertion. */
  readonly duration: Micros
  readonly assertions: readonly AssertionResult[]
  readonly measurements: Readonly<Record<string, unknown>>
  /** Lines for people, as the scenario worded them. */
  readonly summary: readonly string[]
  /** The run's event log (NDJSON). */
  readonly log?: string
}
