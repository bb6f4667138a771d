/** A comparison of two engines' runs for people: what differs, where, when, and what it was on each. Pure. */
import { PLAIN, printable, type Style } from '../text.ts'
import { TEXTS } from './behaviours.ts'
import type { Comparison, Disagreement } from './comparison.ts'

/** What the two sides are called: `real routers`, `the simulator`. */
export interface Sides {
  readonly a: string
  readonly b: string
}

/** So many things that differ alike are named; the rest are counted. */
const NAMED = 4

export function comparisonLines({ differences, compared }: Comparison, sides: Sides, style: Style = PLAIN): string[] {
  const all = Object.values(compared)
  const count = (outcome: 'same' | 'underWay') => all.reduce((sum, each) => sum + each[outcome], 0)
  const later = count('underWay') === 0 ? '' : `, ${count('underWay')} a moment later`
  if (differences.length === 0) return [`${style.good('=')} ${sides.a} and ${sides.b} agree: ${count('same')} things the same${later}`]
  const groups = alike(differences)
  const width = Math.max(sides.a.length, sides.b.length) + 1
  return [
    `${style.bad('≠')} ${sides.a} and ${sides.b} differ in ${differences.length} ${differences.length === 1 ? 'thing' : 'things'}, ${count('same')} are the same${later}`,
    ...groups.flatMap((group) => {
      const { behaviour, where, when, a, b } = group[0]!
      const names = group.slice(0, NAMED).map(({ what }) => what)
      const more = group.length > NAMED ? ` and ${group.length - NAMED} more` : ''
      return [
        `  ${style.bad(printable(`${where}  ${names.join(', ')}${more}`))} · ${TEXTS[behaviour].title}, ${printable(when)}`,
        `      ${`${sides.a}:`.padEnd(width)} ${printable(a)}`,
        `      ${`${sides.b}:`.padEnd(width)} ${printable(b)}`,
      ]
    }),
  ]
}

/** What differs alike for many prefixes is told once. */
function alike(differences: readonly Disagreement[]): Disagreement[][] {
  return [...Map.groupBy(differences, (difference) => JSON.stringify({ ...difference, what: undefined })).values()]
}
