import type { BGPAdvertisedRoute } from '../api/index.ts'
import type { NodeRoute } from './speaker.ts'

/** What to announce: one route for each prefix, also where several Services share a VIP on different ports. Sorted by prefix. */
export function nodeRoutes(objects: readonly BGPAdvertisedRoute[]): NodeRoute[] {
  const byPrefix = new Map<string, NodeRoute>()
  const named = [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  for (const { spec } of named) {
    if (spec === undefined) continue
    const { prefix, nextHops, nextHop } = spec
    const before = byPrefix.get(prefix)
    byPrefix.set(prefix, {
      prefix,
      nextHops: [...new Set([...(before?.nextHops ?? []), ...nextHops])],
      singleNextHop: before?.singleNextHop ?? nextHop,
    })
  }
  return [...byPrefix.values()].sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
}
