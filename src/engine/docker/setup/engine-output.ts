/** The engine's progress of a pull, an import or a build: one JSON object a line. */
import { createInterface } from 'node:readline'

export interface EngineRecord {
  readonly stream?: string
  readonly status?: string
  readonly progress?: string
  readonly error?: string
}

/** Calls `each` for every record until the engine is done. Throws the engine's error, if that is how it ends. */
export async function engineOutput(stream: NodeJS.ReadableStream, each: (record: EngineRecord) => void): Promise<void> {
  // Without this, a stream that breaks off would end the loop below as if it were done.
  const { promise: broken, reject } = Promise.withResolvers<never>()
  stream.once('error', reject)
  await Promise.race([broken, read(stream, each)])
}

async function read(stream: NodeJS.ReadableStream, each: (record: EngineRecord) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    if (line.trim() === '') continue
    const record = JSON.parse(line) as EngineRecord
    if (record.error !== undefined) throw new Error(record.error)
    each(record)
  }
}
