/**
 * UPDATE, RFC 4271 §4.3:
 *
 *     Withdrawn Routes Length     2 octets
 *     Withdrawn Routes            NLRI
 *     Total Path Attribute Length 2 octets
 *     Path Attributes             see attribute/index.ts
 *     NLRI                        the rest
 *
 * With neither withdrawn routes nor attributes it is the End-of-RIB marker of IPv4 unicast (RFC 4724 §2).
 */
import { type Attribute, attributeAt, decodeAttributes, encodeAttribute, findAttribute } from '../attribute/index.ts'
import { type Family, IPV4_UNICAST, isIpv4Unicast } from '../capability/family.ts'
import { type CodecContext, PLAIN } from '../context.ts'
import { Reader } from '../cursor.ts'
import { type AttributeError, ErrorCode, NO_DATA, UpdateError, WireFault } from '../errors.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MessageType } from '../header.ts'
import { decodeNlri, encodeNlri, type Nlri } from '../nlri.ts'

export interface UpdateMessage {
  readonly type: 'update'
  readonly withdrawn: readonly Nlri[]
  /** In the order of the wire; those in error are left out. */
  readonly attributes: readonly Attribute[]
  readonly nlri: readonly Nlri[]
  /** What was wrong with it and is survived (RFC 7606); empty for a sound one. */
  readonly errors: readonly AttributeError[]
}

export function decodeUpdate(bytes: Uint8Array, context: CodecContext): UpdateMessage {
  const reader = new Reader(bytes, HEADER_SIZE)
  const withdrawnLength = reader.u16()
  if (withdrawnLength + 2 > reader.remaining) {
    throw malformed(`withdrawn routes of ${withdrawnLength} octets do not fit`, 'Withdrawn Routes Length', HEADER_SIZE)
  }
  const withdrawn = decodeNlri(reader.sub(withdrawnLength), context.addPath, 'Withdrawn Routes')
  const attributesLength = reader.u16()
  if (attributesLength > reader.remaining) {
    throw malformed(`path attributes of ${attributesLength} octets do not fit`, 'Total Path Attribute Length', reader.position - 2)
  }
  const attributesReader = reader.sub(attributesLength)
  const nlri = decodeNlri(reader, context.addPath)
  const { attributes, errors } = decodeAttributes(attributesReader, context, nlri.length > 0)
  if (errors.length > 0 && nlri.length === 0) demandRoutes(bytes, attributes, errors)
  return { type: 'update', withdrawn, attributes, nlri, errors }
}

/**
 * RFC 7606 §5.2: where attributes that come with routes are in error, but no routes were found, they may have been lost in what could not
 * be read: withdrawing none would leave them in use, so the session ends. MP_UNREACH_NLRI comes without.
 */
function demandRoutes(bytes: Uint8Array, attributes: readonly Attribute[], errors: readonly AttributeError[]): void {
  const worst = errors.find((error) => error.action === 'treat-as-withdraw')
  if (worst === undefined) return
  const reach = findAttribute(attributes, 'mp-reach')
  if (reach && (reach.nlri.length > 0 || reach.other.length > 0 || (reach.nlri6?.length ?? 0) > 0)) return
  if (errors.every((error) => error.attribute === MP_UNREACH) && attributes.every((attribute) => attribute.type === 'mp-unreach')) return
  const detail = `${worst.detail}, in an UPDATE without routes`
  throw new WireFault(ErrorCode.update, worst.subcode, detail, dataOf(worst, bytes), worst.field, worst.offset)
}

/** RFC 4271 §6.3: the attribute in error as it came, the type code of one that is missing, nothing for the list as a whole. */
function dataOf({ attribute, subcode, offset }: AttributeError, bytes: Uint8Array): Uint8Array {
  if (subcode === UpdateError.missingWellKnown) return Uint8Array.of(attribute)
  return attribute === 0 || offset === undefined ? NO_DATA : attributeAt(bytes, offset)
}

const MP_UNREACH = 15

export function encodeUpdate(message: Omit<UpdateMessage, 'type' | 'errors'>, context: CodecContext): Uint8Array {
  const writer = beginMessage(MessageType.update)
  const withdrawnAt = writer.length
  writer.u16(0)
  for (const nlri of message.withdrawn) encodeNlri(writer, nlri, context.addPath)
  writer.patch16(withdrawnAt, writer.length - withdrawnAt - 2)
  const attributesAt = writer.length
  writer.u16(0)
  for (const attribute of message.attributes) encodeAttribute(writer, attribute, context)
  writer.patch16(attributesAt, writer.length - attributesAt - 2)
  for (const nlri of message.nlri) encodeNlri(writer, nlri, context.addPath)
  return finishMessage(writer, context.maxMessageSize)
}

/** RFC 7606 §2: its NLRI count as withdrawn. */
export function treatAsWithdraw(message: UpdateMessage): boolean {
  return message.errors.some((error) => error.action === 'treat-as-withdraw')
}

/** The family whose End-of-RIB marker this is (RFC 4724 §2); `undefined` for any other UPDATE. */
export function endOfRib(message: UpdateMessage): Family | undefined {
  if (message.withdrawn.length > 0 || message.nlri.length > 0 || message.errors.length > 0) return undefined
  const [only, more] = message.attributes
  if (only === undefined) return IPV4_UNICAST
  if (more !== undefined || only.type !== 'mp-unreach') return undefined
  const empty = only.nlri.length === 0 && only.other.length === 0 && (only.nlri6?.length ?? 0) === 0
  return empty ? { afi: only.afi, safi: only.safi } : undefined
}

/** The End-of-RIB marker of a family, as bytes. */
export function encodeEndOfRib(family: Family): Uint8Array {
  const unreach: Attribute = { type: 'mp-unreach', afi: family.afi, safi: family.safi, nlri: [], other: NO_DATA }
  return encodeUpdate({ withdrawn: [], attributes: isIpv4Unicast(family) ? [] : [unreach], nlri: [] }, PLAIN)
}

function malformed(detail: string, field: string, offset: number): WireFault {
  return new WireFault(ErrorCode.update, UpdateError.malformedAttributeList, detail, NO_DATA, field, offset)
}
