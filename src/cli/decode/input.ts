/** A file, or standard input, as octets: uncompressed where it is compressed with what Node knows. */
import { createReadStream } from 'node:fs'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { compressionOf, DETECTION_OCTETS } from '../../bgp/capture/index.ts'
import { Ending, EXIT } from '../exit.ts'

export const STDIN = '-'

export async function* octetsOf(name: string): AsyncGenerator<Uint8Array> {
  const source = name === STDIN ? process.stdin : createReadStream(name)
  yield* uncompressed(name, withHead(source))
}

/** The same octets, the first piece long enough to tell what they are. */
async function* withHead(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] = []
  let length = 0
  for await (const chunk of source) {
    if (length >= DETECTION_OCTETS) {
      yield chunk
      continue
    }
    head.push(chunk)
    length += chunk.length
    if (length < DETECTION_OCTETS) continue
    yield Buffer.concat(head)
    head = []
  }
  if (head.length > 0) yield Buffer.concat(head)
}

const HELP = { bzip2: 'bunzip2 -c', xz: 'xz -dc' } as const

async function* uncompressed(name: string, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { value: head, done } = await chunks.next()
  if (done) return
  const all = prepended(head, chunks)
  const compression = compressionOf(head)
  switch (compression) {
    case undefined:
      yield* all
      return
    case 'gzip':
      yield* withHead(through(createGunzip(), all))
      return
    case 'zstd':
      yield* withHead(through(createZstdDecompress(), all))
      return
    default: {
      const from = name === STDIN ? '' : ` ${name}`
      throw new Ending(EXIT.usage, `it is compressed with ${compression}`, `${HELP[compression]}${from} | peerlab decode -`)
    }
  }
}

async function* prepended(head: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head
  yield* rest
}

/** What was uncompressed before an error is given out before the error is thrown: the beginning of a broken file can be read. */
async function* through(transform: Transform, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = []
  let failure: Error | undefined
  const closed = new Promise<void>((resolve) => void transform.once('close', resolve))
  transform.on('data', (data: Uint8Array) => void out.push(data))
  transform.on('error', (error) => {
    failure = error
  })
  const taken = () => {
    const pieces = out
    out = []
    return pieces
  }
  for await (const chunk of chunks) {
    await new Promise<void>((resolve) => void transform.write(chunk, () => resolve()))
    yield* taken()
    if (failure !== undefined) break
  }
  if (failure === undefined) transform.end()
  await closed
  yield* taken()
  if (failure !== undefined) throw new BrokenCompression(failure.message)
}

/** Compressed octets that end early or make no sense. */
export class BrokenCompression extends Error {
  override readonly name = 'BrokenCompression'
}
