import { stableHash } from '../net/index.ts'

/** Highest-random-weight order (rendezvous hashing): each key has its own order of candidates, which one that leaves does not change. */
export function rendezvousOrder(key: string, candidates: readonly string[]): string[] {
  return [...candidates]
    .map((candidate) => ({ candidate, weight: stableHash(`${key}|${candidate}`) }))
    .sort((a, b) => b.weight - a.weight || (a.candidate < b.candidate ? -1 : 1))
    .map(({ candidate }) => candidate)
}

/**
 * Spreads `keys` over `candidates` evenly (their counts differ by one at most), changing as little of `current` as that allows: when a
 * candidate leaves, only its own keys move; when one joins, only as many as its share. Without `current` the result depends on the sets
 * alone, not on their order.
 */
export function spread(
  keys: readonly string[],
  candidates: readonly string[],
  current: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const placed = new Map<string, string>()
  if (candidates.length === 0) return placed
  const floor = Math.floor(keys.length / candidates.length)
  let extra = keys.length % candidates.length
  const load = new Map(candidates.map((candidate) => [candidate, [] as string[]]))
  const sorted = [...new Set(keys)].sort()
  for (const key of sorted) load.get(current.get(key) ?? '')?.push(key)
  // The fullest keep the extra places: fewest moves.
  const byLoad = [...candidates].sort((a, b) => load.get(b)!.length - load.get(a)!.length || (a < b ? -1 : 1))
  const room = new Map<string, number>()
  for (const candidate of byLoad) {
    const kept = load.get(candidate)!
    const share = kept.length > floor && extra > 0 ? floor + 1 : floor
    if (share > floor) extra--
    const order = kept.sort((a, b) => stableHash(`${b}|${candidate}`) - stableHash(`${a}|${candidate}`))
    for (const key of order.slice(0, share)) placed.set(key, candidate)
    room.set(candidate, share - Math.min(share, kept.length))
  }
  for (const key of sorted) {
    if (placed.has(key)) continue
    const order = rendezvousOrder(key, candidates)
    let taken = order.find((candidate) => room.get(candidate)! > 0)
    if (taken === undefined) {
      // Only the remainder is left: one more each, on candidates that have not had one.
      taken = order.find((candidate) => countOf(placed, candidate) <= floor)!
    } else room.set(taken, room.get(taken)! - 1)
    placed.set(key, taken)
  }
  return placed
}

function countOf(placed: ReadonlyMap<string, string>, candidate: string): number {
  let count = 0
  for (const each of placed.values()) if (each === candidate) count++
  return count
}
