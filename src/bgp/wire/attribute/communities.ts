/**
 * COMMUNITIES, type 8, optional transitive, RFC 1997:
 *
 *     4 octets each, one or more (RFC 7606 §7.8)
 */
import { AttributeFault, UpdateError } from '../errors.ts'
import { type AttributeCodec, OPTIONAL_TRANSITIVE } from './codec.ts'

export interface Communities {
  readonly type: 'communities'
  /** Unsigned; `65001:100` is 65001 × 65536 + 100. */
  readonly values: readonly number[]
}

export const communities: AttributeCodec<Communities> = {
  code: 8,
  flags: OPTIONAL_TRANSITIVE,
  decode(value) {
    if (value.remaining === 0 || value.remaining % 4 !== 0) {
      throw new AttributeFault(UpdateError.length, `COMMUNITIES of ${value.remaining} octets`)
    }
    const values: number[] = []
    while (value.remaining > 0) values.push(value.u32())
    return { type: 'communities', values }
  },
  encode(writer, attribute) {
    for (const value of attribute.values) writer.u32(value)
  },
}
