/** Worst first; where outages wait for a timer, by what it allows, which does not hang on the moment at which the failure came. */
import type { BrokenPath, Micros, SweepCase } from '../../../model/index.ts'

export function worstFirst(cases: readonly SweepCase[]): SweepCase[] {
  return cases.toSorted((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)]
    const index = x.findIndex((each, i) => each !== y[i])
    return index < 0 ? (a.name < b.name ? -1 : 1) : x[index]! - y[index]!
  })
}

/** The longest that its outages may last: by their timers where they wait for one, else what was measured. */
function boundOf(found: SweepCase): Micros {
  return Math.max(0, ...found.broken.filter((path) => !path.forGood).map(pathBound))
}

/** How bad, and then, of equals, how much: paths lost for good, or how long and how many for so long. */
function keyOf(found: SweepCase): number[] {
  const lost = found.broken.filter((path) => path.forGood).length
  if (found.skipped !== undefined) return [4, 0, 0]
  if (lost > 0) return [0, -lost, 0]
  const bound = boundOf(found)
  const forSoLong = found.broken.filter((path) => pathBound(path) === bound).length
  const rank = found.repair.state === 'unclean' ? 1 : found.broken.length > 0 ? 2 : 3
  return [rank, -bound, -forSoLong]
}

function pathBound({ cause, outage }: BrokenPath): Micros {
  return cause?.bound ?? outage
}
