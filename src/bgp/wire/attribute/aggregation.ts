/**
 * Traces of aggregation, RFC 4271 §4.3 and RFC 6793 §3. An error in one, AS 0 too (RFC 7607 §2), only leaves it
 * out (RFC 7606 §7.6, §7.7):
 *
 *     ATOMIC_AGGREGATE  type 6, well-known, no value
 *     AGGREGATOR        type 7, optional transitive: AS 2 or 4 octets | address 4 octets
 *     AS4_AGGREGATOR    type 18, optional transitive: AS 4 octets | address 4 octets
 */
import type { Ipv4 } from '../../../net/index.ts'
import { AS_TRANS } from '../capability/four-octet-as.ts'
import { AttributeFault, UpdateError } from '../errors.ts'
import { type AttributeCodec, OPTIONAL_TRANSITIVE, WELL_KNOWN } from './codec.ts'
import { exactly } from './length.ts'

export interface AtomicAggregate {
  readonly type: 'atomic-aggregate'
}

export interface Aggregator {
  readonly type: 'aggregator'
  readonly asn: number
  readonly address: Ipv4
}

export interface As4Aggregator {
  readonly type: 'as4-aggregator'
  readonly asn: number
  readonly address: Ipv4
}

export const atomicAggregate: AttributeCodec<AtomicAggregate> = {
  code: 6,
  flags: WELL_KNOWN,
  decode(value) {
    exactly(value, 0, 'attribute-discard')
    return { type: 'atomic-aggregate' }
  },
  encode: () => undefined,
}

export const aggregator: AttributeCodec<Aggregator> = {
  code: 7,
  flags: OPTIONAL_TRANSITIVE,
  decode(value, context) {
    exactly(value, context.fourOctetAs ? 8 : 6, 'attribute-discard')
    return { type: 'aggregator', asn: notZero(context.fourOctetAs ? value.u32() : value.u16()), address: value.ipv4() }
  },
  encode(writer, attribute, context) {
    if (context.fourOctetAs) writer.u32(attribute.asn)
    else writer.u16(attribute.asn > 0xffff ? AS_TRANS : attribute.asn)
    writer.u32(attribute.address)
  },
}

export const as4Aggregator: AttributeCodec<As4Aggregator> = {
  code: 18,
  flags: OPTIONAL_TRANSITIVE,
  decode(value) {
    exactly(value, 8, 'attribute-discard')
    return { type: 'as4-aggregator', asn: notZero(value.u32()), address: value.ipv4() }
  },
  encode: (writer, attribute) => void writer.u32(attribute.asn).u32(attribute.address),
}

function notZero(asn: number): number {
  if (asn === 0) throw new AttributeFault(UpdateError.optionalAttribute, 'aggregated by AS 0 (RFC 7607)', 'attribute-discard')
  return asn
}
