const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A value as four bytes of length (big-endian) and JSON in UTF-8. `undefined` members are left out, as on a real wire. */
export function encodeMessage(value: unknown): Uint8Array {
  const text = encoder.encode(JSON.stringify(value))
  const frame = new Uint8Array(4 + text.length)
  new DataView(frame.buffer).setUint32(0, text.length)
  frame.set(text, 4)
  return frame
}

/** No message of ours is as long: what begins like one is something else. */
const LONGEST = 64 * 1024 * 1024

/** Puts messages together again, however the bytes were cut. */
export class MessageReader {
  #rest = new Uint8Array(0)
  /** What came is no message. */
  malformed = false

  push(data: Uint8Array): unknown[] {
    const messages: unknown[] = []
    let bytes = this.#rest
    if (bytes.length === 0) bytes = Uint8Array.from(data)
    else {
      bytes = new Uint8Array(this.#rest.length + data.length)
      bytes.set(this.#rest)
      bytes.set(data, this.#rest.length)
    }
    let start = 0
    while (bytes.length - start >= 4) {
      const length = new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0)
      this.malformed ||= length > LONGEST
      if (bytes.length - start - 4 < length) break
      messages.push(JSON.parse(decoder.decode(bytes.subarray(start + 4, start + 4 + length))))
      start += 4 + length
    }
    this.#rest = bytes.slice(start)
    return messages
  }
}
