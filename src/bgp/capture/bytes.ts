/** Octets that come in pieces and are taken in others. What was taken is let go; what `peek` and `take` give is never written to. */
export class Bytes {
  #bytes: Uint8Array = new Uint8Array(0)
  #pieces: Uint8Array[] = []
  #waiting = 0
  /** Octets taken since the beginning. */
  taken = 0

  get length(): number {
    return this.#bytes.length + this.#waiting
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    if (this.#bytes.length === 0 && this.#waiting === 0) this.#bytes = piece
    else {
      this.#pieces.push(piece)
      this.#waiting += piece.length
    }
  }

  /** The first `count` octets, still there; `undefined` while there are fewer. */
  peek(count: number): Uint8Array | undefined {
    if (this.length < count) return undefined
    if (this.#bytes.length < count) this.#join()
    return this.#bytes.subarray(0, count)
  }

  take(count: number): Uint8Array | undefined {
    const bytes = this.peek(count)
    if (bytes === undefined) return undefined
    this.#bytes = this.#bytes.subarray(count)
    this.taken += count
    return bytes
  }

  /** Drops up to `count` octets; answers how many. */
  skip(count: number): number {
    const dropped = Math.min(count, this.length)
    if (dropped > this.#bytes.length) this.#join()
    this.#bytes = this.#bytes.subarray(dropped)
    this.taken += dropped
    return dropped
  }

  all(): Uint8Array {
    return this.peek(this.length)!
  }

  #join(): void {
    const joined = new Uint8Array(this.length)
    joined.set(this.#bytes)
    let at = this.#bytes.length
    for (const piece of this.#pieces) {
      joined.set(piece, at)
      at += piece.length
    }
    this.#bytes = joined
    this.#pieces = []
    this.#waiting = 0
  }
}
