/**
 * gzip and zstd, uncompressed as far as they go: what can be read of a damaged file is given out before the damage is told. Of gzip only
 * the deflated octets are left to Node, whose own reader withholds what it has read of a member when the checksum, or what follows, is
 * wrong.
 */
import type { Transform } from 'node:stream'
import { crc32, createInflateRaw, createZstdDecompress } from 'node:zlib'
import { Source } from './source.ts'

/** Compressed octets that end early or make no sense; the message says so in full. */
export class BrokenCompression extends Error {
  override readonly name = 'BrokenCompression'
  readonly reason: 'truncated' | 'unreadable'

  constructor(reason: BrokenCompression['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** RFC 1952 §2.2: one member, or several one after the other. Throws `BrokenCompression` behind all that can be read. */
export async function* gunzip(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new Source(chunks)
  let damage: BrokenCompression | undefined
  try {
    do {
      await skipHeader(source)
      let [sum, size] = [0, 0]
      for await (const piece of through(createInflateRaw({ chunkSize: ROUND }), source)) {
        sum = crc32(piece, sum)
        size += piece.length
        yield piece
      }
      const trailer = await taken(source, 8)
      // A member whose octets could be uncompressed tells where the next one begins, whatever its checksum says.
      if (u32le(trailer, 0) !== sum || u32le(trailer, 4) !== size >>> 0) damage ??= damaged('their checksum is wrong')
    } while (await isAnotherMember(source))
    if (damage !== undefined) throw damage
    await refuseRest(source)
  } finally {
    await source.close()
  }
}

/** RFC 8878 §3: frames one after the other, which Node reads. Throws `BrokenCompression` behind all that can be read. */
export async function* unzstd(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new Source(lastApart(chunks, 4))
  try {
    yield* through(createZstdDecompress({ chunkSize: ROUND }), source)
    await refuseRest(source)
  } finally {
    await source.close()
  }
}

/** Octets that are uncompressed at once: so many at most are lost where the compressed ones make no sense. */
const ROUND = 4096

/** Feeds `transform` until it is done, and puts back what is behind its end. Throws `BrokenCompression`. */
async function* through(transform: Transform & { readonly bytesWritten: number }, source: Source): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = []
  let failure: Error | undefined
  transform.on('data', (data: Uint8Array) => void out.push(data))
  // After an error, and behind their end, Node's transforms do not call back: a write alone would be waited for in vain.
  const over = new Promise<void>((resolve) => {
    transform.once('end', resolve)
    transform.once('close', resolve)
    transform.once('error', (error) => {
      failure = error
      resolve()
    })
  })
  const uncompressed = () => {
    const pieces = out
    out = []
    return pieces
  }
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
      const before = transform.bytesWritten
      await Promise.race([over, new Promise<void>((resolve) => void transform.write(chunk, () => resolve()))])
      yield* uncompressed()
      if (failure !== undefined) throw damaged(failure.message)
      const used = transform.bytesWritten - before
      if (used === chunk.length) continue
      source.putBack(chunk.subarray(used))
      return
    }
    transform.end()
    await over
    yield* uncompressed()
    if (failure !== undefined) throw endsEarly()
  } finally {
    transform.destroy()
  }
}

const DEFLATE = 8
const RESERVED_FLAGS = 0xe0
const HEADER_CHECKSUM = 2
const EXTRA = 4
/** FNAME and FCOMMENT: each ends with a zero. */
const TEXTS = [8, 16]

/** RFC 1952 §2.3. */
async function skipHeader(source: Source): Promise<void> {
  const [, , method, flags] = await taken(source, 10)
  if (method !== DEFLATE || (flags! & RESERVED_FLAGS) !== 0) throw damaged('a gzip header makes no sense')
  if ((flags! & EXTRA) !== 0) {
    const [low, high] = await taken(source, 2)
    await taken(source, low! | (high! << 8))
  }
  for (const text of TEXTS) if ((flags! & text) !== 0) await skipText(source)
  if ((flags! & HEADER_CHECKSUM) !== 0) await taken(source, 2)
}

async function skipText(source: Source): Promise<void> {
  for (;;) {
    const chunk = await source.next()
    if (chunk === undefined) throw endsEarly()
    const end = chunk.indexOf(0)
    if (end < 0) continue
    source.putBack(chunk.subarray(end + 1))
    return
  }
}

/** Zeros behind a member are padding, which says nothing. */
async function isAnotherMember(source: Source): Promise<boolean> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    const start = chunk.findIndex((byte) => byte !== 0)
    if (start < 0) continue
    source.putBack(chunk.subarray(start))
    const magic = await source.take(2)
    source.putBack(magic)
    return magic[0] === 0x1f && magic[1] === 0x8b
  }
  return false
}

async function refuseRest(source: Source): Promise<void> {
  let octets = 0
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) octets += chunk.length
  if (octets > 0) throw new BrokenCompression('unreadable', `${octets} octets behind the compressed data are not compressed`)
}

async function taken(source: Source, octets: number): Promise<Uint8Array> {
  const bytes = await source.take(octets)
  if (bytes.length < octets) throw endsEarly()
  return bytes
}

/** The last octets come on their own: of what comes together with a wrong checksum zstd gives out nothing. */
async function* lastApart(chunks: AsyncGenerator<Uint8Array>, octets: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    const all = Buffer.concat([held, chunk])
    const cut = Math.max(0, all.length - octets)
    if (cut > 0) yield all.subarray(0, cut)
    held = all.subarray(cut)
  }
  if (held.length > 0) yield held
}

function u32le(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function damaged(detail: string): BrokenCompression {
  return new BrokenCompression('unreadable', `the compressed data are damaged: ${detail}`)
}

function endsEarly(): BrokenCompression {
  return new BrokenCompression('truncated', 'the compressed data end early')
}
