/** A condition is data: what must be so, which records can change that, and which fresh reads settle it. Pure. */
import type { Difference, LabEvent } from '../model/index.ts'
import type { ResourceAt } from './conditions/resource.ts'
import type { State } from './state.ts'

export interface Condition {
  /** As a sentence: `tor1 loses next hop 10.0.1.13`. */
  readonly describe: string
  evaluate(state: State): Evaluation
  /** Whether this record can change the outcome. */
  concerns(event: LabEvent): boolean
  /** What a fresh read must fetch; empty where only the event stream knows. */
  readonly reads: readonly Read[]
  /**
   * What must be so at `since` for a later change to mean anything, in words where it is not: `10.0.1.13 was already absent from the FIB`.
   * Without it, a condition that held as a whole at `since` is vacuous.
   */
  vacuous?(atSince: State): string | undefined
}

export interface Evaluation {
  readonly holds: boolean
  readonly differences: readonly Finding[]
}

/** A difference whose rows know how to find out since when they are so. */
export interface Finding extends Omit<Difference, 'rows'> {
  readonly rows: readonly FindingRow[]
}

export interface FindingRow {
  readonly what: string
  readonly expected: string
  readonly seen: string
  readonly ok: boolean
  /** True in every state that looks like `seen`. */
  readonly same?: (state: State) => boolean
}

export type Read =
  | { readonly kind: 'sessions'; readonly device: string }
  | { readonly kind: 'routes'; readonly device: string; readonly prefix: string }
  | { readonly kind: 'fib'; readonly device: string; readonly prefix: string }
  | { readonly kind: 'resource'; readonly resource: ResourceAt }

/** All of them at once. */
export function all(describe: string, parts: readonly Condition[]): Condition {
  return {
    describe,
    reads: parts.flatMap((part) => part.reads),
    concerns: (event) => parts.some((part) => part.concerns(event)),
    evaluate(state) {
      const evaluations = parts.map((part) => part.evaluate(state))
      return { holds: evaluations.every((each) => each.holds), differences: evaluations.flatMap((each) => each.differences) }
    },
    ...(parts.some((part) => part.vacuous !== undefined) && {
      vacuous: (state: State) => parts.map((part) => part.vacuous?.(state)).find((reason) => reason !== undefined),
    }),
  }
}

/** Why a change after `since` could not show anything, or `undefined`. */
export function vacuousAt(condition: Condition, atSince: State): string | undefined {
  if (condition.vacuous !== undefined) return condition.vacuous(atSince)
  return condition.evaluate(atSince).holds ? 'it already held then' : undefined
}
