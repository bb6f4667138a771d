/** Octets that come in pieces, taken in others; what was taken too much is put back. */
export class Source {
  readonly #chunks: AsyncGenerator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncGenerator<Uint8Array>) {
    this.#chunks = chunks
  }

  /** Some octets, one at least; `undefined` at the end. Throws what the pieces' own source throws. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#rest.length > 0) {
      const rest = this.#rest
      this.#rest = new Uint8Array(0)
      return rest
    }
    for (;;) {
      const { value, done } = await this.#chunks.next()
      if (done) return undefined
      if (value.length > 0) return value
    }
  }

  /** So many octets, fewer only at the end. */
  async take(octets: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let missing = octets
    while (missing > 0) {
      const chunk = await this.next()
      if (chunk === undefined) break
      parts.push(chunk.subarray(0, missing))
      this.putBack(chunk.subarray(missing))
      missing -= Math.min(missing, chunk.length)
    }
    return Buffer.concat(parts)
  }

  /** They come next. */
  putBack(octets: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? octets : Buffer.concat([octets, this.#rest])
  }

  /** No more is wanted: the file behind it is closed. */
  async close(): Promise<void> {
    await this.#chunks.return(undefined)
  }
}
