/** KEEPALIVE, RFC 4271 §4.4: a header and nothing else. */
import { beginMessage, finishMessage, MessageType } from '../header.ts'

export interface KeepaliveMessage {
  readonly type: 'keepalive'
}

export function encodeKeepalive(): Uint8Array {
  return finishMessage(beginMessage(MessageType.keepalive))
}
