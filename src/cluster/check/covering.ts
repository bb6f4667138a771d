/** Address ranges as prefixes: what a filter on a router is written in. Pure. */
import type { AddressRange } from '../../model/index.ts'
import { formatPrefix, type Prefix } from '../../net/index.ts'

/** The fewest prefixes that hold exactly these addresses, in order: `10.0.0.1-10.0.0.4` is .1/32, .2/31, .4/32. */
export function covering(range: Pick<AddressRange, 'first' | 'last'>): Prefix[] {
  const prefixes: Prefix[] = []
  const last = range.last >>> 0
  let next = range.first >>> 0
  while (next <= last) {
    let length = 32
    // As long as it starts on the larger block's boundary and the block does not reach past the end.
    while (length > 0 && next % 2 ** (33 - length) === 0 && next + 2 ** (33 - length) - 1 <= last) length--
    prefixes.push({ address: next | 0, length })
    next += 2 ** (32 - length)
  }
  return prefixes
}

/** The prefixes of several ranges, as text, each once, in the order given. */
export function coveringAll(ranges: readonly Pick<AddressRange, 'first' | 'last'>[]): string[] {
  return [...new Set(ranges.flatMap((range) => covering(range).map(formatPrefix)))]
}
