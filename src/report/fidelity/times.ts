/**
 * How long after a fault each session and kernel route came to its last state. Where the scenario itself takes time in between (it runs commands,
 * it watches for 5 s), times are counted from the last thing that it did or saw in both runs. Pure.
 */
import { formatDuration, type Micros, SECOND } from '../../model/index.ts'
import { type Disagreement, type Log, type Tally, thingOf } from './comparison.ts'
import type { History } from './history.ts'
import { marksOf, type Phase, phasesOf } from './marks.ts'

export interface Tolerance {
  /** Where it comes within a second on either engine: nobody waits for a timer. */
  readonly prompt: Micros
  /** Where a protocol's timer decides. */
  readonly timed: Micros
}

const PROMPT: Micros = 1 * SECOND

/** The same point in two runs. */
interface Point {
  readonly a: Micros
  readonly b: Micros
}

export function compareTimes(a: Log, b: Log, tolerance: Tolerance, tally: Tally): Disagreement[] {
  const marks = commonMarks(a, b)
  const found: Disagreement[] = []
  for (const { a: phase, b: otherPhase } of phasesOf(a.events, b.events)) {
    if (!Number.isFinite(phase.from)) continue
    const fault = { a: phase.from, b: otherPhase.from }
    for (const [key, history] of a.histories) {
      if (history.kind !== 'sessions' && history.kind !== 'fib') continue
      const change = pointOf(lastIn(history, phase), lastIn(b.histories.get(key), otherPhase))
      if (change === undefined) continue
      const bases = [fault, lastBefore(marks, change, 'a'), lastBefore(marks, change, 'b')].filter((base) => base !== undefined)
      if (bases.some((base) => isNear({ a: change.a - base.a, b: change.b - base.b }, tolerance))) tally('times', 'same')
      else
        found.push({
          behaviour: 'times',
          ...thingOf(history),
          when: phase.name,
          a: `as it stayed after ${formatDuration(change.a - fault.a)}`,
          b: `as it stayed after ${formatDuration(change.b - fault.b)}`,
        })
    }
  }
  return found
}

function isNear({ a, b }: Point, { prompt, timed }: Tolerance): boolean {
  return Math.abs(a - b) <= (Math.min(a, b) < PROMPT ? prompt : timed)
}

function pointOf(a: Micros | undefined, b: Micros | undefined): Point | undefined {
  return a === undefined || b === undefined ? undefined : { a, b }
}

function lastIn(history: History | undefined, { from, until }: Phase): Micros | undefined {
  return history?.states.findLast(({ at }) => at >= from && at < until)?.at
}

function commonMarks(a: Log, b: Log): Point[] {
  const others = marksOf(b.events)
  return [...marksOf(a.events)].flatMap(([name, at]) => pointOf(at, others.get(name)) ?? [])
}

/** The last one before a change by one of the two runs, and before it in the other too. */
function lastBefore(marks: readonly Point[], change: Point, by: 'a' | 'b'): Point | undefined {
  const before = marks.filter((mark) => mark.a <= change.a && mark.b <= change.b)
  return before.reduce<Point | undefined>((last, mark) => (last === undefined || mark[by] >= last[by] ? mark : last), undefined)
}
