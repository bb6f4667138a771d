import type { Ipv4 } from '../../net/index.ts'

/** Thrown by a `Reader` that is asked for more than it has; decoders turn it into the RFC's error for their field. */
export class Truncated extends Error {
  override readonly name = 'Truncated'
}

/** Reads big-endian fields from a span of bytes. Arrays it hands out are views, never copies. */
export class Reader {
  readonly bytes: Uint8Array
  position: number
  readonly end: number

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  u8(): number {
    return this.bytes[this.#advance(1)]!
  }

  u16(): number {
    const at = this.#advance(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  /** Unsigned. */
  u32(): number {
    return this.ipv4() >>> 0
  }

  /** Four octets as the signed integer that an address is inside this code. */
  ipv4(): Ipv4 {
    const at = this.#advance(4)
    const bytes = this.bytes
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  take(length: number): Uint8Array {
    const at = this.#advance(length)
    return this.bytes.subarray(at, at + length)
  }

  /** A reader of the next `length` bytes, which this one skips. */
  sub(length: number): Reader {
    const at = this.#advance(length)
    return new Reader(this.bytes, at, at + length)
  }

  #advance(length: number): number {
    const at = this.position
    if (at + length > this.end) throw new Truncated(`${length} octets wanted, ${this.remaining} left`)
    this.position = at + length
    return at
  }
}

/** Writes big-endian fields into a buffer that grows. */
export class Writer {
  #bytes: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  u8(value: number): this {
    const at = this.#reserve(1)
    this.#bytes[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.#reserve(2)
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value
    return this
  }

  /** Any 32-bit integer, signed or not. */
  u32(value: number): this {
    const at = this.#reserve(4)
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
    return this
  }

  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** Overwrites an octet or a 16-bit field that was left for later. */
  patch8(at: number, value: number): void {
    this.#bytes[at] = value
  }

  patch16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value
  }

  /** What was written, as an array of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  #reserve(length: number): number {
    const at = this.length
    const needed = at + length
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
    }
    this.length = needed
    return at
  }
}
