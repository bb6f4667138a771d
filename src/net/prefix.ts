import { formatIpv4, type Ipv4, parseIpv4 } from './ipv4.ts'

/** An IPv4 prefix; `address` has no bit set beyond `length` (0…32). */
export interface Prefix {
  readonly address: Ipv4
  readonly length: number
}

/** The network mask of a prefix length (0…32). */
export function maskOf(length: number): Ipv4 {
  return length === 0 ? 0 : (-1 << (32 - length)) | 0
}

/** The prefix of `length` bits that holds `address`. */
export function prefixOf(address: Ipv4, length: number): Prefix {
  return { address: address & maskOf(length), length }
}

/**
 * Reads `a.b.c.d/n`. Host bits must be zero unless `hostBits` is `'mask'`, which clears them.
 * Returns `undefined` for anything else.
 */
export function parsePrefix(text: string, hostBits: 'refuse' | 'mask' = 'refuse'): Prefix | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseIpv4(text.slice(0, slash))
  if (address === undefined) return undefined
  const length = parseLength(text, slash + 1)
  if (length === undefined || length > 32) return undefined
  const prefix = prefixOf(address, length)
  if (hostBits === 'refuse' && prefix.address !== address) return undefined
  return prefix
}

/** One or two digits, no leading zero, and nothing after them. */
function parseLength(text: string, from: number): number | undefined {
  const digits = text.length - from
  const first = text.charCodeAt(from) - 48
  if (digits < 1 || digits > 2 || first < 0 || first > 9 || (first === 0 && digits === 2)) return undefined
  if (digits === 1) return first
  const second = text.charCodeAt(from + 1) - 48
  return second < 0 || second > 9 ? undefined : first * 10 + second
}

/** Reads a prefix that is known to be well formed; throws on one that is not. */
export function prefix(text: string): Prefix {
  const value = parsePrefix(text)
  if (value === undefined) throw new TypeError(`not an IPv4 prefix: ${JSON.stringify(text)}`)
  return value
}

export function formatPrefix(value: Prefix): string {
  return `${formatIpv4(value.address)}/${value.length}`
}

export function contains(outer: Prefix, address: Ipv4): boolean {
  return (address & maskOf(outer.length)) === outer.address
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? contains(a, b.address) : contains(b, a.address)
}
