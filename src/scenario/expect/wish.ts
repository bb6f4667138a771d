/** What every assertion is asked and answers, and the one way from a condition to it. */
import type { Micros } from '../../model/index.ts'
import type { Condition } from '../condition.ts'
import type { Tables } from '../conditions/route.ts'
import type { NodeHandle } from '../handles.ts'
import type { Length, Run } from '../run.ts'
import type { Tracked } from '../tracked.ts'
import { eventually, type Outcome, once } from '../wait.ts'

/** An instant: what a fault or an assertion answered, or plain microseconds. */
export type Moment = { readonly at: Micros } | Micros

/** A next hop: a node, or its address. */
export type Hop = NodeHandle | string

export interface Wish {
  /** Eventually, within this long of `since` (or of now). Without it: checked once, on a fresh read. */
  readonly within?: Length
  /** Asks for a change after this moment: one that already held then is an error (`vacuous`). */
  readonly since?: Moment
  /** In place of the sentence that the assertion is called by. */
  readonly name?: string
}

export interface TableWish extends Wish {
  /** Default: both, the BGP table and the kernel's FIB. */
  readonly table?: Tables
}

/** What an assertion answers. In a negative control it may not have held. */
export interface Held {
  readonly holds: boolean
  /** When it held; when it was given up, where it did not. */
  readonly at: Micros
  /** From `since` (or the assertion's start) until then. */
  readonly after: Micros
}

export interface Moved extends Held {
  readonly from: string | undefined
  /** Who holds it now. */
  readonly to: NodeHandle | undefined
}

export function address(hop: Hop): string {
  return typeof hop === 'string' ? hop : hop.address
}

export function toHeld(outcome: Outcome): Held {
  return { holds: outcome.holds, at: outcome.at, after: outcome.timeToHold ?? outcome.at - outcome.reference }
}

/** The one way from a condition to an assertion. */
export function check<T>(run: Run, condition: Condition, wish: Wish, value: (outcome: Outcome) => T): Tracked<T> {
  const since = wish.since === undefined ? undefined : typeof wish.since === 'number' ? wish.since : wish.since.at
  const decide = (within: Micros | undefined) =>
    within === undefined ? once(run.watching, condition, since) : eventually(run.watching, condition, within, since)
  return run.assert(wish.name ?? condition.describe, wish.within, decide, value)
}
