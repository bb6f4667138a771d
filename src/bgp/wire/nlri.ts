/**
 * NLRI of IPv4 and IPv6 unicast, RFC 4271 §4.3, RFC 4760 §5 and RFC 7911 §3:
 *
 *     [ Path Identifier  4 octets, only with ADD-PATH ]
 *     Length             1 octet, bits (0…32, 0…128)
 *     Prefix             as many octets as the length needs; bits beyond it are ignored
 */
import { formatIpv6, type Ipv4, type Ipv6, ipv6Bytes, maskIpv6, prefixOf } from '../../net/index.ts'
import type { Reader, Writer } from './cursor.ts'
import { ErrorCode, NO_DATA, UpdateError, WireFault } from './errors.ts'

export interface Nlri {
  readonly address: Ipv4
  readonly length: number
  /** 0 where the session has no ADD-PATH; with it, whatever the sender chose (0 is legal). */
  readonly pathId: number
}

/** The same of IPv6 unicast. */
export interface Nlri6 {
  readonly address: Ipv6
  readonly length: number
  readonly pathId: number
}

/**
 * Reads to the end of `reader`. A malformed field ends the session: nothing behind it can be found (RFC 7606 §5.3). `field` is what the
 * error calls it.
 */
export function decodeNlri(reader: Reader, addPath: boolean, field = 'NLRI'): Nlri[] {
  const list: Nlri[] = []
  while (reader.remaining > 0) {
    const at = reader.position
    if (addPath && reader.remaining < 5) throw invalid('an NLRI ends inside its path identifier', field, at)
    const pathId = addPath ? reader.u32() : 0
    const length = reader.u8()
    if (length > 32) throw invalid(`an NLRI has a prefix length of ${length}`, field, at)
    const octets = (length + 7) >> 3
    if (octets > reader.remaining) throw invalid(`an NLRI of ${length} bits has ${reader.remaining} octets`, field, at)
    let address = 0
    for (let i = 0; i < octets; i++) address |= reader.u8() << (24 - 8 * i)
    list.push({ address: prefixOf(address, length).address, length, pathId })
  }
  return list
}

export function decodeNlri6(reader: Reader, addPath: boolean, field = 'NLRI'): Nlri6[] {
  const list: Nlri6[] = []
  while (reader.remaining > 0) {
    const at = reader.position
    if (addPath && reader.remaining < 5) throw invalid('an NLRI ends inside its path identifier', field, at)
    const pathId = addPath ? reader.u32() : 0
    const length = reader.u8()
    if (length > 128) throw invalid(`an IPv6 NLRI has a prefix length of ${length}`, field, at)
    const octets = (length + 7) >> 3
    if (octets > reader.remaining) throw invalid(`an NLRI of ${length} bits has ${reader.remaining} octets`, field, at)
    const bytes = new Uint8Array(16)
    bytes.set(reader.take(octets))
    list.push({ address: formatIpv6(maskIpv6(bytes, length)), length, pathId })
  }
  return list
}

export function encodeNlri(writer: Writer, nlri: Nlri, addPath: boolean): void {
  if (addPath) writer.u32(nlri.pathId)
  if (nlri.length > 24) {
    writer.u8(nlri.length).u32(nlri.address)
    return
  }
  writer.u8(nlri.length)
  for (let i = 0, octets = (nlri.length + 7) >> 3; i < octets; i++) writer.u8(nlri.address >>> (24 - 8 * i))
}

export function encodeNlri6(writer: Writer, nlri: Nlri6, addPath: boolean): void {
  if (addPath) writer.u32(nlri.pathId)
  writer.u8(nlri.length).raw(ipv6Bytes(nlri.address).subarray(0, (nlri.length + 7) >> 3))
}

/** Octets that one NLRI takes. */
export function nlriSize(nlri: { readonly length: number }, addPath: boolean): number {
  return (addPath ? 5 : 1) + ((nlri.length + 7) >> 3)
}

function invalid(detail: string, field: string, offset: number): WireFault {
  return new WireFault(ErrorCode.update, UpdateError.invalidNetworkField, detail, NO_DATA, field, offset)
}
