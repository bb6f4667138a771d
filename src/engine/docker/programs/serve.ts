/**
 * What every program in a container has in common: it answers JSON-lines requests (../protocol.ts) from its standard input and from
 * the socket /run/peerlab.sock, and writes events to its standard output. The lab that started the container talks over standard
 * input; any later process (`peerlab routes` on a lab that was left running) runs the same bundle with the argument `ask` through
 * `docker exec`, which joins its own standard input and output to that socket.
 */
import { rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { LabEvent, LabEventBody, Micros } from '../../../model/index.ts'
import type { ProgramOutput, ProgramRequest } from '../protocol.ts'

export const SOCKET = '/run/peerlab.sock'

export interface ProgramContext {
  /** Microseconds of CLOCK_MONOTONIC, which all containers of one machine share. */
  now(): Micros
  /** Writes one event line, stamped now unless `at` says when it happened. */
  emit(event: LabEventBody, at?: Micros): void
  /** Writes one event that is stamped already, as a World gives it. */
  record(event: LabEvent): void
}

/** One function per `op`; what it returns (or what its promise comes to) is the result, what it throws is the error's text. */
export type Handlers = Readonly<Record<string, (args: unknown) => unknown>>

export function monotonicMicros(): Micros {
  return Number(process.hrtime.bigint() / 1000n)
}

/**
 * Serves `program` until the container ends; with the argument `ask`, joins this process to the one that already
 * serves; with `operations`, prints the names of its requests and ends. A `child` of
 * another program is asked by that one alone, which has the socket.
 */
export function serve(program: (context: ProgramContext) => Handlers, role: 'main' | 'child' = 'main'): void {
  if (process.argv[2] === 'ask') {
    ask()
    return
  }
  const write = (record: ProgramOutput) => void process.stdout.write(`${JSON.stringify(record)}\n`)
  const handlers = program({
    now: monotonicMicros,
    emit: (event, at) => write({ ...event, at: at ?? monotonicMicros() }),
    record: write,
  })
  if (process.argv[2] === 'operations') {
    process.stdout.write(`${Object.keys(handlers).join('\n')}\n`, () => process.exit(0))
    return
  }
  onLines(process.stdin, (line) => void answer(handlers, line, write))
  if (role === 'child') return
  rmSync(SOCKET, { force: true })
  createServer((client) => {
    client.on('error', () => client.destroy())
    onLines(client, (line) => void answer(handlers, line, (reply) => void (client.writable && client.write(`${JSON.stringify(reply)}\n`))))
  }).listen(SOCKET)
}

/** Calls `line` for every whole line of the stream. */
export function onLines(stream: NodeJS.ReadableStream, line: (text: string) => void): void {
  const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  reader.on('line', (text) => {
    if (text !== '') line(text)
  })
  // The reader repeats its stream's errors; whoever owns the stream deals with them.
  reader.on('error', () => undefined)
}

async function answer(handlers: Handlers, line: string, write: (reply: ProgramOutput) => void): Promise<void> {
  let id = 0
  try {
    const request = JSON.parse(line) as ProgramRequest
    id = request.id
    const handler = handlers[request.op]
    if (handler === undefined) throw new Error(`unknown request ${JSON.stringify(request.op)}; known: ${Object.keys(handlers).join(', ')}`)
    const result = await handler(request.args)
    write({ type: 'reply', id, result: result ?? null })
  } catch (error) {
    write({ type: 'reply', id, error: error instanceof Error ? error.message : String(error) })
  }
}

function ask(): void {
  const socket = createConnection(SOCKET)
  socket.on('error', (error) => {
    process.stderr.write(`${SOCKET}: ${error.message}\n`)
    process.exit(1)
  })
  socket.on('close', () => process.exit(0))
  process.stdin.pipe(socket)
  socket.pipe(process.stdout)
}
