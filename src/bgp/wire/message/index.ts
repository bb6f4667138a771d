/** Frames to messages and back: one file per message. */
import type { CodecContext } from '../context.ts'
import { ErrorCode, HeaderError, type WireError, WireFault } from '../errors.ts'
import type { Frame } from '../framer.ts'
import { MessageType } from '../header.ts'
import { encodeKeepalive, type KeepaliveMessage } from './keepalive.ts'
import { decodeNotification, encodeNotification, type NotificationMessage } from './notification.ts'
import { decodeOpen, encodeOpen, type OpenMessage } from './open.ts'
import { decodeRouteRefresh, encodeRouteRefresh, type RouteRefreshMessage } from './route-refresh.ts'
import { decodeUpdate, encodeUpdate, type UpdateMessage } from './update.ts'

export type Message = OpenMessage | UpdateMessage | NotificationMessage | KeepaliveMessage | RouteRefreshMessage

export type Decoded = { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly error: WireError }

/** The message in a frame, or the NOTIFICATION that answers it (RFC 4271 §6.2 and §6.3). */
export function decodeMessage(frame: Frame, context: CodecContext): Decoded {
  try {
    return { ok: true, message: decodeBody(frame, context) }
  } catch (error) {
    if (error instanceof WireFault) return { ok: false, error: error.error }
    throw error
  }
}

function decodeBody(frame: Frame, context: CodecContext): Message {
  switch (frame.type) {
    case MessageType.open:
      return decodeOpen(frame.bytes)
    case MessageType.update:
      return decodeUpdate(frame.bytes, context)
    case MessageType.notification:
      return decodeNotification(frame.bytes)
    case MessageType.keepalive:
      return { type: 'keepalive' }
    case MessageType.routeRefresh:
      return decodeRouteRefresh(frame.bytes)
    default:
      throw new WireFault(
        ErrorCode.header,
        HeaderError.badType,
        `message type ${frame.type} is unknown`,
        Uint8Array.of(frame.type),
        'Type',
        18,
      )
  }
}

export function encodeMessage(message: Message, context: CodecContext): Uint8Array {
  switch (message.type) {
    case 'open':
      return encodeOpen(message)
    case 'update':
      return encodeUpdate(message, context)
    case 'notification':
      return encodeNotification(message)
    case 'keepalive':
      return encodeKeepalive()
    case 'route-refresh':
      return encodeRouteRefresh(message)
  }
}
