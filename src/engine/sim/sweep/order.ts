/** Worst first, in an order that does not hang on the moment at which a failure came. */
import type { Micros, SweepCase } from '../../../model/index.ts'

export function worstFirst(cases: readonly SweepCase[]): SweepCase[] {
  return cases.toSorted((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)]
    const index = x.findIndex((each, i) => each !== y[i])
    return index < 0 ? (a.name < b.name ? -1 : 1) : x[index]! - y[index]!
  })
}

/** The longest that its outages may last: by their timers where they wait for one, else what was measured, rounded up (1, 2, 5, 10, …). */
export function boundOf(found: SweepCase): Micros {
  return Math.max(
    0,
    ...found.broken
      .filter((path) => !path.forGood)
      .map((path) => Math.max(path.cause?.bound ?? 0, path.cause?.bound === undefined ? roundUp(path.outage) : 0)),
  )
}

/** 1 for the first of it. */
function keyOf(found: SweepCase): number[] {
  const lost = found.broken.filter((path) => path.forGood).length
  const rank = found.skipped !== undefined ? 4 : lost > 0 ? 0 : found.broken.length > 0 ? 2 : found.repair.state === 'unclean' ? 1 : 3
  return [found.repair.state === 'unclean' && rank === 2 ? 1 : rank, -lost, -boundOf(found), -found.broken.length]
}

function roundUp(length: Micros): Micros {
  for (let decade = 1; ; decade *= 10) for (const step of [1, 2, 5]) if (length <= decade * step) return decade * step
}
