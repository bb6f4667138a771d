/**
 * Packs many routes into few UPDATEs: as many NLRI of the same attributes in one message as its 4096 octets hold (RFC 4271 §4.3; more
 * with RFC 8654), and withdrawn routes in messages of their own. IPv6 routes go inside MP_REACH_NLRI, which stands first (RFC 7606 §5.1).
 */
import { type Attribute, encodeAttribute } from './attribute/index.ts'
import type { CodecContext } from './context.ts'
import { Writer } from './cursor.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MAX_MESSAGE_SIZE, MessageType } from './header.ts'
import { encodeNlri, encodeNlri6, type Nlri, type Nlri6, nlriSize } from './nlri.ts'

/** A path identifier, the length, and the whole address. */
const LONGEST_NLRI = { ipv4: 9, ipv6: 21 }
/** MP_REACH_NLRI without its routes: flags, type and two octets of length; AFI, SAFI, the next hop's length, the next hop, and a reserved octet. */
const mpReachHead = (nextHop: number) => 4 + 5 + nextHop

/** Whether the attributes leave room for a route of the family; where not, it cannot be announced in this session (RFC 4271 §9.2). */
export function leavesRoom(attributes: readonly Attribute[], family: 'ipv4' | 'ipv6', context: CodecContext): boolean {
  const encoded = new Writer()
  for (const attribute of attributes) encodeAttribute(encoded, attribute, context)
  const head = family === 'ipv4' ? 0 : mpReachHead(16)
  return HEADER_SIZE + 4 + head + encoded.length + LONGEST_NLRI[family] <= (context.maxMessageSize ?? MAX_MESSAGE_SIZE)
}

/** Throws `RangeError` where the attributes leave no room for a route. */
export function packAnnouncements(attributes: readonly Attribute[], routes: readonly Nlri[], context: CodecContext): Uint8Array[] {
  const encoded = new Writer()
  for (const attribute of attributes) encodeAttribute(encoded, attribute, context)
  const bytes = encoded.finish()
  const overhead = HEADER_SIZE + 4 + bytes.length
  return fill(routes, context.addPath, context, overhead, (part, size) => {
    const writer = beginMessage(MessageType.update, overhead + size)
      .u16(0)
      .u16(bytes.length)
      .raw(bytes)
    for (const nlri of part) encodeNlri(writer, nlri, context.addPath)
    return finishMessage(writer, context.maxMessageSize)
  })
}

export function packWithdrawals(routes: readonly Nlri[], context: CodecContext): Uint8Array[] {
  return fill(routes, context.addPath, context, HEADER_SIZE + 4, (part, size) => {
    const writer = beginMessage(MessageType.update, HEADER_SIZE + 4 + size).u16(size)
    for (const nlri of part) encodeNlri(writer, nlri, context.addPath)
    return finishMessage(writer.u16(0), context.maxMessageSize)
  })
}

/** `nextHop`: 16 octets. Throws as `packAnnouncements` does. */
export function packAnnouncements6(
  attributes: readonly Attribute[],
  nextHop: Uint8Array,
  routes: readonly Nlri6[],
  context: CodecContext,
): Uint8Array[] {
  const encoded = new Writer()
  for (const attribute of attributes) encodeAttribute(encoded, attribute, context)
  const bytes = encoded.finish()
  const addPath = context.ipv6?.addPath ?? false
  const head = mpReachHead(nextHop.length)
  return fill(routes, addPath, context, HEADER_SIZE + 4 + head + bytes.length, (part, size) => {
    const writer = beginMessage(MessageType.update)
      .u16(0)
      .u16(head + size + bytes.length)
    writer
      .u8(0x90)
      .u8(14)
      .u16(5 + nextHop.length + size)
      .u16(2)
      .u8(1)
    writer.u8(nextHop.length).raw(nextHop).u8(0)
    for (const nlri of part) encodeNlri6(writer, nlri, addPath)
    return finishMessage(writer.raw(bytes), context.maxMessageSize)
  })
}

export function packWithdrawals6(routes: readonly Nlri6[], context: CodecContext): Uint8Array[] {
  const addPath = context.ipv6?.addPath ?? false
  return fill(routes, addPath, context, HEADER_SIZE + 4 + 7, (part, size) => {
    const writer = beginMessage(MessageType.update)
      .u16(0)
      .u16(7 + size)
    writer
      .u8(0x90)
      .u8(15)
      .u16(3 + size)
      .u16(2)
      .u8(1)
    for (const nlri of part) encodeNlri6(writer, nlri, addPath)
    return finishMessage(writer, context.maxMessageSize)
  })
}

function fill<N extends { readonly length: number }>(
  routes: readonly N[],
  addPath: boolean,
  context: CodecContext,
  overhead: number,
  message: (part: readonly N[], size: number) => Uint8Array,
): Uint8Array[] {
  const room = (context.maxMessageSize ?? MAX_MESSAGE_SIZE) - overhead
  const messages: Uint8Array[] = []
  let part: N[] = []
  let size = 0
  for (const nlri of routes) {
    const needs = nlriSize(nlri, addPath)
    if (size + needs > room && part.length > 0) {
      messages.push(message(part, size))
      part = []
      size = 0
    }
    part.push(nlri)
    size += needs
  }
  if (part.length > 0) messages.push(message(part, size))
  return messages
}
