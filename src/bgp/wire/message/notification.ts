/**
 * NOTIFICATION, RFC 4271 §4.5:
 *
 *     Error Code  1 octet | Error Subcode  1 octet | Data
 */
import { Reader } from '../cursor.ts'
import { CeaseReason, ErrorCode, NO_DATA } from '../errors.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MAX_MESSAGE_SIZE, MessageType } from '../header.ts'

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

/** Data that does not fit is cut: an attribute of 4 kB is known by its beginning. */
export function encodeNotification(message: NotificationMessage): Uint8Array {
  const data = message.data.subarray(0, MAX_MESSAGE_SIZE - HEADER_SIZE - 2)
  return finishMessage(beginMessage(MessageType.notification).u8(message.code).u8(message.subcode).raw(data))
}

/** RFC 9003 §2: octets of the text, which must be cut inside no character. */
const LONGEST_COMMUNICATION = 255

/** The data of a Cease/Administrative Shutdown or Reset with words for the operator at the other end; longer ones are cut. */
export function shutdownData(text: string): Uint8Array {
  if (text === '') return NO_DATA
  let octets = new TextEncoder().encode(text)
  if (octets.length > LONGEST_COMMUNICATION) {
    let end = LONGEST_COMMUNICATION
    while (end > 0 && (octets[end]! & 0xc0) === 0x80) end--
    octets = octets.slice(0, end)
  }
  return Uint8Array.of(octets.length, ...octets)
}

/**
 * What the peer's operator wrote (RFC 9003), without control characters; `undefined` where there is nothing. Octets that are no UTF-8, or
 * not as many as announced, are said to be so and are otherwise ignored.
 */
export function shutdownCommunication({ code, subcode, data }: NotificationMessage): string | undefined {
  const speaks = subcode === CeaseReason.administrativeShutdown || subcode === CeaseReason.administrativeReset
  if (code !== ErrorCode.cease || !speaks || data.length === 0 || data[0] === 0) return undefined
  const text = data.subarray(1, 1 + data[0]!)
  if (text.length < data[0]!) return `(malformed: ${data[0]} octets announced, ${text.length} there)`
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out, so that a log keeps its lines.
    return new TextDecoder('utf-8', { fatal: true }).decode(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
  } catch {
    return '(malformed: not UTF-8)'
  }
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
      5: 'Authentication Failure',
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
      7: 'AS Routing Loop',
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
  8: { name: 'Send Hold Timer Expired', subcodes: {} },
}

/** `Cease/Administrative Shutdown (6/2)` */
export function describeNotification(code: number, subcode: number): string {
  const known = NAMES[code]
  const name = known?.name ?? 'Unknown Error'
  const detail = known?.subcodes[subcode]
  return `${name}${detail === undefined ? '' : `/${detail}`} (${code}/${subcode})`
}
