import type { CodecContext } from '../context.ts'
import type { Reader, Writer } from '../cursor.ts'

/** Attribute flags, RFC 4271 §4.3. */
export const Flag = { optional: 0x80, transitive: 0x40, partial: 0x20, extendedLength: 0x10 } as const

export const WELL_KNOWN = Flag.transitive
export const OPTIONAL_TRANSITIVE = Flag.optional | Flag.transitive
export const OPTIONAL_NON_TRANSITIVE = Flag.optional

/**
 * How one attribute's value is coded. `decode` reads all of `value` or throws an `AttributeFault` (survived, RFC 7606) or a `WireFault`
 * (ends the session); `Truncated` counts as an attribute length error.
 */
export interface AttributeCodec<A> {
  readonly code: number
  /** The Optional and Transitive bits that it must have. */
  readonly flags: number
  decode(value: Reader, context: CodecContext): A
  encode(writer: Writer, attribute: A, context: CodecContext): void
}
