/** Writes a POSIX ustar archive (IEEE Std 1003.1, `pax`, "ustar Interchange Format") as chunks: what a build's context is sent as. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

/** A file of the archive: its bytes, or a file on this machine that is streamed when its turn comes. */
export interface TarEntry {
  /** Up to 100 bytes, slashes between folders. */
  readonly name: string
  readonly content: Uint8Array | { readonly file: string }
  readonly executable?: boolean
}

const BLOCK = 512

/** Times and owners are zero, so that equal contents give equal archives. */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const size = 'file' in entry.content ? (await stat(entry.content.file)).size : entry.content.byteLength
    yield header(entry, size)
    if ('file' in entry.content) yield* createReadStream(entry.content.file, { highWaterMark: 1 << 20 })
    else yield entry.content
    yield new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)
  }
  yield new Uint8Array(2 * BLOCK)
}

function header(entry: TarEntry, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const text = (offset: number, length: number, value: string) => {
    const bytes = new TextEncoder().encode(value)
    if (bytes.length > length) throw new Error(`${value} does not fit ${length} bytes of a tar header`)
    block.set(bytes, offset)
  }
  const octal = (offset: number, length: number, value: number) => text(offset, length, value.toString(8).padStart(length - 1, '0'))
  text(0, 100, entry.name)
  octal(100, 8, entry.executable ? 0o755 : 0o644)
  octal(108, 8, 0)
  octal(116, 8, 0)
  octal(124, 12, size)
  octal(136, 12, 0)
  text(156, 1, '0')
  text(257, 8, 'ustar\x0000')
  // The checksum is summed with its own field taken as spaces.
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  text(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}
