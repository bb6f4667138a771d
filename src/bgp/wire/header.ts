/**
 * The header of every message, RFC 4271 §4.1:
 *
 *     Marker  16 octets, all ones
 *     Length   2 octets, of the whole message, 19…4096; to 65535 where both ends said so (RFC 8654), OPEN and KEEPALIVE excepted
 *     Type     1 octet: 1 OPEN, 2 UPDATE, 3 NOTIFICATION, 4 KEEPALIVE, 5 ROUTE-REFRESH (RFC 2918)
 */
import { Writer } from './cursor.ts'
import { ErrorCode, HeaderError, NO_DATA, type WireError } from './errors.ts'

export const HEADER_SIZE = 19
export const MAX_MESSAGE_SIZE = 4096
/** RFC 8654 §3. */
export const EXTENDED_MESSAGE_SIZE = 65535

export const MessageType = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const

/** The least length of a message by its type, RFC 4271 §6.1 and RFC 2918 §3. */
const LEAST: Readonly<Record<number, number>> = { 1: 29, 2: 23, 3: 21, 4: 19, 5: 23 }
/** Types whose length is fixed. */
const EXACT: Readonly<Record<number, number>> = { 4: 19 }

/** Looks at 19 octets at `at`: the message's length and type, or the NOTIFICATION that they deserve. */
export function readHeader(
  bytes: Uint8Array,
  at: number,
  maxSize: number = MAX_MESSAGE_SIZE,
): { readonly length: number; readonly type: number } | WireError {
  for (let i = at; i < at + 16; i++) {
    if (bytes[i] !== 0xff) return error(HeaderError.notSynchronized, 'the marker is not all ones', 'Marker', 0)
  }
  const length = (bytes[at + 16]! << 8) | bytes[at + 17]!
  const type = bytes[at + 18]!
  if (length < HEADER_SIZE || length > maxSize || (length > MAX_MESSAGE_SIZE && type === MessageType.open)) {
    return error(HeaderError.badLength, `a message claims ${length} octets`, 'Length', 16, bytes.slice(at + 16, at + 18))
  }
  const least = LEAST[type]
  if (least === undefined) return error(HeaderError.badType, `message type ${type} is unknown`, 'Type', 18, Uint8Array.of(type))
  const exact = EXACT[type]
  if (length < least || (exact !== undefined && length !== exact)) {
    return error(HeaderError.badLength, `a message of type ${type} claims ${length} octets`, 'Length', 16, bytes.slice(at + 16, at + 18))
  }
  return { length, type }
}

/** Begins a message; `finishMessage` fills its length in. `capacity`: octets that it is going to have, where that is known. */
export function beginMessage(type: number, capacity?: number): Writer {
  const writer = new Writer(capacity)
  for (let i = 0; i < 4; i++) writer.u32(-1)
  return writer.u16(0).u8(type)
}

/** Throws `RangeError` on a message that is longer than any peer accepts: the caller should have packed less into it. */
export function finishMessage(writer: Writer, maxSize: number = MAX_MESSAGE_SIZE): Uint8Array {
  if (writer.length > maxSize) throw new RangeError(`a BGP message of ${writer.length} octets; ${maxSize} at most`)
  writer.patch16(16, writer.length)
  return writer.finish()
}

function error(subcode: number, detail: string, field: string, offset: number, data: Uint8Array = NO_DATA): WireError {
  return { code: ErrorCode.header, subcode, data, detail, field, offset }
}
