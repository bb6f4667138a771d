/**
 * ROUTE-REFRESH, RFC 2918 §3 with the subtype of RFC 7313 §3.2 in what was a reserved octet:
 *
 *     AFI  2 octets | Subtype  1 octet: 0 request, 1 begin, 2 end | SAFI  1 octet
 */
import type { Family } from '../capability/family.ts'
import { Reader } from '../cursor.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MessageType } from '../header.ts'

export interface RouteRefreshMessage extends Family {
  readonly type: 'route-refresh'
  readonly subtype: number
}

export function decodeRouteRefresh(bytes: Uint8Array): RouteRefreshMessage {
  const reader = new Reader(bytes, HEADER_SIZE)
  return { type: 'route-refresh', afi: reader.u16(), subtype: reader.u8(), safi: reader.u8() }
}

export function encodeRouteRefresh(message: RouteRefreshMessage): Uint8Array {
  return finishMessage(beginMessage(MessageType.routeRefresh).u16(message.afi).u8(message.subtype).u8(message.safi))
}
