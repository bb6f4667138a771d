/**
 * Numbers by which paths are preferred, RFC 4271 §4.3, 4 octets each:
 *
 *     MULTI_EXIT_DISC  type 4, optional non-transitive
 *     LOCAL_PREF       type 5, well-known; from an external peer it is ignored (RFC 7606 §7.5)
 */
import { type AttributeCodec, OPTIONAL_NON_TRANSITIVE, WELL_KNOWN } from './codec.ts'
import { exactly } from './length.ts'

export interface MultiExitDisc {
  readonly type: 'multi-exit-disc'
  readonly value: number
}

export interface LocalPref {
  readonly type: 'local-pref'
  readonly value: number
}

export const multiExitDisc: AttributeCodec<MultiExitDisc> = {
  code: 4,
  flags: OPTIONAL_NON_TRANSITIVE,
  decode(value) {
    exactly(value, 4)
    return { type: 'multi-exit-disc', value: value.u32() }
  },
  encode: (writer, attribute) => void writer.u32(attribute.value),
}

export const localPref: AttributeCodec<LocalPref> = {
  code: 5,
  flags: WELL_KNOWN,
  decode(value) {
    exactly(value, 4, 'attribute-discard')
    return { type: 'local-pref', value: value.u32() }
  },
  encode: (writer, attribute) => void writer.u32(attribute.value),
}
