import type { CloseReason, ConnectionEvent, Endpoint, ListenerEvent, Transport } from '../../../world/index.ts'

interface Open {
  readonly remote: string
  readonly end: (reason: CloseReason) => void
}

/** A daemon's connections, which it may drop by itself: its kernel says FIN where it still can, and its sessions hear that theirs has closed. */
export class Connections implements Transport {
  readonly #transport: Transport
  readonly #open = new Set<Open>()

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Those with this peer. */
  drop(peerAddress: string): void {
    for (const each of [...this.#open]) if (each.remote === peerAddress) each.end('closed')
  }

  connect(request: Parameters<Transport['connect']>[0], sink: (event: ConnectionEvent) => void): ReturnType<Transport['connect']> {
    return this.#kept(request.remote, sink, (own) => this.#transport.connect(request, own), false)
  }

  listen(local: Endpoint, sink: (event: ListenerEvent) => void): ReturnType<Transport['listen']> {
    return this.#transport.listen(local, (event) => {
      if (event.type !== 'connection') sink(event)
      else sink({ ...event, accept: (own) => this.#kept(event.remote, own, (kept) => event.accept(kept), true) })
    })
  }

  #kept(
    remote: Endpoint,
    sink: (event: ConnectionEvent) => void,
    begin: (sink: (event: ConnectionEvent) => void) => ReturnType<Transport['connect']>,
    stands: boolean,
  ): ReturnType<Transport['connect']> {
    const open: Open = {
      remote: remote.address,
      end: (reason) => {
        this.#open.delete(open)
        connection.close()
        sink({ type: 'closed', reason })
      },
    }
    const connection = begin((event) => {
      // What has not come about cannot be dropped: the attempt fails by itself.
      if (event.type === 'connected') this.#open.add(open)
      if (event.type === 'failed' || event.type === 'closed') this.#open.delete(open)
      sink(event)
    })
    if (stands) this.#open.add(open)
    return {
      send: (data) => connection.send(data),
      get queued() {
        return connection.queued
      },
      close: () => {
        this.#open.delete(open)
        connection.close()
      },
      abort: () => {
        this.#open.delete(open)
        connection.abort()
      },
      pause: () => connection.pause(),
      resume: () => connection.resume(),
    }
  }
}
