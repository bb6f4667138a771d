/**
 * Path attributes of one session that came before: the same octets are read once. Only what is sound and has no routes inside is kept, so
 * that a set stands for its octets wherever in a message they are.
 */
import type { CodecContext } from '../context.ts'
import { Reader } from '../cursor.ts'
import { type Attribute, decodeAttributes } from './index.ts'

/** One sound list of attributes that came with NLRI. */
export class AttributeSet {
  readonly octets: Uint8Array
  readonly attributes: readonly Attribute[]
  /** The table that uses it notes here what it made of it. */
  imported: object | undefined
  slot = -1

  constructor(octets: Uint8Array, attributes: readonly Attribute[]) {
    this.octets = octets
    this.attributes = attributes
  }
}

/** Sets that are remembered; a peer that never repeats itself costs no more than these. */
const REMEMBERED = 4096

export class AttributeInterner {
  readonly #sets = new Map<number, AttributeSet>()

  /** What octets `from` to `end` say; `undefined` where they must be read with their message. May throw what `decodeAttributes` does. */
  read(bytes: Uint8Array, from: number, end: number, context: CodecContext): AttributeSet | undefined {
    const hash = hashOf(bytes, from, end)
    const known = this.#sets.get(hash)
    if (known !== undefined && isSame(known.octets, bytes, from, end)) return known
    const { attributes, errors } = decodeAttributes(new Reader(bytes, from, end), context, true)
    if (errors.length > 0 || attributes.some(({ type }) => type === 'mp-reach' || type === 'mp-unreach')) return undefined
    if (this.#sets.size >= REMEMBERED) this.#sets.clear()
    const set = new AttributeSet(bytes.slice(from, end), attributes)
    this.#sets.set(hash, set)
    return set
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}

function isSame(octets: Uint8Array, bytes: Uint8Array, from: number, end: number): boolean {
  if (octets.length !== end - from) return false
  for (let i = 0; i < octets.length; i++) if (octets[i] !== bytes[from + i]) return false
  return true
}
