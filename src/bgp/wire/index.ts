/**
 * wire: BGP-4 messages as bytes and as values.
 *
 *     stream ─ Framer.push ─▶ frames ─ decodeMessage ─▶ messages        messages ─ encodeMessage, packAnnouncements ─▶ bytes
 *
 * Every decoder answers with a value: a message, or the NOTIFICATION that the bytes deserve. An UPDATE that RFC 7606 lets the session
 * survive is a message with its `errors` recorded; `explain` puts an error, its field and its octet into one line. Refuses: state, time.
 * Imports net.
 */
export {
  type AsSegment,
  asnsOf,
  mergeAs4Path,
  pathLength,
} from './attribute/as-path.ts'
export {
  formatCommunity,
  formatLargeCommunity,
  type LargeCommunity,
  parseCommunity,
  parseLargeCommunity,
  WellKnownCommunity,
} from './attribute/communities.ts'
export { type Attribute, findAttribute, type KnownAttribute, type UnknownAttribute } from './attribute/index.ts'
export { AttributeInterner, type AttributeSet } from './attribute/interned.ts'
export { ipv4NextHop, ipv6NextHop } from './attribute/multiprotocol.ts'
export { attributeName } from './attribute/names.ts'
export type { OriginValue } from './attribute/origin.ts'
export type { AddPathFamily } from './capability/add-path.ts'
export { type Family, familyName, IPV4_UNICAST, IPV6_UNICAST, isIpv4Unicast, isIpv6Unicast } from './capability/family.ts'
export { AS_TRANS } from './capability/four-octet-as.ts'
export type { GracefulRestart } from './capability/graceful-restart.ts'
export type { Capability } from './capability/index.ts'
export { type CodecContext, PLAIN } from './context.ts'
export {
  type AttributeAction,
  type AttributeError,
  CeaseReason,
  ErrorCode,
  explain,
  HeaderError,
  NO_DATA,
  OpenError,
  UpdateError,
  type WireError,
} from './errors.ts'
export { type Frame, type Framed, Framer } from './framer.ts'
export { EXTENDED_MESSAGE_SIZE, HEADER_SIZE, MAX_MESSAGE_SIZE, MessageType } from './header.ts'
export { type Decoded, decodeMessage, encodeMessage, type Message } from './message/index.ts'
export type { KeepaliveMessage } from './message/keepalive.ts'
export { describeNotification, type NotificationMessage, shutdownCommunication, shutdownData } from './message/notification.ts'
export { asnOf, type OpenMessage } from './message/open.ts'
export { RefreshSubtype, type RouteRefreshMessage } from './message/route-refresh.ts'
export { encodeEndOfRib, endOfRib, treatAsWithdraw, type UpdateMessage } from './message/update.ts'
export { type PlainUpdate, UpdateView, viewUpdate } from './message/update-view.ts'
export type { Nlri, Nlri6 } from './nlri.ts'
export { NlriCursor, type NlriSpan } from './nlri-cursor.ts'
export { leavesRoom, packAnnouncements, packAnnouncements6, packWithdrawals, packWithdrawals6 } from './pack.ts'
