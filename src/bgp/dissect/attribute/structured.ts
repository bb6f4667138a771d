/** Attributes made of TLVs and the like. */
import type { Json } from '../context.ts'
import type { Scope } from '../field.ts'
import { TUNNEL_TYPES } from '../names.ts'
import { tlv } from '../nlri/other.ts'
import { type Malformed, type ReadAttribute, type Told, walkAttributes } from './index.ts'

const PMSI: Readonly<Record<number, string>> = {
  0: 'no tunnel information',
  1: 'RSVP-TE P2MP LSP',
  2: 'mLDP P2MP LSP',
  3: 'PIM-SSM tree',
  4: 'PIM-SM tree',
  5: 'BIDIR-PIM tree',
  6: 'ingress replication',
  7: 'mLDP MP2MP LSP',
  11: 'BIER',
}

/** RFC 6514 §5: Flags 1 | Tunnel Type 1 | MPLS Label 3 | Tunnel Identifier. */
export const pmsiTunnel: ReadAttribute = (scope) => {
  const flags = scope.u8('Flags')
  const type = scope.u8('Tunnel Type', (value) => PMSI[value])
  const label = scope.uint('MPLS Label', 3, (value) => `label ${value >>> 4} or VNI ${value}`)
  const octets = scope.remaining
  const addressed = type === 6 && (octets === 4 || octets === 16)
  const identifier = octets === 0 ? '' : addressed ? scope.address('Tunnel Identifier', octets) : scope.hex('Tunnel Identifier')
  for (const each of scope.fields) each.minor = true
  const name = PMSI[type] ?? `type ${type}`
  const value: Json = { flags, tunnelType: type, label: label >>> 4, vni: label, tunnelIdentifier: identifier }
  return { value, text: `${name}, label ${label >>> 4} or VNI ${label}${identifier === '' ? '' : `, ${identifier}`}` }
}

/** RFC 7311 §3: TLVs, the first of type 1 with a metric of 8 octets; the length counts the header. */
export const aigp: ReadAttribute = (scope, _, malformed) => {
  let metric: string | undefined
  while (scope.remaining > 0) {
    const at = scope.at
    const bad = scope.open('AIGP TLV', (inner) => {
      const type = inner.u8('Type')
      const length = inner.u16('Length')
      if (length < 3 || length - 3 > inner.remaining || (type === 1 && length !== 11)) {
        malformed(`an AIGP TLV of type ${type} claims ${length} octets`, undefined, { at, end: inner.at })
        inner.rest('Undecoded')
        return 'malformed'
      }
      if (type !== 1) return inner.hex('Value', length - 3)
      const value = inner.u64('Accumulated IGP Metric')
      metric ??= value
      for (const each of inner.fields) each.minor = true
      return value
    })
    if (bad.text === 'malformed') break
  }
  return { value: metric ?? null, text: metric ?? 'no metric' }
}

/** RFC 9012 §2: tunnels { Type 2 | Length 2 | sub-TLVs { Type 1 | Length 1, 2 from type 128 on | Value } }. */
export const tunnelEncapsulation: ReadAttribute = (scope) => {
  const names: string[] = []
  while (scope.remaining > 0) {
    scope.open('Tunnel', (inner) => {
      const type = inner.u16('Tunnel Type', (value) => TUNNEL_TYPES[value])
      const length = inner.u16('Length')
      for (const each of inner.fields) each.minor = true
      inner.group('Sub-TLVs', length, (subs, field) => {
        field.thin = true
        while (subs.remaining > 0) subTlv(subs)
        return undefined
      })
      names.push(TUNNEL_TYPES[type] ?? `type ${type}`)
      return names.at(-1)
    })
  }
  return { value: names, text: names.join(', ') }
}

const SUB_TLVS: Readonly<Record<number, string>> = {
  1: 'Encapsulation',
  2: 'Protocol Type',
  4: 'Color',
  6: 'Tunnel Egress Endpoint',
  7: 'DS Field',
  8: 'UDP Destination Port',
  9: 'Embedded Label Handling',
  10: 'MPLS Label Stack',
  11: 'Prefix-SID',
  12: 'Preference',
  13: 'Binding SID',
  14: 'ENLP',
  15: 'Priority',
  20: 'SRv6 Binding SID',
  128: 'Segment List',
  129: 'Policy Candidate Path Name',
  130: 'Policy Name',
}

function subTlv(scope: Scope): void {
  scope.open('Sub-TLV', (inner) => {
    const type = inner.u8('Type', (value) => SUB_TLVS[value])
    const length = inner.uint('Length', type < 128 ? 1 : 2)
    const value = inner.hex('Value', length)
    for (const each of inner.fields) each.minor = true
    return `${SUB_TLVS[type] ?? `type ${type}`}: ${value}`
  })
}

const SID: Readonly<Record<number, string>> = { 1: 'Label-Index', 3: 'Originator SRGB', 5: 'SRv6 L3 Service', 6: 'SRv6 L2 Service' }

/** RFC 8669 §3 and RFC 9252 §2: TLVs of Type 1 | Length 2 | Value. */
export const prefixSid: ReadAttribute = (scope, _, malformed) => {
  const texts: string[] = []
  while (scope.remaining > 0) {
    const at = scope.at
    scope.open('TLV', (inner) => {
      const type = inner.u8('Type', (value) => SID[value])
      const length = inner.u16('Length')
      if (type === 1 && length === 7) {
        inner.u8('Reserved')
        inner.u16('Flags')
        texts.push(`label index ${inner.u32('Label Index')}`)
      } else {
        if (type === 1) malformed(`a Label-Index TLV of ${length} octets`, undefined, { at, end: inner.at })
        texts.push(`${SID[type] ?? `type ${type}`} ${inner.hex('Value', length)}`)
      }
      for (const each of inner.fields) each.minor = true
      return texts.at(-1)
    })
  }
  return { value: texts, text: texts.join(', ') }
}

const LINK_STATE: Readonly<Record<number, string>> = {
  1024: 'Node Flag Bits',
  1026: 'Node Name',
  1027: 'IS-IS Area Identifier',
  1028: 'IPv4 Router-ID of Local Node',
  1088: 'Administrative group',
  1089: 'Maximum link bandwidth',
  1092: 'TE Default Metric',
  1095: 'IGP Metric',
  1155: 'Prefix Metric',
}

/** RFC 9552 §5.3: TLVs of Type 2 | Length 2 | Value. */
export const linkState: ReadAttribute = (scope) => tlvs(scope, LINK_STATE)

function tlvs(scope: Scope, names: Readonly<Record<number, string>>): Told {
  const before = scope.fields.length
  while (scope.remaining > 0) tlv(scope, 2, 'TLV', names)
  const texts = scope.fields.slice(before).map((field) => field.text ?? '')
  return { value: texts, text: texts.join(', ') }
}

/** RFC 9026 §4: Mode 1 | Discriminator 4 | TLVs. */
export const bfdDiscriminator: ReadAttribute = (scope) => {
  const mode = scope.u8('BFD Mode')
  const discriminator = scope.u32('BFD Discriminator')
  if (scope.remaining > 0) scope.hex('Optional TLVs')
  return { value: { mode, discriminator }, text: `mode ${mode}, discriminator ${discriminator}` }
}

/** Carriers of carriers are nested; more of them than this is nobody's network, and would exceed the stack. */
const DEEPEST_SET = 8

/** RFC 6368 §5: Origin AS 4 | the attributes of the customer's route, with AS numbers of four octets. */
export const attributeSet: ReadAttribute = (scope, context, malformed: Malformed) => {
  const asn = scope.u32('Origin AS')
  const depth = (context.depth ?? 0) + 1
  if (depth > DEEPEST_SET) {
    const attributes = scope.hex('Attributes')
    return { value: { originAs: asn, attributes }, text: `of AS ${asn}, too deep inside others to be read` }
  }
  const inner = {
    ...context,
    depth,
    options: { ...context.options, fourOctetAs: true },
    faults: [],
    announced: [],
    withdrawn: [],
    attributes: {},
  } satisfies typeof context
  scope.group('Attributes', scope.remaining, (attributes) => {
    walkAttributes(attributes, inner, false, false)
    return undefined
  })
  if (inner.faults.length > 0) malformed('an attribute in it is malformed')
  return { value: { originAs: asn, attributes: inner.attributes as Json }, text: `of AS ${asn}` }
}
