/**
 * NLRI of IPv4 unicast, RFC 4271 §4.3 and RFC 7911 §3:
 *
 *     [ Path Identifier  4 octets, only with ADD-PATH ]
 *     Length             1 octet, bits (0…32)
 *     Prefix             as many octets as the length needs; bits beyond it are ignored
 */
import { type Ipv4, prefixOf } from '../../net/index.ts'
import type { Reader, Writer } from './cursor.ts'
import { ErrorCode, UpdateError, WireFault } from './errors.ts'

export interface Nlri {
  readonly address: Ipv4
  readonly length: number
  /** 0 where the session has no ADD-PATH; with it, whatever the sender chose (0 is legal). */
  readonly pathId: number
}

/** Reads to the end of `reader`. A malformed field ends the session: nothing behind it can be found (RFC 7606 §5.3). */
export function decodeNlri(reader: Reader, addPath: boolean): Nlri[] {
  const list: Nlri[] = []
  while (reader.remaining > 0) {
    if (addPath && reader.remaining < 5) throw invalid('an NLRI ends inside its path identifier')
    const pathId = addPath ? reader.u32() : 0
    const length = reader.u8()
    if (length > 32) throw invalid(`an NLRI has a prefix length of ${length}`)
    const octets = (length + 7) >> 3
    if (octets > reader.remaining) throw invalid(`an NLRI of ${length} bits has ${reader.remaining} octets`)
    let address = 0
    for (let i = 0; i < octets; i++) address |= reader.u8() << (24 - 8 * i)
    list.push({ address: prefixOf(address, length).address, length, pathId })
  }
  return list
}

export function encodeNlri(writer: Writer, nlri: Nlri, addPath: boolean): void {
  if (addPath) writer.u32(nlri.pathId)
  writer.u8(nlri.length)
  for (let i = 0, octets = (nlri.length + 7) >> 3; i < octets; i++) writer.u8(nlri.address >>> (24 - 8 * i))
}

/** Octets that one NLRI takes. */
export function nlriSize(nlri: Nlri, addPath: boolean): number {
  return (addPath ? 5 : 1) + ((nlri.length + 7) >> 3)
}

function invalid(detail: string): WireFault {
  return new WireFault(ErrorCode.update, UpdateError.invalidNetworkField, detail)
}
