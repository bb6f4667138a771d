/**
 * Capabilities that are said by being there, without a value: Extended Message, code 6 (RFC 8654 §2), and Enhanced Route Refresh, code 70
 * (RFC 7313 §3.1).
 */
import type { Reader } from '../cursor.ts'

export const EXTENDED_MESSAGE = 6
export const ENHANCED_ROUTE_REFRESH = 70

export interface ExtendedMessage {
  readonly type: 'extended-message'
}

export interface EnhancedRouteRefresh {
  readonly type: 'enhanced-route-refresh'
}

export function decodeExtendedMessage(value: Reader): ExtendedMessage | undefined {
  return value.remaining === 0 ? { type: 'extended-message' } : undefined
}

export function decodeEnhancedRouteRefresh(value: Reader): EnhancedRouteRefresh | undefined {
  return value.remaining === 0 ? { type: 'enhanced-route-refresh' } : undefined
}
