import type { ClientRequest, Server } from 'node:http'
import type { Call, CallEvent, CallRequest, Calls, Clock, Endpoint, Listener, ServerEvent } from '../ports.ts'
import { requestOverHttp } from './calls-client.ts'
import { serveOverHttp } from './calls-server.ts'

/** Calls over HTTP/1.1 by `node:http`, a connection a call. */
export class RealCalls implements Calls {
  readonly #clock: Clock
  readonly #requests = new Set<ClientRequest>()
  readonly #servers = new Set<Server>()
  #ended = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  request(request: CallRequest, sink: (event: CallEvent) => void): Call {
    if (this.#ended) return { cancel() {} }
    const guarded = (event: CallEvent): void => {
      if (!this.#ended) sink(event)
    }
    return requestOverHttp(this.#clock, request, guarded, (outgoing) => {
      this.#requests.add(outgoing)
      outgoing.on('close', () => this.#requests.delete(outgoing))
    })
  }

  serve(local: Endpoint, sink: (event: ServerEvent) => void): Listener {
    if (this.#ended) return { close() {} }
    return serveOverHttp(
      local,
      sink,
      () => !this.#ended,
      (server) => {
        this.#servers.add(server)
        server.on('close', () => this.#servers.delete(server))
      },
    )
  }

  end(): void {
    this.#ended = true
    for (const request of this.#requests) request.destroy()
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
  }
}
