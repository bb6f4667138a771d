import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoint, IncomingRequest, Listener, MessageStream, ServerEvent } from '../ports.ts'
import { parse } from './calls-client.ts'
import { listenFailure } from './reasons.ts'

/** A watcher that lets this much pile up is dropped: it has to list again anyway. */
const SLOW_WATCHER_BYTES = 16 * 1024 * 1024

/** Longer than clients that keep connections wait before they use one again (Go: 90 s), so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000

/** Serves calls over HTTP/1.1: whole answers as JSON, streams as one JSON message a line. `opened` keeps the server until it is closed. */
export function serveOverHttp(
  local: Endpoint,
  sink: (event: ServerEvent) => void,
  running: () => boolean,
  opened: (server: Server) => void,
): Listener {
  let open = true
  const heard = (event: ServerEvent): void => {
    if (open && running()) sink(event)
  }
  const server = createServer({ noDelay: true }, (request, response) => {
    response.on('error', () => {})
    readBody(request, (text) => {
      const body = parse(text)
      if (!body.ok) {
        const json = /json|yaml|^$/.test(request.headers['content-type'] ?? '')
        const [code, reason] = json ? [400, 'BadRequest'] : [415, 'UnsupportedMediaType']
        response.writeHead(code, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: 'the body is not JSON' }))
        return
      }
      heard({ type: 'request', request: incoming(request, response, body.value, running) })
    })
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.on('error', (error: NodeJS.ErrnoException) => heard({ type: 'failed', reason: listenFailure(error), detail: error.message }))
  server.on('listening', () => {
    const { address, port } = server.address() as AddressInfo
    heard({ type: 'listening', local: { address, port } })
  })
  opened(server)
  server.listen({ host: local.address, port: local.port, exclusive: true })
  return {
    close: () => {
      open = false
      server.close()
    },
  }
}

function incoming(request: IncomingMessage, response: ServerResponse, body: unknown, running: () => boolean): IncomingRequest {
  let answered = false
  const answer = (): void => {
    if (answered) throw new Error('a request is answered once')
    answered = true
  }
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    body,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')])),
    remote: { address: request.socket.remoteAddress ?? '', port: request.socket.remotePort ?? 0 },
    reply(status, value) {
      answer()
      if (response.destroyed) return
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(value === undefined ? '' : JSON.stringify(value))
    },
    replyBytes(status, contentType, bytes) {
      answer()
      if (response.destroyed) return
      response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length })
      response.end(bytes)
    },
    stream(onClose) {
      answer()
      return stream(response, () => {
        if (running()) onClose()
      })
    },
  }
}

function stream(response: ServerResponse, onClose: () => void): MessageStream {
  let open = true
  const gone = (): void => {
    if (!open) return
    open = false
    onClose()
  }
  // A client that went away before it was answered is news as well, but not before this call returned.
  if (response.destroyed) setImmediate(gone)
  else {
    response.on('close', gone)
    // As Kubernetes names it: its clients refuse other names for a stream of JSON.
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
  }
  return {
    send(message) {
      if (!open || response.destroyed) return
      response.write(`${JSON.stringify(message)}\n`)
      if (response.writableLength > SLOW_WATCHER_BYTES) response.destroy()
    },
    end() {
      if (!open) return
      open = false
      response.end()
    },
  }
}

function readBody(request: IncomingMessage, onText: (text: string) => void): void {
  request.setEncoding('utf8')
  let text = ''
  request.on('data', (chunk: string) => {
    text += chunk
  })
  request.on('end', () => onText(text))
  request.on('error', () => {})
}
