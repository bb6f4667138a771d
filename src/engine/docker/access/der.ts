/** ASN.1's distinguished encoding (X.690), as much as a certificate needs. */

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag, ...lengthOf(content.length)), content])
}

/** Short form below 128, else the number of octets and then they, the highest first. */
function lengthOf(length: number): number[] {
  if (length < 128) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [128 + octets.length, ...octets]
}

export const sequence = (...contents: readonly Uint8Array[]) => der(0x30, ...contents)
export const set = (...contents: readonly Uint8Array[]) => der(0x31, ...contents)
/** `[n]`, constructed: what it holds keeps its own tag. */
export const tagged = (n: number, ...contents: readonly Uint8Array[]) => der(0xa0 + n, ...contents)
export const boolean = (value: boolean) => der(0x01, Buffer.of(value ? 0xff : 0))
export const octetString = (content: Uint8Array) => der(0x04, content)
export const utf8String = (text: string) => der(0x0c, Buffer.from(text))

/** Unsigned, the highest octet first. */
export function integer(octets: Uint8Array): Buffer {
  // A leading bit that is set would make it negative.
  return (octets[0] ?? 0) < 128 ? der(0x02, octets) : der(0x02, Buffer.of(0), octets)
}

/** `unused`: bits of the last octet that do not count. */
export const bitString = (content: Uint8Array, unused = 0) => der(0x03, Buffer.of(unused), content)

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const octets = [40 * first + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(128 + (left % 128))
    return groups
  })
  return der(0x06, Buffer.from(octets))
}

/** RFC 5280 §4.1.2.5.1: `YYMMDDHHMMSSZ`, for years before 2050. */
export const utcTime = (time: Date) => der(0x17, Buffer.from(`${time.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
