/** Bytes from hex text; white space and `|` only group. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/[\s|]/g, '')
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A whole message from its type and body. */
export function message(type: number, body: string): Uint8Array {
  const bytes = hex(body)
  const length = 19 + bytes.length
  return Uint8Array.from([...new Array<number>(16).fill(0xff), length >> 8, length & 255, type, ...bytes])
}
