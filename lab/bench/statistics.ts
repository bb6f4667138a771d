/** What several runs of one measurement come to. */

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly runs: number
}

/** `undefined` for no values at all. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const least = sorted[0]
  const most = sorted.at(-1)
  if (least === undefined || most === undefined) return undefined
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, least, most, runs: sorted.length }
}

/** The first value over the second, run by run: what both met alike falls out. Pairs that lack one are left out. */
export function ratios(of: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): number[] {
  return [...of].flatMap(([run, value]) => {
    const other = to.get(run)
    return other === undefined || other === 0 ? [] : [value / other]
  })
}
