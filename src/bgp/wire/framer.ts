/**
 * Cuts a byte stream into messages, however the stream was split: `push(chunk) → frames`.
 *
 * It checks what RFC 4271 §6.1 asks of the header and nothing else. Bodies are decoded one at a time by the receiver, because how an
 * UPDATE is encoded depends on the OPEN before it, which may have come in the same chunk. After an error the stream has no more frames.
 * Frames are views of the chunk where they lie whole in it; the caller must not write to a chunk afterwards.
 */
import { NO_DATA, type WireError } from './errors.ts'
import { HEADER_SIZE, MAX_MESSAGE_SIZE, readHeader } from './header.ts'

/** One message with a sound header. `bytes` is all of it, header included. */
export interface Frame {
  readonly type: number
  readonly bytes: Uint8Array
}

export interface Framed {
  readonly frames: readonly Frame[]
  /** Why no frame follows the last one. */
  readonly error?: WireError
}

export class Framer {
  readonly #maxSize: number
  #rest: Uint8Array = NO_DATA
  #error: WireError | undefined

  /** `maxSize`: 65535 where we offered RFC 8654: whoever offers it must take them (§4). */
  constructor(maxSize: number = MAX_MESSAGE_SIZE) {
    this.#maxSize = maxSize
  }

  push(chunk: Uint8Array): Framed {
    if (this.#error) return { frames: [], error: this.#error }
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk)
    const frames: Frame[] = []
    let at = 0
    while (bytes.length - at >= HEADER_SIZE) {
      const header = readHeader(bytes, at, this.#maxSize)
      if ('code' in header) {
        this.#error = header
        this.#rest = NO_DATA
        return { frames, error: header }
      }
      if (bytes.length - at < header.length) break
      frames.push({ type: header.type, bytes: bytes.subarray(at, at + header.length) })
      at += header.length
    }
    this.#rest = bytes.subarray(at)
    return { frames }
  }

  /** Octets of a message that is not complete. */
  get pending(): number {
    return this.#rest.length
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
