/**
 * ADD-PATH, capability 69, RFC 7911 §4, for each family:
 *
 *     AFI  2 octets | SAFI  1 octet | Send/Receive  1 octet: 1 can receive, 2 can send, 3 both; anything else is ignored
 */
import type { Reader, Writer } from '../cursor.ts'
import type { Family } from './family.ts'

export const ADD_PATH = 69

export interface AddPathFamily extends Family {
  readonly receive: boolean
  readonly send: boolean
}

export interface AddPath {
  readonly type: 'add-path'
  readonly families: readonly AddPathFamily[]
}

export function decodeAddPath(value: Reader): AddPath | undefined {
  if (value.remaining % 4 !== 0) return undefined
  const families: AddPathFamily[] = []
  while (value.remaining > 0) {
    const afi = value.u16()
    const safi = value.u8()
    const mode = value.u8()
    if (mode >= 1 && mode <= 3) families.push({ afi, safi, receive: (mode & 1) !== 0, send: (mode & 2) !== 0 })
  }
  return { type: 'add-path', families }
}

export function encodeAddPath(writer: Writer, capability: AddPath): void {
  for (const family of capability.families) {
    writer
      .u16(family.afi)
      .u8(family.safi)
      .u8((family.receive ? 1 : 0) | (family.send ? 2 : 0))
  }
}
