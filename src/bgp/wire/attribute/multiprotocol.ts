/**
 * Routes of any family, optional non-transitive, RFC 4760 §3 and §4:
 *
 *     MP_REACH_NLRI    type 14: AFI 2 | SAFI 1 | next hop length 1 | next hop | reserved 1 | NLRI
 *     MP_UNREACH_NLRI  type 15: AFI 2 | SAFI 1 | withdrawn NLRI
 *
 * IPv4 unicast is read; NLRI of another family stay bytes (`other`). With an error in them nothing more can be told about the family's
 * routes, so the session ends (RFC 7606 §7.11).
 */
import type { Ipv4 } from '../../../net/index.ts'
import { type Family, isIpv4Unicast } from '../capability/family.ts'
import type { Reader } from '../cursor.ts'
import { ErrorCode, UpdateError, WireFault } from '../errors.ts'
import { decodeNlri, encodeNlri, type Nlri } from '../nlri.ts'
import { type AttributeCodec, OPTIONAL_NON_TRANSITIVE } from './codec.ts'

export interface MpReach extends Family {
  readonly type: 'mp-reach'
  readonly nextHop: Uint8Array
  readonly nlri: readonly Nlri[]
  readonly other: Uint8Array
}

export interface MpUnreach extends Family {
  readonly type: 'mp-unreach'
  readonly nlri: readonly Nlri[]
  readonly other: Uint8Array
}

export const mpReach: AttributeCodec<MpReach> = {
  code: 14,
  flags: OPTIONAL_NON_TRANSITIVE,
  decode(value, context) {
    if (value.remaining < 5) throw fatal(`MP_REACH_NLRI of ${value.remaining} octets`)
    const family = decodeFamily(value)
    const nextHopLength = value.u8()
    if (nextHopLength + 1 > value.remaining) throw fatal(`an MP_REACH_NLRI next hop of ${nextHopLength} octets does not fit`)
    const nextHop = value.take(nextHopLength).slice()
    value.u8()
    return { type: 'mp-reach', ...family, nextHop, ...decodeRoutes(value, family, context.addPath) }
  },
  encode(writer, attribute, context) {
    writer.u16(attribute.afi).u8(attribute.safi).u8(attribute.nextHop.length).raw(attribute.nextHop).u8(0)
    for (const nlri of attribute.nlri) encodeNlri(writer, nlri, context.addPath)
    writer.raw(attribute.other)
  },
}

export const mpUnreach: AttributeCodec<MpUnreach> = {
  code: 15,
  flags: OPTIONAL_NON_TRANSITIVE,
  decode(value, context) {
    if (value.remaining < 3) throw fatal(`MP_UNREACH_NLRI of ${value.remaining} octets`)
    const family = decodeFamily(value)
    return { type: 'mp-unreach', ...family, ...decodeRoutes(value, family, context.addPath) }
  },
  encode(writer, attribute, context) {
    writer.u16(attribute.afi).u8(attribute.safi)
    for (const nlri of attribute.nlri) encodeNlri(writer, nlri, context.addPath)
    writer.raw(attribute.other)
  },
}

/** The IPv4 next hop of an MP_REACH_NLRI for IPv4 unicast; `undefined` where it is of another kind. */
export function ipv4NextHop(attribute: MpReach): Ipv4 | undefined {
  const [a, b, c, d, more] = attribute.nextHop
  if (a === undefined || b === undefined || c === undefined || d === undefined || more !== undefined) return undefined
  return (a << 24) | (b << 16) | (c << 8) | d
}

function decodeFamily(value: Reader): Family {
  return { afi: value.u16(), safi: value.u8() }
}

function decodeRoutes(value: Reader, family: Family, addPath: boolean): { readonly nlri: Nlri[]; readonly other: Uint8Array } {
  if (isIpv4Unicast(family)) return { nlri: decodeNlri(value, addPath), other: new Uint8Array(0) }
  return { nlri: [], other: value.take(value.remaining).slice() }
}

function fatal(detail: string): WireFault {
  return new WireFault(ErrorCode.update, UpdateError.optionalAttribute, detail)
}
