/** A file, or standard input, as octets: uncompressed where it is compressed with what Node knows. */
import { createReadStream } from 'node:fs'
import { compressionOf, DETECTION_OCTETS } from '../../bgp/capture/index.ts'
import { Ending, EXIT } from '../exit.ts'
import { gunzip, unzstd } from './compression.ts'

export const STDIN = '-'

/** Throws `Ending` for a compression that is not known here, `BrokenCompression` behind what can be read, and what Node says of files. */
export async function* octetsOf(name: string): AsyncGenerator<Uint8Array> {
  const source = name === STDIN ? process.stdin : createReadStream(name)
  yield* uncompressed(name, withHead(source))
}

/** The same octets, the first piece long enough to tell what they are. What came before an error comes before it here too. */
async function* withHead(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] = []
  let length = 0
  let failure: { readonly error: unknown } | undefined
  try {
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
  } catch (error) {
    failure = { error }
  }
  if (head.length > 0) yield Buffer.concat(head)
  if (failure !== undefined) throw failure.error
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
      yield* withHead(gunzip(all))
      return
    case 'zstd':
      yield* withHead(unzstd(all))
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
