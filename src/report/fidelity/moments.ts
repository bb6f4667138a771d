/** Sessions, BGP tables, kernel routes and floating IPs at the same moment of two runs. Pure. */
import type { Micros } from '../../model/index.ts'
import type { Facts } from '../diff/index.ts'
import { type Disagreement, type Log, type Tally, thingOf } from './comparison.ts'
import { factsAt, type History, sameFacts } from './history.ts'
import { type Moment, momentsOf } from './marks.ts'

/**
 * What differs at a moment may be under way still, as scenarios go on at once: then both come to one state within `patience`. At rest nothing may
 * differ: nothing comes later.
 */
export function compareMoments(a: Log, b: Log, patience: Micros, tally: Tally): Disagreement[] {
  const [all, others] = [momentsOf(a.events), momentsOf(b.events)]
  const [names, otherNames] = [inOrder(all), inOrder(others)]
  const found: Disagreement[] = []
  if (names !== otherNames)
    found.push({ behaviour: 'assertions', where: 'the scenario', what: 'its steps', when: 'over all', a: names, b: otherNames })
  const ours = all.filter(({ name }) => others.some((other) => other.name === name))
  const theirs = ours.map(({ name }) => others.find((other) => other.name === name)!)
  const keys = [...new Set([...a.histories.keys(), ...b.histories.keys()])].sort()
  for (const key of keys) {
    const [mine, other] = [a.histories.get(key), b.histories.get(key)]
    const { kind } = (mine ?? other)!
    let told: string | undefined
    for (const [index, moment] of ours.entries()) {
      const [from, otherFrom] = [moment.until, theirs[index]!.until]
      const [x, y] = [factsAt(mine, from), factsAt(other, otherFrom)]
      if (sameFacts(x, y)) tally(kind, 'same')
      else if (meet(mine, other, from, otherFrom, patience)) tally(kind, 'underWay')
      else {
        // Told where it is first seen, and not again at every later moment.
        const [a, b] = [inWords(x), inWords(y)]
        if (`${a} ${b}` !== told) found.push({ behaviour: kind, ...thingOf((mine ?? other)!), when: moment.name, a, b })
        told = `${a} ${b}`
      }
    }
  }
  return found
}

function inOrder(moments: readonly Moment[]): string {
  return moments.map(({ name }) => name).join(', ')
}

/** There is a state that both have at the moment, or within `patience` after it. */
function meet(a: History | undefined, b: History | undefined, from: Micros, otherFrom: Micros, patience: Micros): boolean {
  const mine = statesFrom(a, from, patience)
  return statesFrom(b, otherFrom, patience).some((state) => mine.some((each) => sameFacts(each, state)))
}

function statesFrom(history: History | undefined, from: Micros, patience: Micros): (Facts | undefined)[] {
  const later = (history?.states ?? []).filter(({ at }) => at > from && at <= from + patience).map(({ facts }) => facts)
  return [factsAt(history, from), ...later]
}

export function inWords(facts: Facts | undefined): string {
  if (facts === undefined) return 'nothing'
  const told = Object.entries(facts).filter(([, value]) => value.length > 0)
  return told.map(([name, value]) => `${name} ${typeof value === 'string' ? value : value.join(', ')}`).join(' · ') || 'nothing'
}
