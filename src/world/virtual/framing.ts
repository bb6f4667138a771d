const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A value as four bytes of length (big-endian) and JSON in UTF-8. `undefined` members are left out, as on a real wire. */
export function encodeMessage(value: unknown): Uint8Array {
  const text = JSON.stringify(value)
  let frame = new Uint8Array(HEAD + text.length)
  // Nearly always one octet a letter, and then it is written where it belongs at once.
  if (encoder.encodeInto(text, frame.subarray(HEAD)).read < text.length) {
    const encoded = encoder.encode(text)
    frame = new Uint8Array(HEAD + encoded.length)
    frame.set(encoded, HEAD)
  }
  new DataView(frame.buffer).setUint32(0, frame.length - HEAD)
  return frame
}

const HEAD = 4
const NOTHING = new Uint8Array(0)

/** No message of ours is as long: what begins like one is something else. */
const LONGEST = 64 * 1024 * 1024

/** Puts messages together again, however the bytes were cut. */
export class MessageReader {
  #rest: Uint8Array = NOTHING
  /** What came is no message. */
  malformed = false

  push(data: Uint8Array): unknown[] {
    const messages: unknown[] = []
    let bytes = data
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + data.length)
      bytes.set(this.#rest)
      bytes.set(data, this.#rest.length)
    }
    let start = 0
    while (bytes.length - start >= HEAD) {
      const length = new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0)
      this.malformed ||= length > LONGEST
      if (bytes.length - start - HEAD < length) break
      messages.push(JSON.parse(decoder.decode(bytes.subarray(start + HEAD, start + HEAD + length))))
      start += HEAD + length
    }
    this.#rest = start === bytes.length ? NOTHING : bytes.slice(start)
    return messages
  }
}
