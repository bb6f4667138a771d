/**
 * What the speaker says of a message. The tree's own walk only tells *where*: whether a message is malformed, with which code, subcode,
 * data and action of RFC 7606, is asked of the codec that the speaker uses. Of what that codec keeps as octets (attributes and families
 * that it has no use for) the walk's word stands, marked as such.
 */

import { type Attribute, decodeAttributes } from '../wire/attribute/index.ts'
import { isIpv4Unicast } from '../wire/capability/family.ts'
import { Reader } from '../wire/cursor.ts'
import { type AttributeError, ErrorCode, type WireError, WireFault } from '../wire/errors.ts'
import { EXTENDED_MESSAGE_SIZE, MAX_MESSAGE_SIZE, readHeader } from '../wire/header.ts'
import { decodeMessage } from '../wire/message/index.ts'
import { describeNotification } from '../wire/message/notification.ts'
import type { Fault } from './field.ts'
import { toHex } from './format.ts'
import { codecContext, type DissectOptions } from './options.ts'

export interface Problem {
  readonly code: number
  readonly subcode: number
  /** `UPDATE Message Error/Attribute Length Error (3/5)` */
  readonly name: string
  /** Hexadecimal: of the NOTIFICATION; of an attribute's error the attribute, as RFC 4271 §6.3 has it. */
  readonly data: string
  /** RFC 7606 §2; `session-reset` is the NOTIFICATION. */
  readonly action: Fault['action']
  /** The attribute's type code, where it is about one; 0 for the list as a whole. */
  readonly attribute?: number
  readonly detail: string
  /** The octets at fault, as of the message. */
  readonly at: number
  readonly end: number
  /** The speaker keeps these octets as they are and does not look into them. */
  readonly opaqueToSpeaker?: true
}

/** What the codec says: nothing, one error that ends the session, or those that an UPDATE survives; and what it looked into. */
interface Verdict {
  readonly fatal?: WireError
  readonly survived: readonly AttributeError[]
  /** Attributes that it kept as octets, at least in part. */
  readonly opaque: ReadonlySet<number>
}

const SOUND: Verdict = { survived: [], opaque: new Set() }

/** The header's verdict (RFC 4271 §6.1, RFC 8654 §4); `undefined` for a sound one. */
export function headerError(bytes: Uint8Array, options: DissectOptions): WireError | undefined {
  const header = readHeader(bytes, 0, options.extendedMessages ? EXTENDED_MESSAGE_SIZE : MAX_MESSAGE_SIZE)
  return 'code' in header ? header : undefined
}

export function messageVerdict(bytes: Uint8Array, options: DissectOptions): Verdict {
  const header = headerError(bytes, options)
  if (header !== undefined) return { ...SOUND, fatal: header }
  const decoded = decodeMessage({ type: bytes[18]!, bytes }, codecContext(options))
  if (!decoded.ok) return { ...SOUND, fatal: decoded.error }
  const { message } = decoded
  if (message.type !== 'update') return SOUND
  const opaque = opaqueOf(message.attributes)
  // Of MP_REACH_NLRI with wrong flags the codec has said its word, although it keeps the octets.
  for (const { attribute } of message.errors) opaque.delete(attribute)
  return { survived: message.errors, opaque }
}

/** Of the attributes of a route in a dump; the next hop alone that stands for MP_REACH_NLRI is none of the codec's matters. */
export function attributesVerdict(
  bytes: Uint8Array,
  spans: readonly { readonly at: number; readonly end: number }[],
  options: DissectOptions,
): Verdict {
  const survived: AttributeError[] = []
  const opaque = new Set([14])
  for (const { at, end } of spans) {
    try {
      const { attributes, errors } = decodeAttributes(new Reader(bytes, at, end), codecContext(options), false)
      survived.push(...errors.filter((each) => each.subcode !== MISSING && !isCollectorsOwn(bytes, each)))
      for (const code of opaqueOf(attributes)) opaque.add(code)
    } catch (error) {
      if (error instanceof WireFault) return { fatal: error.error, survived, opaque }
      throw error
    }
  }
  return { survived, opaque }
}

const MISSING = 3
const FLAGS = 4
const INVALID_NEXT_HOP = 8

/**
 * What no peer ever sent: FRR and OpenBGPD dump their own routes with the next hop 0.0.0.0, BIRD what it set itself without any flag.
 */
function isCollectorsOwn(bytes: Uint8Array, { subcode, offset }: AttributeError): boolean {
  if (offset === undefined) return false
  if (subcode === FLAGS) return bytes[offset] === 0
  return subcode === INVALID_NEXT_HOP && bytes.subarray(offset + 3, offset + 7).every((octet) => octet === 0)
}

function opaqueOf(attributes: readonly Attribute[]): Set<number> {
  const codes = new Set<number>()
  for (const attribute of attributes) {
    if (attribute.type === 'unknown') codes.add(attribute.code)
    // Of the families that it reads not even the next hop is kept as it came.
    const multiprotocol = attribute.type === 'mp-reach' || attribute.type === 'mp-unreach'
    if (multiprotocol && attribute.nlri6 === undefined && !isIpv4Unicast(attribute)) codes.add(attribute.type === 'mp-reach' ? 14 : 15)
  }
  // In an error 0 is the list as a whole, whatever a peer calls an attribute.
  codes.delete(0)
  return codes
}

/** Puts the verdict where the walk found it; `whole` is where it lies when the walk found nothing. */
export function problemsOf(
  verdict: Verdict,
  faults: readonly Fault[],
  bytes: Uint8Array,
  whole: { readonly at: number; readonly end: number },
  attributeAt: (code: number) => { readonly at: number; readonly end: number } | undefined,
): Problem[] {
  if (verdict.fatal !== undefined) {
    const { code, subcode, data, detail } = verdict.fatal
    const there = faults.find((each) => each.code === code && each.subcode === subcode && each.action === 'session-reset')
    const where = there ?? faults.find((each) => each.action === 'session-reset') ?? faults[0] ?? whole
    return [problem({ code, subcode, detail, action: 'session-reset', at: where.at, end: where.end }, toHex(data))]
  }
  const told = verdict.survived.map((error) => {
    const { attribute, subcode, action, detail } = error
    const where = faults.find((each) => each.attribute === attribute) ?? attributeAt(attribute) ?? whole
    return problem({ code: ErrorCode.update, subcode, action, attribute, detail, at: where.at, end: where.end }, dataOf(attribute, subcode))
  })
  const own = faults
    .filter((each) => !each.escalated && each.attribute !== undefined && verdict.opaque.has(each.attribute))
    .map((each) => ({ ...problem(each, dataOf(each.attribute!, each.subcode)), opaqueToSpeaker: true as const }))
  return [...told, ...own]

  /** RFC 4271 §6.3: the attribute as it came, or the type of the one that is missing. */
  function dataOf(attribute: number, subcode: number): string {
    if (subcode === MISSING) return toHex(Uint8Array.of(attribute))
    const span = attributeAt(attribute)
    return span === undefined ? '' : toHex(bytes.subarray(span.at, span.end))
  }
}

function problem(fault: Fault, data: string): Problem {
  return { ...fault, name: describeNotification(fault.code, fault.subcode), data }
}
