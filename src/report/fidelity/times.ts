/**
 * How long after a fault each session and kernel route came to its last state, and a session back after it went down. Where the scenario itself takes
 * time in between (it runs commands, it watches for 5 s), times are counted from the last thing that it did in both runs. Pure.
 */
import { formatDuration, type Micros, SECOND } from '../../model/index.ts'
import { type Disagreement, type Log, type Tally, thingOf } from './comparison.ts'
import { factsAt, type History } from './history.ts'
import { marksOf, type Phase, phasesOf } from './marks.ts'

export interface Tolerance {
  /** Where it comes within a second on either engine: nobody waits for a timer. */
  readonly prompt: Micros
  /** Where a protocol's timer decides: when the peer was last heard, or a lease last renewed. */
  readonly timed: Micros
  /** From a session's end until it is back: when the next attempt is due. */
  readonly back: Micros
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
      const isNear = nearness(change, marks)
      const tell = (since: Point, words: string) =>
        found.push({
          behaviour: 'times',
          ...thingOf(history),
          when: phase.name,
          a: `${words} after ${formatDuration(change.a - since.a)}`,
          b: `${words} after ${formatDuration(change.b - since.b)}`,
        })
      const lost = pointOf(lostBefore(history, phase, change.a), lostBefore(b.histories.get(key), otherPhase, change.b))
      const prompt = Math.min(change.a - fault.a, change.b - fault.b) < PROMPT
      if (!isNear(fault, prompt ? tolerance.prompt : tolerance.timed)) tell(fault, 'as it stayed')
      else if (lost !== undefined && !isNear(lost, tolerance.back)) tell(lost, 'back')
      else tally('times', 'same')
    }
  }
  return found
}

/** Whether a change comes after the same time in both runs: counted from `since`, or from what the scenario did last after it. */
function nearness(change: Point, marks: readonly Point[]) {
  return (since: Point, allowed: Micros): boolean => {
    const later = marks.filter((mark) => mark.a >= since.a && mark.b >= since.b && mark.a < change.a && mark.b < change.b)
    const last = (by: 'a' | 'b') => later.reduce<Point | undefined>((best, mark) => (best && best[by] > mark[by] ? best : mark), undefined)
    return [since, last('a'), last('b')].some((base) => base !== undefined && Math.abs(change.a - base.a - (change.b - base.b)) <= allowed)
  }
}

/** When a session that is up again at `back` had gone down, in the same phase. */
function lostBefore(history: History | undefined, { from }: Phase, back: Micros): Micros | undefined {
  if (history?.kind !== 'sessions' || factsAt(history, back)?.state !== 'Established') return undefined
  return history.states.findLast(({ at, facts }) => at >= from && at < back && facts?.state !== 'Established')?.at
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
