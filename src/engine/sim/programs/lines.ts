/** Lines of text over a stream of bytes, as the programs of a lab speak them. */
const encoder = new TextEncoder()

export function lineBytes(text: string): Uint8Array {
  return encoder.encode(`${text}\n`)
}

export class LineReader {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** The lines that are whole now. */
  push(data: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(data, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines
  }
}
