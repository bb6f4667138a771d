/**
 * Routes of any family, optional non-transitive, RFC 4760 §3 and §4:
 *
 *     MP_REACH_NLRI    type 14: AFI 2 | SAFI 1 | next hop length 1 | next hop | reserved 1 | NLRI
 *     MP_UNREACH_NLRI  type 15: AFI 2 | SAFI 1 | withdrawn NLRI
 *
 * IPv4 unicast is read, and IPv6 unicast where it was negotiated (`nlri6`); NLRI of another family stay bytes (`other`). With an error in
 * them nothing more can be told about the family's routes, so the session ends (RFC 7606 §7.11).
 */
import { formatIpv6, type Ipv4, type Ipv6 } from '../../../net/index.ts'
import { type Family, isIpv4Unicast, isIpv6Unicast } from '../capability/family.ts'
import type { CodecContext } from '../context.ts'
import type { Reader } from '../cursor.ts'
import { ErrorCode, NO_DATA, UpdateError, WireFault } from '../errors.ts'
import { decodeNlri, decodeNlri6, encodeNlri, encodeNlri6, type Nlri, type Nlri6 } from '../nlri.ts'
import { type AttributeCodec, OPTIONAL_NON_TRANSITIVE } from './codec.ts'

interface Routes extends Family {
  readonly nlri: readonly Nlri[]
  /** IPv6 unicast, where it was negotiated. */
  readonly nlri6?: readonly Nlri6[]
  readonly other: Uint8Array
}

export interface MpReach extends Routes {
  readonly type: 'mp-reach'
  readonly nextHop: Uint8Array
}

export interface MpUnreach extends Routes {
  readonly type: 'mp-unreach'
}

export const mpReach: AttributeCodec<MpReach> = {
  code: 14,
  flags: OPTIONAL_NON_TRANSITIVE,
  decode(value, context) {
    if (value.remaining < 5) throw fatal(`MP_REACH_NLRI of ${value.remaining} octets`, value)
    const family = decodeFamily(value)
    const nextHopLength = value.u8()
    if (nextHopLength + 1 > value.remaining) throw fatal(`an MP_REACH_NLRI next hop of ${nextHopLength} octets does not fit`, value)
    if (!plausible(family, nextHopLength, context)) throw fatal(`a next hop of ${nextHopLength} octets`, value)
    const nextHop = value.take(nextHopLength).slice()
    value.u8()
    return { type: 'mp-reach', ...family, nextHop, ...decodeRoutes(value, family, context) }
  },
  encode(writer, attribute, context) {
    writer.u16(attribute.afi).u8(attribute.safi).u8(attribute.nextHop.length).raw(attribute.nextHop).u8(0)
    for (const nlri of attribute.nlri) encodeNlri(writer, nlri, context.addPath)
    for (const nlri of attribute.nlri6 ?? []) encodeNlri6(writer, nlri, context.ipv6?.addPath ?? false)
    writer.raw(attribute.other)
  },
}

export const mpUnreach: AttributeCodec<MpUnreach> = {
  code: 15,
  flags: OPTIONAL_NON_TRANSITIVE,
  decode(value, context) {
    if (value.remaining < 3) throw fatal(`MP_UNREACH_NLRI of ${value.remaining} octets`, value)
    const family = decodeFamily(value)
    return { type: 'mp-unreach', ...family, ...decodeRoutes(value, family, context) }
  },
  encode(writer, attribute, context) {
    writer.u16(attribute.afi).u8(attribute.safi)
    for (const nlri of attribute.nlri) encodeNlri(writer, nlri, context.addPath)
    for (const nlri of attribute.nlri6 ?? []) encodeNlri6(writer, nlri, context.ipv6?.addPath ?? false)
    writer.raw(attribute.other)
  },
}

/** The IPv4 next hop of an MP_REACH_NLRI for IPv4 unicast; `undefined` where it is of another kind. */
export function ipv4NextHop(attribute: MpReach): Ipv4 | undefined {
  const [a, b, c, d, more] = attribute.nextHop
  if (a === undefined || b === undefined || c === undefined || d === undefined || more !== undefined) return undefined
  return (a << 24) | (b << 16) | (c << 8) | d
}

/** The global next hop of an MP_REACH_NLRI for IPv6 unicast (RFC 2545 §3: a link-local one may follow). */
export function ipv6NextHop(attribute: MpReach): Ipv6 | undefined {
  const { length } = attribute.nextHop
  return length === 16 || length === 32 ? formatIpv6(attribute.nextHop.subarray(0, 16)) : undefined
}

/** RFC 7606 §7.11: a next hop of an unexpected length makes the attribute malformed. RFC 8950 is not spoken, so IPv4 has four octets. */
function plausible(family: Family, length: number, context: CodecContext): boolean {
  if (isIpv4Unicast(family)) return length === 4
  return context.ipv6 === undefined || !isIpv6Unicast(family) || length === 16 || length === 32
}

function decodeFamily(value: Reader): Family {
  return { afi: value.u16(), safi: value.u8() }
}

function decodeRoutes(value: Reader, family: Family, context: CodecContext): Omit<Routes, 'afi' | 'safi'> {
  if (isIpv4Unicast(family)) return { nlri: decodeNlri(value, context.addPath), other: NO_DATA }
  if (context.ipv6 !== undefined && isIpv6Unicast(family)) {
    return { nlri: [], nlri6: decodeNlri6(value, context.ipv6.addPath), other: NO_DATA }
  }
  return { nlri: [], other: value.take(value.remaining).slice() }
}

function fatal(detail: string, value: Reader): WireFault {
  return new WireFault(ErrorCode.update, UpdateError.optionalAttribute, detail, NO_DATA, undefined, value.position)
}
