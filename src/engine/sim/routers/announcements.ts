/** What a router announces to the neighbors that know it by one of its addresses: the best path of every prefix, with itself as next hop. */
import { type AnnouncedRoute, wire } from '../../../bgp/index.ts'
import type { RouterPlan } from '../../../topology/plan.ts'
import type { Selection } from './select.ts'

/** RFC 1997: not beyond the AS that received it. */
const KEPT: readonly number[] = [wire.WellKnownCommunity.noExport, wire.WellKnownCommunity.noAdvertise]

export function announcements(plan: RouterPlan, localAddress: string, selections: Iterable<Selection>): AnnouncedRoute[] {
  const self = { nextHops: [localAddress], singleNextHop: localAddress }
  const routes: AnnouncedRoute[] = []
  const defaults = plan.neighbors.some((neighbor) => neighbor.updateSource === localAddress && neighbor.defaultOriginate)
  if (defaults) routes.push({ prefix: DEFAULT, ...self })
  for (const { route, best } of selections) {
    if (best === undefined || (defaults && route.prefix === DEFAULT)) continue
    const { attributes } = best
    if (attributes?.communities.some((community) => KEPT.includes(community))) continue
    routes.push({ prefix: route.prefix, ...self, transit: best.path.asPath, ...(attributes && { origin: attributes.origin }) })
  }
  return routes
}

const DEFAULT = '0.0.0.0/0'
