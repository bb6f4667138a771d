/** Protocol buffers' wire format, as much as is needed to write texts and messages. */
const encoder = new TextEncoder()
/** Length-delimited. */
const WIRE_TYPE = 2

export class ProtoWriter {
  readonly #chunks: Uint8Array[] = []

  text(field: number, value: string): this {
    return this.#put(field, encoder.encode(value))
  }

  message(field: number, write: (writer: ProtoWriter) => void): this {
    const writer = new ProtoWriter()
    write(writer)
    return this.#put(field, writer.bytes())
  }

  bytes(): Uint8Array {
    const whole = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    let at = 0
    for (const chunk of this.#chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  #put(field: number, payload: Uint8Array): this {
    this.#chunks.push(Uint8Array.from([...varint((field << 3) | WIRE_TYPE), ...varint(payload.length)]), payload)
    return this
  }
}

/** Seven bits a byte, the lowest first; the top bit says that more come. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  return [...bytes, rest]
}
