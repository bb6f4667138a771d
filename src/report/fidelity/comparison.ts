/** What a comparison is made of: two logs, what was compared, and what differs. */
import type { LabEvent } from '../../model/index.ts'
import type { Behaviour } from './behaviours.ts'
import type { History } from './history.ts'

/** A run's event log, read once. */
export interface Log {
  readonly events: readonly LabEvent[]
  readonly histories: ReadonlyMap<string, History>
}

/** One thing that two engines do otherwise, in words. */
export interface Disagreement {
  readonly behaviour: Behaviour
  /** A router's name, or what else it belongs to. */
  readonly where: string
  /** A prefix, an address, a pair of addresses, an assertion. */
  readonly what: string
  /** `the end of step converge`, `after power-off of node-04` */
  readonly when: string
  /** What it was in the first log, and in the second. */
  readonly a: string
  readonly b: string
}

/** `underWay`: differed at a moment, and both came to one state soon after. */
export type Outcome = 'same' | 'underWay'
export type Counts = Readonly<Record<Outcome, number>>
export type Tally = (behaviour: Behaviour, outcome: Outcome) => void

export interface Comparison {
  readonly differences: readonly Disagreement[]
  /** How many things were compared, of what was compared at all. */
  readonly compared: Readonly<Partial<Record<Behaviour, Counts>>>
}

export function thingOf({ device, what }: Pick<History, 'device' | 'what'>): { readonly where: string; readonly what: string } {
  return { where: device ?? 'the cluster', what }
}
