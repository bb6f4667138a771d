/**
 * NEXT_HOP, type 3, well-known mandatory, RFC 4271 §4.3:
 *
 *     4 octets: a host's address; 0.0.0.0/8 and 224.0.0.0/3 are none (§6.3)
 */
import { formatIpv4, type Ipv4 } from '../../../net/index.ts'
import { AttributeFault, UpdateError } from '../errors.ts'
import { type AttributeCodec, WELL_KNOWN } from './codec.ts'
import { exactly } from './length.ts'

export interface NextHop {
  readonly type: 'next-hop'
  readonly address: Ipv4
}

export const nextHop: AttributeCodec<NextHop> = {
  code: 3,
  flags: WELL_KNOWN,
  decode(value) {
    exactly(value, 4)
    const address = value.ipv4()
    const first = address >>> 24
    if (first === 0 || first >= 224) {
      throw new AttributeFault(UpdateError.invalidNextHop, `NEXT_HOP ${formatIpv4(address)} is no host’s address`)
    }
    return { type: 'next-hop', address }
  },
  encode: (writer, attribute) => void writer.u32(attribute.address),
}
