/** What a file is, by its first octets. */
import { u32 } from './link.ts'
import { isMrtHeader } from './mrt.ts'
import { isPcap } from './pcap.ts'
import { SECTION_HEADER } from './pcapng.ts'

export type Format = 'hex' | 'pcap' | 'pcapng' | 'mrt' | 'binary'
export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz'

/** How many octets are looked at, if there are as many. */
export const DETECTION_OCTETS = 64

const COMPRESSIONS: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
]

export function compressionOf(head: Uint8Array): Compression | undefined {
  return COMPRESSIONS.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0]
}

/** `undefined` for what is none of them; an empty file is text without octets. */
export function formatOf(head: Uint8Array): Format | undefined {
  if (head.length >= 4) {
    const magic = u32(head, 0)
    if (isPcap(magic)) return 'pcap'
    if (magic === SECTION_HEADER) return 'pcapng'
  }
  if (head.length >= 16 && head.subarray(0, 16).every((byte) => byte === 0xff)) return 'binary'
  if (head.every(isText)) return 'hex'
  return head.length >= 12 && isMrtHeader(head) ? 'mrt' : undefined
}

/** White space, printable ASCII, and what UTF-8 is made of. */
function isText(byte: number): boolean {
  return byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte !== 127 && byte < 0xff)
}
