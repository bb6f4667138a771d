/**
 * How sessions and kernel routes went from one fault to the next. A partial order: each next hop of a prefix comes and goes in an order of its
 * own, and so does the prefix as a whole; among each other next hops have none, as daemons install UPDATEs one by one or together. Pure.
 */
import type { Micros } from '../../model/index.ts'
import type { Facts } from '../diff/index.ts'
import { type Disagreement, type Log, type Tally, thingOf } from './comparison.ts'
import { factsAt, type History } from './history.ts'
import { phasesOf } from './marks.ts'

const BEHAVIOURS = { sessions: 'sessionOrder', fib: 'fibOrder' } as const
const WHOLE = ''
const NEVER = 'never there'

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
      // What one engine has done by the next fault, and the other just after it.
      else if (next !== undefined && difference(coursesIn(mine, over(phase.a, next.a)), coursesIn(other, over(phase.b, next.b))) === undefined) {
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

function over(first: Span, last: Span): Span {
  return { from: first.from, until: last.until }
}

/** By next hop, and of the thing as a whole: `there → gone → there`. */
function coursesIn(history: History | undefined, { from, until }: Span): Map<string, string> {
  const before = factsAt(history, from - 1)
  const states = [before, ...(history?.states ?? []).filter(({ at }) => at >= from && at < until).map(({ facts }) => facts)]
  const names = [WHOLE, ...new Set(states.flatMap((facts) => (history?.kind === 'fib' ? nextHops(facts) : [])))]
  return new Map(names.map((name) => [name, courseOf(states.map((facts) => isThere(facts, name)))]))
}

function courseOf(presence: readonly boolean[]): string {
  const turns = presence.filter((there, index) => index === 0 || there !== presence[index - 1])
  return turns.length === 1 && turns[0] === false ? NEVER : turns.map((there) => (there ? 'there' : 'gone')).join(' → ')
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

function difference(a: Map<string, string>, b: Map<string, string>) {
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(name) ?? NEVER, b.get(name) ?? NEVER]
    if (x !== y) return { name, a: x, b: y }
  }
  return undefined
}
