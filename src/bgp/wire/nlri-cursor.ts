/**
 * NLRI of IPv4 unicast where they lie, one after the other and without an object for each: tables of a million routes are filled this way.
 * What a field may hold is told in nlri.ts; `soundNlri` looks before anybody moves through it.
 */
import { type Ipv4, maskOf } from '../../net/index.ts'

/** Octets `from` to `end` of `bytes`, NLRI in their encoding. */
export interface NlriSpan {
  readonly bytes: Uint8Array
  readonly from: number
  readonly end: number
  readonly addPath: boolean
}

/** Whether the span holds whole NLRI and nothing else. */
export function soundNlri(bytes: Uint8Array, from: number, end: number, addPath: boolean): boolean {
  const head = addPath ? 4 : 0
  let at = from
  while (at < end) {
    at += head
    if (at >= end) return false
    const length = bytes[at]!
    if (length > 32) return false
    at += 1 + ((length + 7) >> 3)
  }
  return at === end
}

export class NlriCursor {
  #bytes: Uint8Array
  #at = 0
  #end = 0
  #addPath = false
  /** Those of the NLRI that `next` moved to. */
  address: Ipv4 = 0
  length = 0
  /** As a signed 32-bit integer: tables keep it so. */
  pathId = 0

  constructor() {
    this.#bytes = new Uint8Array(0)
  }

  /** Goes to before the first NLRI of a sound span. */
  start({ bytes, from, end, addPath }: NlriSpan): void {
    this.#bytes = bytes
    this.#at = from
    this.#end = end
    this.#addPath = addPath
  }

  next(): boolean {
    const bytes = this.#bytes
    let at = this.#at
    if (at >= this.#end) return false
    if (this.#addPath) {
      this.pathId = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
      at += 4
    } else this.pathId = 0
    const length = bytes[at]!
    this.length = length
    if (length > 24) {
      const address = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
      this.address = length === 32 ? address : address & maskOf(length)
      this.#at = at + 5
      return true
    }
    const octets = (length + 7) >> 3
    let address = 0
    for (let i = 1; i <= octets; i++) address |= bytes[at + i]! << (32 - 8 * i)
    this.address = address & maskOf(length)
    this.#at = at + 1 + octets
    return true
  }
}
