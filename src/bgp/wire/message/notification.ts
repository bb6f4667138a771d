/**
 * NOTIFICATION, RFC 4271 §4.5:
 *
 *     Error Code  1 octet | Error Subcode  1 octet | Data
 */
import { Reader } from '../cursor.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MessageType } from '../header.ts'

export interface NotificationMessage {
  readonly type: 'notification'
  readonly code: number
  readonly subcode: number
  readonly data: Uint8Array
}

export function decodeNotification(bytes: Uint8Array): NotificationMessage {
  const reader = new Reader(bytes, HEADER_SIZE)
  return { type: 'notification', code: reader.u8(), subcode: reader.u8(), data: bytes.slice(reader.position) }
}

export function encodeNotification(message: NotificationMessage): Uint8Array {
  return finishMessage(beginMessage(MessageType.notification).u8(message.code).u8(message.subcode).raw(message.data))
}

interface ErrorNames {
  readonly name: string
  readonly subcodes: Readonly<Record<number, string>>
}

/** IANA "BGP Error (Notification) Codes" and their subcodes. */
const NAMES: Readonly<Record<number, ErrorNames>> = {
  1: {
    name: 'Message Header Error',
    subcodes: { 1: 'Connection Not Synchronized', 2: 'Bad Message Length', 3: 'Bad Message Type' },
  },
  2: {
    name: 'OPEN Message Error',
    subcodes: {
      1: 'Unsupported Version Number',
      2: 'Bad Peer AS',
      3: 'Bad BGP Identifier',
      4: 'Unsupported Optional Parameter',
      6: 'Unacceptable Hold Time',
      7: 'Unsupported Capability',
      11: 'Role Mismatch',
    },
  },
  3: {
    name: 'UPDATE Message Error',
    subcodes: {
      1: 'Malformed Attribute List',
      2: 'Unrecognized Well-known Attribute',
      3: 'Missing Well-known Attribute',
      4: 'Attribute Flags Error',
      5: 'Attribute Length Error',
      6: 'Invalid ORIGIN Attribute',
      8: 'Invalid NEXT_HOP Attribute',
      9: 'Optional Attribute Error',
      10: 'Invalid Network Field',
      11: 'Malformed AS_PATH',
    },
  },
  4: { name: 'Hold Timer Expired', subcodes: {} },
  5: {
    name: 'Finite State Machine Error',
    subcodes: {
      1: 'Unexpected Message in OpenSent',
      2: 'Unexpected Message in OpenConfirm',
      3: 'Unexpected Message in Established',
    },
  },
  6: {
    name: 'Cease',
    subcodes: {
      1: 'Maximum Number of Prefixes Reached',
      2: 'Administrative Shutdown',
      3: 'Peer De-configured',
      4: 'Administrative Reset',
      5: 'Connection Rejected',
      6: 'Other Configuration Change',
      7: 'Connection Collision Resolution',
      8: 'Out of Resources',
      9: 'Hard Reset',
      10: 'BFD Down',
    },
  },
  7: { name: 'ROUTE-REFRESH Message Error', subcodes: { 1: 'Invalid Message Length' } },
}

/** `Cease/Administrative Shutdown (6/2)` */
export function describeNotification(code: number, subcode: number): string {
  const known = NAMES[code]
  const name = known?.name ?? 'Unknown Error'
  const detail = known?.subcodes[subcode]
  return `${name}${detail === undefined ? '' : `/${detail}`} (${code}/${subcode})`
}
