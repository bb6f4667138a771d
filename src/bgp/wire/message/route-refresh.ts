/**
 * ROUTE-REFRESH, RFC 2918 §3 with the subtype of RFC 7313 §3.2 in what was a reserved octet:
 *
 *     AFI  2 octets | Subtype  1 octet: 0 request, 1 begin (BoRR), 2 end (EoRR) | SAFI  1 octet
 */
import type { Family } from '../capability/family.ts'
import { Reader } from '../cursor.ts'
import { ErrorCode, HeaderError, WireFault } from '../errors.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MessageType } from '../header.ts'

export interface RouteRefreshMessage extends Family {
  readonly type: 'route-refresh'
  readonly subtype: number
}

export const RefreshSubtype = { request: 0, begin: 1, end: 2 } as const

/** RFC 7313 §5: a begin or an end of another length is answered with the whole message; a request is a bad length as any other. */
export function decodeRouteRefresh(bytes: Uint8Array): RouteRefreshMessage {
  if (bytes.length !== HEADER_SIZE + 4) {
    const subtype = bytes[HEADER_SIZE + 2]
    const detail = `a ROUTE-REFRESH of ${bytes.length} octets`
    if (subtype === RefreshSubtype.begin || subtype === RefreshSubtype.end) {
      throw new WireFault(ErrorCode.routeRefresh, 1, detail, bytes.slice(), 'Length', 16)
    }
    throw new WireFault(ErrorCode.header, HeaderError.badLength, detail, bytes.slice(16, 18), 'Length', 16)
  }
  const reader = new Reader(bytes, HEADER_SIZE)
  return { type: 'route-refresh', afi: reader.u16(), subtype: reader.u8(), safi: reader.u8() }
}

export function encodeRouteRefresh(message: RouteRefreshMessage): Uint8Array {
  return finishMessage(beginMessage(MessageType.routeRefresh).u16(message.afi).u8(message.subtype).u8(message.safi))
}
