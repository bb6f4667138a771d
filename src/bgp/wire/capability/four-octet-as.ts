/**
 * Support for four-octet AS numbers, capability 65, RFC 6793 §3:
 *
 *     AS number  4 octets: the sender's own
 */
import type { Reader, Writer } from '../cursor.ts'

export const FOUR_OCTET_AS = 65

/** Stands in two-octet fields for an AS number that needs four (RFC 6793 §9). */
export const AS_TRANS = 23456

export interface FourOctetAs {
  readonly type: 'four-octet-as'
  readonly asn: number
}

export function decodeFourOctetAs(value: Reader): FourOctetAs | undefined {
  return value.remaining === 4 ? { type: 'four-octet-as', asn: value.u32() } : undefined
}

export function encodeFourOctetAs(writer: Writer, capability: FourOctetAs): void {
  writer.u32(capability.asn)
}
