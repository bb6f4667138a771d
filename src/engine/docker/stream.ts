/**
 * The lab's end of a program's JSON lines (protocol.ts): requests with their replies, and events as they come. Works over any byte
 * stream that Docker multiplexes: the attached main process, or an exec of the same bundle with `ask`.
 */
import type { Duplex } from 'node:stream'
import type { LabEvent } from '../../model/index.ts'
import type { ProgramOutput, ProgramRequest } from './protocol.ts'

export class ProgramError extends Error {
  readonly code = 'program-error'
}

export interface ProgramSink {
  event(event: LabEvent): void
  /** A line on standard error, or one on standard output that is not JSON: what a crash leaves. */
  noise(text: string): void
  /** Nothing more comes, and not because `close` was called. */
  ended(error: ProgramError): void
}

interface Pending {
  readonly op: string
  resolve(result: unknown): void
  reject(error: Error): void
}

export class ProgramStream {
  readonly name: string
  #stream: Duplex
  #pending = new Map<number, Pending>()
  #nextId = 1
  #ended: string | undefined
  #lastNoise = ''
  #sink: ProgramSink

  /** `stream` is Docker's raw stream (8-byte frame headers, Engine API "attach"). */
  constructor(name: string, stream: Duplex, sink: ProgramSink) {
    this.name = name
    this.#stream = stream
    this.#sink = sink
    const stdout = lines((text) => this.#line(text, sink))
    const stderr = lines((text) => {
      this.#lastNoise = text
      sink.noise(text)
    })
    stream.on('data', demultiplex({ 1: stdout, 2: stderr }))
    stream.on('error', (error) => this.#end(error.message))
    stream.on('end', () => this.#end('it ended'))
    stream.on('close', () => this.#end('it ended'))
  }

  /** Asks the program; rejects with what it answers as an error, or when it ends first. */
  request<T = unknown>(op: string, args?: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(new ProgramError(`${this.name}: ${op}: no program to ask: ${this.#ended}`))
        return
      }
      const id = this.#nextId++
      this.#pending.set(id, { op, resolve: (result) => resolve(result as T), reject })
      const request: ProgramRequest = args === undefined ? { id, op } : { id, op, args }
      this.#stream.write(`${JSON.stringify(request)}\n`)
    })
  }

  close(): void {
    this.#end('the lab closed it', false)
    this.#stream.destroy()
  }

  #line(text: string, sink: ProgramSink): void {
    let record: ProgramOutput
    try {
      record = JSON.parse(text) as ProgramOutput
    } catch {
      this.#lastNoise = text
      sink.noise(text)
      return
    }
    if (record.type !== 'reply') {
      sink.event(record)
      return
    }
    const pending = this.#pending.get(record.id)
    if (pending === undefined) return
    this.#pending.delete(record.id)
    if ('error' in record) pending.reject(new ProgramError(`${this.name}: ${pending.op}: ${record.error}`))
    else pending.resolve(record.result)
  }

  #end(reason: string, unexpected = true): void {
    if (this.#ended !== undefined) return
    this.#ended = this.#lastNoise === '' ? reason : `${reason} (last words: ${this.#lastNoise})`
    if (unexpected) this.#sink.ended(new ProgramError(`${this.name}: the program ended: ${this.#ended}`))
    for (const pending of this.#pending.values()) pending.reject(new ProgramError(`${this.name}: ${pending.op}: ${this.#ended}`))
    this.#pending.clear()
  }
}

/** Cuts a byte stream into lines. */
function lines(line: (text: string) => void): (chunk: Buffer) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const text = rest + decoder.decode(chunk, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (end > start) line(text.slice(start, end))
      start = end + 1
    }
    rest = text.slice(start)
  }
}

/** Takes Docker's frames apart: one byte of stream number, three of zeros, four of length (big-endian), then the payload. */
export function demultiplex(sinks: Readonly<Record<number, (chunk: Buffer) => void>>): (chunk: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0)
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    while (waiting.length >= 8) {
      const length = waiting.readUInt32BE(4)
      if (waiting.length < 8 + length) return
      sinks[waiting[0] ?? 0]?.(waiting.subarray(8, 8 + length))
      waiting = waiting.subarray(8 + length)
    }
  }
}
