/**
 * Packs many routes into few UPDATEs: as many NLRI of the same attributes in one message as its 4096 octets hold (RFC 4271 §4.3), and
 * withdrawn routes in messages of their own.
 */
import { type Attribute, encodeAttribute } from './attribute/index.ts'
import type { CodecContext } from './context.ts'
import { Writer } from './cursor.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MAX_MESSAGE_SIZE, MessageType } from './header.ts'
import { encodeNlri, type Nlri, nlriSize } from './nlri.ts'

export function packAnnouncements(attributes: readonly Attribute[], routes: readonly Nlri[], context: CodecContext): Uint8Array[] {
  const encoded = new Writer()
  for (const attribute of attributes) encodeAttribute(encoded, attribute, context)
  const bytes = encoded.finish()
  return fill(routes, context, HEADER_SIZE + 4 + bytes.length, (part) => {
    const writer = beginMessage(MessageType.update).u16(0).u16(bytes.length).raw(bytes)
    for (const nlri of part) encodeNlri(writer, nlri, context.addPath)
    return finishMessage(writer)
  })
}

export function packWithdrawals(routes: readonly Nlri[], context: CodecContext): Uint8Array[] {
  return fill(routes, context, HEADER_SIZE + 4, (part, size) => {
    const writer = beginMessage(MessageType.update).u16(size)
    for (const nlri of part) encodeNlri(writer, nlri, context.addPath)
    return finishMessage(writer.u16(0))
  })
}

function fill(
  routes: readonly Nlri[],
  context: CodecContext,
  overhead: number,
  message: (part: readonly Nlri[], size: number) => Uint8Array,
): Uint8Array[] {
  const room = MAX_MESSAGE_SIZE - overhead
  const messages: Uint8Array[] = []
  let part: Nlri[] = []
  let size = 0
  for (const nlri of routes) {
    const needs = nlriSize(nlri, context.addPath)
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
