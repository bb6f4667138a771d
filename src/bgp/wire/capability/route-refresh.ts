/** Route Refresh, capability 2, RFC 2918 §2: no value. */
import type { Reader } from '../cursor.ts'

export const ROUTE_REFRESH = 2

export interface RouteRefreshCapability {
  readonly type: 'route-refresh'
}

export function decodeRouteRefreshCapability(value: Reader): RouteRefreshCapability | undefined {
  return value.remaining === 0 ? { type: 'route-refresh' } : undefined
}
