/**
 * Path attributes, RFC 4271 §4.3 and IANA "BGP Path Attributes": Flags 1 | Type 1 | Length 1, or 2 with Extended Length | Value.
 *
 * One row for each attribute: its name, the Optional and Transitive bits that it has, what RFC 7606 and its own RFC do about a malformed
 * one, and how its value is read. An unknown one stays octets.
 */
import { Truncated } from '../../wire/cursor.ts'
import { UpdateError } from '../../wire/errors.ts'
import { type Context, fatal, fault, type Json } from '../context.ts'
import type { Fault, Field, Scope } from '../field.ts'
import { aggregator, as4Aggregator, as4Path, asPath } from './as-path.ts'
import { clusterList, communities, extendedCommunities, ipv6ExtendedCommunities, largeCommunities } from './communities.ts'
import { mpReach, mpUnreach } from './multiprotocol.ts'
import { address, atomicAggregate, nextHop, number, origin, otc } from './plain.ts'
import { aigp, attributeSet, bfdDiscriminator, linkState, pmsiTunnel, prefixSid, tunnelEncapsulation } from './structured.ts'

/** An attribute's value in JSON and in words. */
export interface Told {
  readonly value: Json
  readonly text: string
}

/** Reads all of `scope`; what it finds wrong it says through `context`, and `Truncated` is a length error. */
export type ReadAttribute = (scope: Scope, context: Context, malformed: Malformed) => Told

/** Says what is wrong with the attribute: RFC 4271's subcode, and the action if it is not the attribute's own. */
export type Malformed = (detail: string, subcode?: number, span?: { readonly at: number; readonly end: number }) => void

interface Row {
  readonly name: string
  readonly flags: number
  readonly action: Fault['action']
  readonly read?: ReadAttribute
}

const OPTIONAL = 0x80
const TRANSITIVE = 0x40
const EXTENDED_LENGTH = 0x10
const WELL_KNOWN = TRANSITIVE
const BOTH = OPTIONAL | TRANSITIVE

const row = (name: string, flags: number, read?: ReadAttribute, action: Fault['action'] = 'treat-as-withdraw'): Row => ({
  name,
  flags,
  action,
  ...(read && { read }),
})

const ROWS: Readonly<Record<number, Row>> = {
  1: row('ORIGIN', WELL_KNOWN, origin),
  2: row('AS_PATH', WELL_KNOWN, asPath),
  3: row('NEXT_HOP', WELL_KNOWN, nextHop),
  4: row('MULTI_EXIT_DISC', OPTIONAL, number),
  5: row('LOCAL_PREF', WELL_KNOWN, number, 'attribute-discard'),
  6: row('ATOMIC_AGGREGATE', WELL_KNOWN, atomicAggregate, 'attribute-discard'),
  7: row('AGGREGATOR', BOTH, aggregator, 'attribute-discard'),
  8: row('COMMUNITIES', BOTH, communities),
  9: row('ORIGINATOR_ID', OPTIONAL, address),
  10: row('CLUSTER_LIST', OPTIONAL, clusterList),
  14: row('MP_REACH_NLRI', OPTIONAL, mpReach, 'session-reset'),
  15: row('MP_UNREACH_NLRI', OPTIONAL, mpUnreach, 'session-reset'),
  16: row('EXTENDED_COMMUNITIES', BOTH, extendedCommunities),
  17: row('AS4_PATH', BOTH, as4Path, 'attribute-discard'),
  18: row('AS4_AGGREGATOR', BOTH, as4Aggregator, 'attribute-discard'),
  22: row('PMSI_TUNNEL', BOTH, pmsiTunnel),
  23: row('TUNNEL_ENCAPSULATION', BOTH, tunnelEncapsulation),
  24: row('TRAFFIC_ENGINEERING', OPTIONAL),
  25: row('IPV6_EXTENDED_COMMUNITIES', BOTH, ipv6ExtendedCommunities),
  26: row('AIGP', OPTIONAL, aigp, 'attribute-discard'),
  27: row('PE_DISTINGUISHER_LABELS', BOTH),
  29: row('BGP-LS', OPTIONAL, linkState, 'attribute-discard'),
  32: row('LARGE_COMMUNITY', BOTH, largeCommunities),
  33: row('BGPsec_PATH', OPTIONAL),
  34: row('COMMUNITY_CONTAINER', BOTH),
  35: row('ONLY_TO_CUSTOMER', BOTH, otc),
  36: row('D-PATH', BOTH),
  38: row('BFD_DISCRIMINATOR', BOTH, bfdDiscriminator, 'attribute-discard'),
  40: row('PREFIX_SID', BOTH, prefixSid, 'attribute-discard'),
  128: row('ATTR_SET', BOTH, attributeSet),
}

export function attributeName(code: number): string {
  return ROWS[code]?.name ?? `ATTRIBUTE_${code}`
}

const MP_REACH = 14
const MP_UNREACH = 15

/** All attributes to the end of `scope`, and what an UPDATE must have and this one lacks. */
export function walkAttributes(scope: Scope, context: Context, hasNlri: boolean, complete = true): void {
  const whole = { at: scope.at, end: scope.end }
  const seen = new Set<number>()
  while (scope.remaining > 0) {
    const header = headerOf(scope)
    if (header === undefined || header.octets + header.length > scope.remaining) {
      context.attribute = 0
      fault(context, { at: scope.at, end: scope.end }, UpdateError.malformedAttributeList, 'treat-as-withdraw', overrun(scope, header))
      delete context.attribute
      scope.rest('Undecoded')
      break
    }
    const repeated = seen.has(header.code)
    seen.add(header.code)
    walkAttribute(scope, header, repeated, context)
  }
  if (!complete) return
  for (const code of missing(seen, hasNlri)) {
    context.attribute = code
    fault(context, whole, UpdateError.missingWellKnown, 'treat-as-withdraw', `${attributeName(code)} is missing`)
    delete context.attribute
  }
}

interface Header {
  readonly flags: number
  readonly code: number
  readonly length: number
  /** Of the header itself. */
  readonly octets: number
}

function headerOf(scope: Scope): Header | undefined {
  const [flags, code, first, second] = [scope.peek(), scope.peek(1), scope.peek(2), scope.peek(3)]
  if (flags === undefined || code === undefined || first === undefined) return undefined
  if ((flags & EXTENDED_LENGTH) === 0) return { flags, code, length: first, octets: 3 }
  return second === undefined ? undefined : { flags, code, length: (first << 8) | second, octets: 4 }
}

function overrun(scope: Scope, header: Header | undefined): string {
  if (header === undefined) return `${scope.remaining} octets are left, too few for an attribute`
  return `${attributeName(header.code)} claims ${header.length} octets, ${scope.remaining - header.octets} are left`
}

/** LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST: from an external peer nobody reads them (RFC 7606 §7.5, §7.9, §7.10). */
const INTERNAL: ReadonlySet<number> = new Set([5, 9, 10])

function walkAttribute(scope: Scope, { flags, code, length, octets }: Header, repeated: boolean, outer: Context): void {
  const known = ROWS[code]
  const name = attributeName(code)
  scope.group(name, octets + length, (inner, field) => {
    inner.u8('Attribute Flags', flagsText)
    inner.u8('Attribute Type Code')
    inner.uint('Attribute Length', octets - 2)
    for (const each of inner.fields) each.minor = true
    const span = { at: field.at, end: field.end }
    outer.attribute = code
    let context = outer
    if (repeated) {
      if (code === MP_REACH || code === MP_UNREACH) {
        delete outer.attribute
        fatal(outer, span, UpdateError.malformedAttributeList, `${name} comes twice`)
      }
      context = silent(outer)
    } else if (known === undefined && (flags & OPTIONAL) === 0) {
      fatal(outer, span, UpdateError.unrecognizedWellKnown, `well-known attribute ${code} is unknown`)
    } else if (known !== undefined && (flags & BOTH) !== known.flags) {
      const action = INTERNAL.has(code) ? 'attribute-discard' : 'treat-as-withdraw'
      fault(outer, { at: field.at, end: field.at + 1 }, UpdateError.flags, action, `${name} has the flags ${flagsText(flags)}`)
      // Their routes are read to be withdrawn (RFC 7606 §3 c), and may be in error themselves.
      if (code !== MP_REACH && code !== MP_UNREACH) context = silent(outer)
    }
    const told = read(inner, known, context)
    if (!(name in outer.attributes)) outer.attributes[name] = told.value
    delete outer.attribute
    return repeated ? `${told.text} (comes twice; the first counts)` : told.text
  })
}

/** Goes on reading what does not count any more. */
function silent(context: Context): Context {
  return { ...context, faults: [], announced: [], withdrawn: [], attributes: {} }
}

function read(scope: Scope, known: Row | undefined, context: Context): Told {
  if (known?.read === undefined) {
    const value = scope.hex('Value')
    scope.minor()
    return { value, text: value === '' ? 'empty' : value }
  }
  const span = { at: scope.at, end: scope.end }
  const malformed: Malformed = (detail, subcode = UpdateError.length, where = span) => {
    fault(context, where, subcode, known.action, detail)
  }
  try {
    const told = known.read(scope, context, malformed)
    scope.rest('Undecoded')
    return told
  } catch (error) {
    if (!(error instanceof Truncated)) throw error
    malformed(`${known.name}: ${error.message}`, known.action === 'session-reset' ? UpdateError.optionalAttribute : UpdateError.length)
    scope.rest('Undecoded')
    return { value: null, text: 'malformed' }
  }
}

/** `Optional, Transitive`; a bit that is not set is not named. */
export function flagsText(flags: number): string {
  const names = ['Optional', 'Transitive', 'Partial', 'Extended Length'].filter((_, i) => (flags & (0x80 >> i)) !== 0)
  const unused = flags & 0x0f
  if (unused !== 0) names.push(`unused bits 0x${unused.toString(16)}`)
  return names.length === 0 ? 'none' : names.join(', ')
}

function missing(seen: ReadonlySet<number>, hasNlri: boolean): number[] {
  const mandatory = [...(hasNlri || seen.has(MP_REACH) ? [1, 2] : []), ...(hasNlri ? [3] : [])]
  return mandatory.filter((code) => !seen.has(code))
}

/** The fields of an attribute's value, without its header. */
export function valueFields(field: Field): readonly Field[] {
  return (field.fields ?? []).slice(3)
}
