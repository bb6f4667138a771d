/**
 * FNV-1a over the UTF-16 code units of `text`, finished with murmur3's mixer: an unsigned 32-bit number that is the same on
 * every machine and in every run. Ties in placement are broken by it, so a lab is laid out alike each time.
 */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return hash >>> 0
}
