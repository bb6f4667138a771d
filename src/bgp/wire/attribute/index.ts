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
import { type Reader, Truncated, Writer } from '../cursor.ts'
import { type AttributeError, AttributeFault, ErrorCode, UpdateError, WireFault } from '../errors.ts'
import { type Aggregator, type As4Aggregator, type AtomicAggregate, aggregator, as4Aggregator, atomicAggregate } from './aggregation.ts'
import { type As4Path, type AsPath, as4Path, asPath } from './as-path.ts'
import { type AttributeCodec, Flag } from './codec.ts'
import { type Communities, communities } from './communities.ts'
import { type MpReach, type MpUnreach, mpReach, mpUnreach } from './multiprotocol.ts'
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
  'mp-reach': mpReach,
  'mp-unreach': mpUnreach,
  'as4-path': as4Path,
  'as4-aggregator': as4Aggregator,
}

const BY_CODE = new Map<number, AttributeCodec<KnownAttribute>>(
  Object.values(BY_TYPE).map((codec) => [codec.code, codec as AttributeCodec<KnownAttribute>]),
)

const KIND_BITS = Flag.optional | Flag.transitive

export function decodeAttributes(
  reader: Reader,
  context: CodecContext,
  hasNlri: boolean,
): { readonly attributes: Attribute[]; readonly errors: AttributeError[] } {
  const attributes: Attribute[] = []
  const errors: AttributeError[] = []
  const seen = new Set<number>()
  while (reader.remaining > 0) {
    const header = readAttributeHeader(reader)
    if (header === undefined) {
      errors.push(listError('the attributes do not fill their length'))
      break
    }
    const { flags, code, value } = header
    if (seen.has(code)) {
      if (code === mpReach.code || code === mpUnreach.code) {
        throw new WireFault(ErrorCode.update, UpdateError.malformedAttributeList, `attribute ${code} comes twice`)
      }
      continue
    }
    seen.add(code)
    try {
      attributes.push(decodeAttribute(flags, code, value, context))
    } catch (error) {
      errors.push(survive(error, code))
    }
  }
  for (const code of missing(seen, hasNlri)) {
    errors.push({
      action: 'treat-as-withdraw',
      attribute: code,
      subcode: UpdateError.missingWellKnown,
      detail: `well-known attribute ${code} is missing`,
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

function decodeAttribute(flags: number, code: number, value: Reader, context: CodecContext): Attribute {
  const codec = BY_CODE.get(code)
  if (codec === undefined) {
    if ((flags & Flag.optional) === 0) {
      throw new WireFault(ErrorCode.update, UpdateError.unrecognizedWellKnown, `well-known attribute ${code} is unknown`)
    }
    return { type: 'unknown', flags: flags & ~Flag.extendedLength, code, value: value.take(value.remaining).slice() }
  }
  if ((flags & KIND_BITS) !== codec.flags) {
    throw new AttributeFault(UpdateError.flags, `attribute ${code} has the flags 0x${flags.toString(16)}`)
  }
  return codec.decode(value, context)
}

/** A truncated value is a length error; whatever ends the session goes on. */
function survive(error: unknown, attribute: number): AttributeError {
  if (error instanceof AttributeFault) return { action: error.action, attribute, subcode: error.subcode, detail: error.message }
  if (error instanceof Truncated) return { action: 'treat-as-withdraw', attribute, subcode: UpdateError.length, detail: error.message }
  throw error
}

/** RFC 4271 §5 and RFC 4760 §3: what an UPDATE with routes must have. An attribute that was there but malformed is not missing. */
function missing(seen: ReadonlySet<number>, hasNlri: boolean): number[] {
  const mandatory: number[] = []
  if (hasNlri || seen.has(mpReach.code)) mandatory.push(origin.code, asPath.code)
  if (hasNlri) mandatory.push(nextHop.code)
  return mandatory.filter((code) => !seen.has(code))
}

function listError(detail: string): AttributeError {
  return { action: 'treat-as-withdraw', attribute: 0, subcode: UpdateError.malformedAttributeList, detail }
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
