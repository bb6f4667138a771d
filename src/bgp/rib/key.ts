import type { Ipv4, Prefix } from '../../net/index.ts'

/** A prefix as one number: tables keyed by numbers are two to three times faster than by text. */
export function prefixKey(prefix: { readonly address: Ipv4; readonly length: number }): number {
  return (prefix.address >>> 0) * 64 + prefix.length
}

export function prefixOfKey(key: number): Prefix {
  return { address: Math.floor(key / 64) | 0, length: key % 64 }
}
