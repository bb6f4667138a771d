/** Whether two runs spread their flows alike: of each fan-out, the flows by router, and behind each router by node. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Disagreement, Log, Tally } from './comparison.ts'
import { factsAt, sameFacts } from './history.ts'

export type Shares = Readonly<Record<string, number>>

export function compareShares(a: Log, b: Log, tally: Tally): Disagreement[] {
  const [ours, theirs] = [fanOuts(a.events), fanOuts(b.events)]
  const found: Disagreement[] = []
  for (const [index, fanOut] of ours.entries()) {
    const other = theirs[index]
    // A run that ended before it has failed at an assertion, which is told.
    if (other === undefined || other.vip !== fanOut.vip) continue
    const total = (shares: Shares) => Object.values(shares).reduce((sum, count) => sum + count, 0)
    const byRouter = (event: FanOut): Shares =>
      Object.fromEntries(Object.entries(event.byRouter).map(([name, shares]) => [name, total(shares)]))
    const pairs = [
      { where: fanOut.device, a: byRouter(fanOut), b: byRouter(other) },
      ...[...new Set([...Object.keys(fanOut.byRouter), ...Object.keys(other.byRouter)])]
        .sort()
        .map((where) => ({ where, a: fanOut.byRouter[where] ?? {}, b: other.byRouter[where] ?? {} })),
    ]
    const settled = sameWays(a, fanOut, b, other)
    for (const { where, a: x, b: y } of pairs)
      if (alike(x, y)) tally('shares', 'same')
      else if (!settled) tally('shares', 'underWay')
      else
        found.push({
          behaviour: 'shares',
          where,
          what: `flows to ${fanOut.vip}`,
          when: `fan-out ${index + 1}`,
          a: inWords(x),
          b: inWords(y),
        })
  }
  return found
}

type FanOut = Extract<LabEvent, { type: 'fan-out' }>

function fanOuts(events: readonly LabEvent[]): FanOut[] {
  return events.filter((event) => event.type === 'fan-out').sort((a, b) => a.at - b.at)
}

/** Every router had the same routes to the VIP all the while in both runs: a router whose next hops are still coming sends nothing there. */
function sameWays(a: Log, fanOut: FanOut, b: Log, other: FanOut): boolean {
  const key = ` ${fanOut.vip}/32`
  const keys = new Set([...a.histories.keys(), ...b.histories.keys()].filter((each) => each.startsWith('fib ') && each.endsWith(key)))
  return [...keys].every((each) => {
    const [mine, theirs] = [a.histories.get(each), b.histories.get(each)]
    const facts = factsAt(mine, fanOut.since)
    const others = [factsAt(mine, fanOut.at), factsAt(theirs, other.since), factsAt(theirs, other.at)]
    return others.every((state) => sameFacts(state, facts))
  })
}

/** The normal quantile of 1 − 10⁻⁶: a run makes hundreds of such tests, and none of them may be a matter of luck. */
const Z = 4.7534

/**
 * Pearson's chi-square test of homogeneity: whether two samples come from one distribution, at p = 10⁻⁶. The bound is Wilson and Hilferty's
 * approximation of the quantile (PNAS 17, 1931), within 1 % from two degrees of freedom and 4 % with one.
 */
export function alike(a: Shares, b: Shares): boolean {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => (a[name] ?? 0) + (b[name] ?? 0) > 0)
  const sum = (shares: Shares) => names.reduce((total, name) => total + (shares[name] ?? 0), 0)
  const [ours, theirs] = [sum(a), sum(b)]
  if (ours === 0 || theirs === 0) return ours === theirs
  const freedom = names.length - 1
  if (freedom === 0) return true
  let statistic = 0
  for (const name of names) {
    const [x, y] = [a[name] ?? 0, b[name] ?? 0]
    const share = (x + y) / (ours + theirs)
    statistic += (x - ours * share) ** 2 / (ours * share) + (y - theirs * share) ** 2 / (theirs * share)
  }
  const spread = 2 / (9 * freedom)
  return statistic <= freedom * (1 - spread + Z * Math.sqrt(spread)) ** 3
}

function inWords(shares: Shares): string {
  const told = Object.entries(shares).sort(([x], [y]) => (x < y ? -1 : 1))
  return told.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}
