/**
 * Multiprotocol Extensions, capability 1, RFC 4760 §8:
 *
 *     AFI  2 octets | reserved  1 octet | SAFI  1 octet
 */
import type { Reader, Writer } from '../cursor.ts'
import type { Family } from './family.ts'

export const MULTIPROTOCOL = 1

export interface Multiprotocol extends Family {
  readonly type: 'multiprotocol'
}

export function decodeMultiprotocol(value: Reader): Multiprotocol | undefined {
  if (value.remaining !== 4) return undefined
  const afi = value.u16()
  value.u8()
  return { type: 'multiprotocol', afi, safi: value.u8() }
}

export function encodeMultiprotocol(writer: Writer, capability: Multiprotocol): void {
  writer.u16(capability.afi).u8(0).u8(capability.safi)
}
