/**
 * How sessions and kernel routes went from one fault to the next. A partial order: each next hop of a prefix comes and goes in an order of its
 * own, and so does the prefix as a whole; among each other next hops have none, as daemons install UPDATEs one by one or together. Pure.
 */
import { type Micros, SECOND } from '../../model/index.ts'
import type { Facts } from '../diff/index.ts'
import { type Disagreement, type Log, type Tally, thingOf } from './comparison.ts'
import { factsAt, type History } from './history.ts'
import { type PhasePair, phasesOf } from './marks.ts'

const BEHAVIOURS = { sessions: 'sessionOrder', fib: 'fibOrder' } as const
const WHOLE = ''
/** What lasts less than this on one engine need not be seen on the other (allowance `brief`). */
const BRIEF: Micros = 1 * SECOND

export function compareCourses(a: Log, b: Log, tally: Tally): Disagreement[] {
  const phases = phasesOf(a.events, b.events)
  const found: Disagreement[] = []
  for (const key of [...new Set([...a.histories.keys(), ...b.histories.keys()])].sort()) {
    const [mine, other] = [a.histories.get(key), b.histories.get(key)]
    const history = (mine ?? other)!
    const { kind } = history
    if (kind !== 'sessions' && kind !== 'fib') continue
    for (let index = 0; index < phases.length; index++) {
      const phase = phases[index]!
      const differing = difference(coursesIn(mine, phase.a), coursesIn(other, phase.b))
      const next = phases[index + 1]
      if (differing === undefined) tally(BEHAVIOURS[kind], 'same')
      else if (!differing.lasting) tally(BEHAVIOURS[kind], 'underWay')
      // What one engine has done by the next fault, and the other just after it.
      else if (next !== undefined && !lastingOver(mine, other, phase, next)) {
        tally(BEHAVIOURS[kind], 'underWay')
        index++
      } else {
        const { where, what } = thingOf(history)
        found.push({
          behaviour: BEHAVIOURS[kind],
          where,
          what: differing.name === WHOLE ? what : `${what} via ${differing.name}`,
          when: phase.a.name,
          a: differing.a,
          b: differing.b,
        })
      }
    }
  }
  return found
}

interface Span {
  readonly from: Micros
  readonly until: Micros
}

/** When something came or went, and whether it was there from then on. */
type Course = readonly { readonly at: Micros; readonly there: boolean }[]

function lastingOver(a: History | undefined, b: History | undefined, first: PhasePair, last: PhasePair): boolean {
  const over = (from: Span, until: Span) => ({ from: from.from, until: until.until })
  return difference(coursesIn(a, over(first.a, last.a)), coursesIn(b, over(first.b, last.b)))?.lasting === true
}

/** By next hop, and of the thing as a whole. */
function coursesIn(history: History | undefined, { from, until }: Span): Map<string, Course> {
  const before = { at: from, facts: factsAt(history, from - 1) }
  const states = [before, ...(history?.states ?? []).filter(({ at }) => at >= from && at < until)]
  const names = [WHOLE, ...new Set(states.flatMap(({ facts }) => (history?.kind === 'fib' ? nextHops(facts) : [])))]
  return new Map(names.map((name) => [name, turns(states.map(({ at, facts }) => ({ at, there: isThere(facts, name) })))]))
}

function turns(course: Course): Course {
  return course.filter(({ there }, index) => there !== course[index - 1]?.there)
}

/** Without what was so for less than a second only, from the first such thing on. */
function withoutBrief(course: Course): Course {
  const brief = course.findIndex(({ at }, index) => index > 0 && (course[index + 1]?.at ?? Number.POSITIVE_INFINITY) - at < BRIEF)
  return brief < 0 ? course : withoutBrief(turns(course.toSpliced(brief, 1)))
}

function isThere(facts: Facts | undefined, name: string): boolean {
  if (facts === undefined) return false
  if (name !== WHOLE) return nextHops(facts).includes(name)
  return facts.state === undefined || facts.state === 'Established'
}

function nextHops(facts: Facts | undefined): readonly string[] {
  const value = facts?.['next hops']
  return value === undefined || typeof value === 'string' ? [] : value
}

const NEVER: Course = [{ at: 0, there: false }]

/** The first course that differs; the first one that does so lastingly where there is one. */
function difference(a: Map<string, Course>, b: Map<string, Course>) {
  let brief: { readonly name: string; readonly lasting: boolean; readonly a: string; readonly b: string } | undefined
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(name) ?? NEVER, b.get(name) ?? NEVER]
    if (inWords(x) === inWords(y)) continue
    const lasting = [x, withoutBrief(x)].every((one) => [y, withoutBrief(y)].every((other) => inWords(one) !== inWords(other)))
    const differing = { name, lasting, a: inWords(x), b: inWords(y) }
    if (lasting) return differing
    brief ??= differing
  }
  return brief
}

function inWords(course: Course): string {
  return course.length === 1 && course[0]?.there === false
    ? 'never there'
    : course.map(({ there }) => (there ? 'there' : 'gone')).join(' → ')
}
