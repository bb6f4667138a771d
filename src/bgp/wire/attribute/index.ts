/**
 * Path attributes, RFC 4271 §4.3, each:
 *
 *     Flags   1 octet: Optional, Transitive, Partial, Extended Length
 *     Type    1 octet
 *     Length  1 octet, 2 with Extended Length
 *     Value
 *
 * One file per attribute or group. Errors follow RFC 7606: most make the UPDATE's routes count as withdrawn, a few leave the attribute
 * out, and only what hides the NLRI ends the session. Of an attribute that comes twice the first counts (§3 g).
 */
import type { CodecContext } from '../context.ts'
import { Reader, Truncated, Writer } from '../cursor.ts'
import { type AttributeError, AttributeFault, ErrorCode, NO_DATA, UpdateError, WireFault } from '../errors.ts'
import { type Aggregator, type As4Aggregator, type AtomicAggregate, aggregator, as4Aggregator, atomicAggregate } from './aggregation.ts'
import { type As4Path, type AsPath, as4Path, asPath } from './as-path.ts'
import { type AttributeCodec, Flag } from './codec.ts'
import { type Communities, communities, type LargeCommunities, largeCommunities } from './communities.ts'
import { type MpReach, type MpUnreach, mpReach, mpUnreach } from './multiprotocol.ts'
import { attributeName } from './names.ts'
import { type NextHop, nextHop } from './next-hop.ts'
import { type Origin, origin } from './origin.ts'
import { type LocalPref, localPref, type MultiExitDisc, multiExitDisc } from './preference.ts'

/** An optional attribute that is unknown here, as it came; Extended Length follows from its size. */
export interface UnknownAttribute {
  readonly type: 'unknown'
  readonly flags: number
  readonly code: number
  readonly value: Uint8Array
}

export type KnownAttribute =
  | Origin
  | AsPath
  | NextHop
  | MultiExitDisc
  | LocalPref
  | AtomicAggregate
  | Aggregator
  | Communities
  | LargeCommunities
  | MpReach
  | MpUnreach
  | As4Path
  | As4Aggregator

export type Attribute = KnownAttribute | UnknownAttribute

type Codecs = { readonly [A in KnownAttribute as A['type']]: AttributeCodec<A> }

const BY_TYPE: Codecs = {
  origin,
  'as-path': asPath,
  'next-hop': nextHop,
  'multi-exit-disc': multiExitDisc,
  'local-pref': localPref,
  'atomic-aggregate': atomicAggregate,
  aggregator,
  communities,
  'large-communities': largeCommunities,
  'mp-reach': mpReach,
  'mp-unreach': mpUnreach,
  'as4-path': as4Path,
  'as4-aggregator': as4Aggregator,
}

const BY_CODE = new Map<number, AttributeCodec<KnownAttribute>>(
  Object.values(BY_TYPE).map((codec) => [codec.code, codec as AttributeCodec<KnownAttribute>]),
)

const KIND_BITS = Flag.optional | Flag.transitive

/** Optional attributes that stay bytes, but whose flags and length are known: the value is a multiple of so many octets (RFC 7606 §7.14, §7.15). */
const BYTES: Readonly<Record<number, { readonly flags: number; readonly multiple: number }>> = {
  16: { flags: KIND_BITS, multiple: 8 },
  25: { flags: KIND_BITS, multiple: 20 },
}

/** ORIGINATOR_ID and CLUSTER_LIST (RFC 4456): from an external peer, as all of ours are (R1), nobody reads them, whatever they say (RFC 7606 §7.9, §7.10). */
const INTERNAL: ReadonlySet<number> = new Set([9, 10])

export function decodeAttributes(
  reader: Reader,
  context: CodecContext,
  hasNlri: boolean,
): { readonly attributes: Attribute[]; readonly errors: AttributeError[] } {
  const attributes: Attribute[] = []
  const errors: AttributeError[] = []
  const seen = new Set<number>()
  while (reader.remaining > 0) {
    const start = reader.position
    const header = readAttributeHeader(reader)
    if (header === undefined) {
      errors.push(listError('the attributes do not fill their length', start))
      break
    }
    const { flags, code, value } = header
    if (seen.has(code)) {
      if (code === mpReach.code || code === mpUnreach.code) {
        const detail = `attribute ${code} comes twice`
        throw new WireFault(ErrorCode.update, UpdateError.malformedAttributeList, detail, NO_DATA, attributeName(code), start)
      }
      continue
    }
    seen.add(code)
    try {
      decodeAttribute(flags, code, value, context, attributes)
    } catch (error) {
      const survived = survive(error, code, reader, start)
      // RFC 4760 §3: without NLRI that it is the next hop of it is to be ignored, whatever it says.
      errors.push(code === nextHop.code && !hasNlri ? { ...survived, action: 'attribute-discard' } : survived)
    }
  }
  for (const code of missing(seen, hasNlri)) {
    errors.push({
      action: 'treat-as-withdraw',
      attribute: code,
      subcode: UpdateError.missingWellKnown,
      detail: `well-known attribute ${code} is missing`,
      field: attributeName(code),
    })
  }
  return { attributes, errors }
}

function readAttributeHeader(reader: Reader): { readonly flags: number; readonly code: number; readonly value: Reader } | undefined {
  if (reader.remaining < 3) return undefined
  const flags = reader.u8()
  const code = reader.u8()
  const extended = (flags & Flag.extendedLength) !== 0
  if (extended && reader.remaining < 2) return undefined
  const length = extended ? reader.u16() : reader.u8()
  return length > reader.remaining ? undefined : { flags, code, value: reader.sub(length) }
}

/** One attribute as it came, header included, where one begins. */
export function attributeAt(bytes: Uint8Array, offset: number): Uint8Array {
  const reader = new Reader(bytes, offset)
  readAttributeHeader(reader)
  return bytes.slice(offset, reader.position)
}

function decodeAttribute(flags: number, code: number, value: Reader, context: CodecContext, into: Attribute[]): void {
  const codec = BY_CODE.get(code)
  if (codec === undefined) {
    const known = BYTES[code]
    if (known !== undefined) {
      if ((flags & KIND_BITS) !== known.flags) throw wrongFlags(code, flags)
      if (value.remaining === 0 || value.remaining % known.multiple !== 0) {
        throw new AttributeFault(UpdateError.length, `${value.remaining} octets, which is no multiple of ${known.multiple}`)
      }
    } else if (INTERNAL.has(code)) {
      if ((flags & KIND_BITS) !== Flag.optional) throw wrongFlags(code, flags)
    } else if ((flags & Flag.optional) === 0) {
      throw new WireFault(ErrorCode.update, UpdateError.unrecognizedWellKnown, `well-known attribute ${code} is unknown`)
    }
    into.push({ type: 'unknown', flags: flags & ~Flag.extendedLength, code, value: value.take(value.remaining).slice() })
    return
  }
  const sound = (flags & KIND_BITS) === codec.flags
  // Its routes can be withdrawn only when they are known, so it is read although its flags are wrong (RFC 7606 §3 c).
  if (sound || code === mpReach.code || code === mpUnreach.code) into.push(codec.decode(value, context))
  if (!sound) throw wrongFlags(code, flags)
}

function wrongFlags(code: number, flags: number): AttributeFault {
  // RFC 7606 §7.5: so is an external peer's LOCAL_PREF.
  const action = code === localPref.code || INTERNAL.has(code) ? 'attribute-discard' : 'treat-as-withdraw'
  return new AttributeFault(UpdateError.flags, `attribute ${code} has the flags 0x${flags.toString(16)}`, action)
}

/** A truncated value is a length error; whatever ends the session goes on, with the attribute as its data (RFC 4271 §6.3). */
function survive(error: unknown, attribute: number, reader: Reader, offset: number): AttributeError {
  const field = attributeName(attribute)
  if (error instanceof AttributeFault) {
    return { action: error.action, attribute, subcode: error.subcode, detail: error.message, field, offset }
  }
  if (error instanceof Truncated) {
    return { action: 'treat-as-withdraw', attribute, subcode: UpdateError.length, detail: error.message, field, offset }
  }
  if (!(error instanceof WireFault)) throw error
  const { code, subcode, detail, offset: at } = error.error
  const multiprotocol = attribute === mpReach.code || attribute === mpUnreach.code
  const data = reader.bytes.slice(offset, reader.position)
  throw new WireFault(code, multiprotocol ? UpdateError.optionalAttribute : subcode, detail, data, field, at ?? offset)
}

/** RFC 4271 §5 and RFC 4760 §3: what an UPDATE with routes must have. An attribute that was there but malformed is not missing. */
function missing(seen: ReadonlySet<number>, hasNlri: boolean): number[] {
  const mandatory: number[] = []
  if (hasNlri || seen.has(mpReach.code)) mandatory.push(origin.code, asPath.code)
  if (hasNlri) mandatory.push(nextHop.code)
  return mandatory.filter((code) => !seen.has(code))
}

function listError(detail: string, offset: number): AttributeError {
  const subcode = UpdateError.malformedAttributeList
  return { action: 'treat-as-withdraw', attribute: 0, subcode, detail, field: attributeName(0), offset }
}

export function encodeAttribute(writer: Writer, attribute: Attribute, context: CodecContext): void {
  if (attribute.type === 'unknown') {
    writeAttribute(writer, attribute.flags, attribute.code, attribute.value)
    return
  }
  const codec = BY_TYPE[attribute.type] as AttributeCodec<KnownAttribute>
  const value = new Writer(64)
  codec.encode(value, attribute, context)
  writeAttribute(writer, codec.flags, codec.code, value.finish())
}

/** Extended Length only where it is needed: RFC 4271 §4.3 lets it be used only then. */
function writeAttribute(writer: Writer, flags: number, code: number, value: Uint8Array): void {
  if (value.length > 255)
    writer
      .u8(flags | Flag.extendedLength)
      .u8(code)
      .u16(value.length)
  else writer.u8(flags).u8(code).u8(value.length)
  writer.raw(value)
}

/** The attribute of one type, if there. */
export function findAttribute<T extends KnownAttribute['type']>(
  attributes: readonly Attribute[],
  type: T,
): Extract<KnownAttribute, { readonly type: T }> | undefined {
  return attributes.find((attribute) => attribute.type === type) as Extract<KnownAttribute, { readonly type: T }> | undefined
}
