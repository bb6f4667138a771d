/**
 * The way from the host to a lab's resource API: HTTPS on loopback, a port of the kernel's choice, a token that every request must carry. What
 * it lets through it passes on as it is, over connections that the caller opens.
 */
import { timingSafeEqual } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Certificate } from './certificate.ts'

export interface ProxyOptions {
  readonly certificate: Certificate
  readonly token: string
  /** A connection to the API. */
  open(): Promise<Duplex>
}

export interface ApiProxy {
  /** `https://127.0.0.1:41233` */
  readonly url: string
  close(): void
}

/** Of one connection only, so not to be passed on (RFC 9110 §7.6.1). */
const OF_THE_HOP = ['authorization', 'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'host']

export async function startProxy(options: ProxyOptions): Promise<ApiProxy> {
  const { key, certificate } = options.certificate
  const server = createServer({ key, cert: certificate, noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
    response.on('error', () => undefined)
    if (mayPass(request.headers.authorization, options.token)) void pass(request, response, options.open)
    else refuse(response, 401, 'Unauthorized', 'Unauthorized')
  })
  await listening(server)
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, resolve)
  })
}

function mayPass(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function pass(request: IncomingMessage, response: ServerResponse, open: ProxyOptions['open']): Promise<void> {
  let stream: Duplex
  try {
    stream = await open()
  } catch (error) {
    refuse(response, 503, 'ServiceUnavailable', `the lab's API cannot be reached: ${(error as Error).message}`)
    return
  }
  const { method, url, headers } = request
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_HOP.includes(name)))
  const outgoing = httpRequest({ method, path: url, headers: { ...passed, host: 'api' }, createConnection: () => stream })
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy()
    else refuse(response, 503, 'ServiceUnavailable', `the lab's API does not answer: ${error.message}`)
  })
  outgoing.on('response', (incoming) => {
    const back = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !OF_THE_HOP.includes(name)))
    response.writeHead(incoming.statusCode ?? 502, back)
    // A watch says nothing at first, and its client waits for the head.
    response.flushHeaders()
    incoming.on('error', () => response.destroy())
    incoming.pipe(response)
  })
  // A client that goes away ends its watch.
  response.on('close', () => {
    outgoing.destroy()
    stream.destroy()
  })
  request.pipe(outgoing)
}

/** As Kubernetes' API says no. */
function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }))
}
