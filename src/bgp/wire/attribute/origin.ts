/**
 * ORIGIN, type 1, well-known mandatory, RFC 4271 §4.3:
 *
 *     1 octet: 0 IGP, 1 EGP, 2 INCOMPLETE
 */
import { AttributeFault, UpdateError } from '../errors.ts'
import { type AttributeCodec, WELL_KNOWN } from './codec.ts'
import { exactly } from './length.ts'

export type OriginValue = 'igp' | 'egp' | 'incomplete'

export interface Origin {
  readonly type: 'origin'
  readonly value: OriginValue
}

const VALUES: readonly OriginValue[] = ['igp', 'egp', 'incomplete']

export const origin: AttributeCodec<Origin> = {
  code: 1,
  flags: WELL_KNOWN,
  decode(value) {
    exactly(value, 1)
    const octet = value.u8()
    const known = VALUES[octet]
    if (known === undefined) throw new AttributeFault(UpdateError.invalidOrigin, `ORIGIN is ${octet}`)
    return { type: 'origin', value: known }
  },
  encode: (writer, attribute) => void writer.u8(VALUES.indexOf(attribute.value)),
}
