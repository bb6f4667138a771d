/** An IPv4 address as a signed 32-bit integer, so that V8 keeps it as a small integer in maps and arrays. */
export type Ipv4 = number

const OCTET = /^(?:0|[1-9]\d{0,2})$/

/** Reads dotted-decimal text; anything else (leading zeros, missing octets, spaces) is `undefined`. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!OCTET.test(part)) return undefined
    const octet = Number(part)
    if (octet > 255) return undefined
    value = (value << 8) | octet
  }
  return value | 0
}

/** Reads an address that is known to be well formed; throws on one that is not. */
export function ipv4(text: string): Ipv4 {
  const address = parseIpv4(text)
  if (address === undefined) throw new TypeError(`not an IPv4 address: ${JSON.stringify(text)}`)
  return address
}

export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** Orders addresses as unsigned numbers, the way people write them in lists. */
export function compareIpv4(a: Ipv4, b: Ipv4): number {
  return (a >>> 0) - (b >>> 0)
}
