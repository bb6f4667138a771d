/** An IPv4 address as a signed 32-bit integer, so that V8 keeps it as a small integer in maps and arrays. */
export type Ipv4 = number

const DOT = 46
const ZERO = 48

/** Reads dotted-decimal text; anything else (leading zeros, missing octets, spaces) is `undefined`. */
export function parseIpv4(text: string): Ipv4 | undefined {
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return undefined
      value = (value << 8) | octet
      octet = -1
    } else {
      const digit = code - ZERO
      if (digit < 0 || digit > 9 || octet === 0) return undefined
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return undefined
    }
  }
  return dots === 3 && octet >= 0 ? (value << 8) | octet : undefined
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
