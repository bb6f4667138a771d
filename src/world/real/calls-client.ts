import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { formatDuration } from '../../model/index.ts'
import type { Call, CallEvent, CallRequest, Clock } from '../ports.ts'
import { closeReason, connectFailure } from './reasons.ts'

/** One call over HTTP/1.1, on a connection of its own. `opened` keeps the request until it is over. */
export function requestOverHttp(
  clock: Clock,
  request: CallRequest,
  sink: (event: CallEvent) => void,
  opened: (request: ClientRequest) => void,
): Call {
  const { server, method, path, timeout, localAddress } = request
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
  let over = false
  let connected = false
  const finish = (event?: CallEvent): void => {
    if (over) return
    over = true
    timer.stop()
    outgoing.destroy()
    if (event) sink(event)
  }
  const broken = (error: NodeJS.ErrnoException): void => {
    const detail = `${method} ${path} at ${server.address}:${server.port}: ${error.message}`
    if (!connected) finish({ type: 'failed', reason: connectFailure(error), detail })
    // Node calls a FIN in the middle ECONNRESET too; only the kernel's own errors name a system call.
    else finish({ type: 'failed', reason: error.syscall === undefined ? 'closed' : closeReason(error), detail })
  }
  const malformed = (what: string): void => finish({ type: 'failed', reason: 'malformed', detail: `${method} ${path}: ${what}` })
  const outgoing = httpRequest({
    host: server.address,
    port: server.port,
    family: 4,
    method,
    path,
    agent: false,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
      ...request.headers,
    },
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  const timer = clock.timer(`call ${method} ${path}`, () =>
    finish({ type: 'failed', reason: 'timeout', detail: `no answer to ${method} ${path} within ${formatDuration(timeout)}` }),
  )
  timer.start(timeout)
  outgoing.on('socket', (socket) => {
    socket.setNoDelay(true)
    socket.once('connect', () => {
      connected = true
    })
  })
  outgoing.on('error', broken)
  outgoing.on('response', (response) => {
    response.on('error', broken)
    const status = response.statusCode ?? 0
    if (request.watch && status === 200) {
      timer.stop()
      readLines(
        response,
        (line) => {
          const message = parse(line)
          if (over) return
          if (message.ok) sink({ type: 'message', body: message.value })
          else malformed(`a line of the stream is not JSON: ${line.slice(0, 80)}`)
        },
        () => finish({ type: 'ended' }),
      )
    } else {
      readWhole(response, (text) => {
        const reply = parse(text)
        if (reply.ok) finish({ type: 'reply', status, body: reply.value })
        else malformed(`the answer (${status}) is not JSON: ${text.slice(0, 80)}`)
      })
    }
  })
  opened(outgoing)
  outgoing.end(body)
  return { cancel: () => finish() }
}

/** Hands over every line, then tells the end; an answer that breaks off is an `error` of the response. */
function readLines(response: IncomingMessage, onLine: (line: string) => void, onEnd: () => void): void {
  response.setEncoding('utf8')
  let rest = ''
  response.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  })
  response.on('end', () => {
    if (!response.complete) return
    if (rest !== '') onLine(rest)
    onEnd()
  })
}

function readWhole(response: IncomingMessage, onText: (text: string) => void): void {
  response.setEncoding('utf8')
  let whole = ''
  response.on('data', (text: string) => {
    whole += text
  })
  response.on('end', () => {
    if (response.complete) onText(whole)
  })
}

export function parse(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (text === '') return { ok: true, value: undefined }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false }
  }
}
