import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net'
import { formatDuration, type Micros, SECOND } from '../../model/index.ts'
import type {
  Clock,
  CloseReason,
  Connection,
  ConnectionEvent,
  ConnectRequest,
  Endpoint,
  Listener,
  ListenerEvent,
  Transport,
} from '../ports.ts'
import { closeReason, connectFailure, listenFailure } from './reasons.ts'

/** After our FIN we read on and throw away until the peer's, since a socket that is closed with unread data sends RST and takes our last words back. */
const LINGER: Micros = 5 * SECOND
/**
 * Octets of one connection in one turn of the loop. Node reads on for as long as a peer sends, 32 times 64 kB before anything else has its
 * turn: a full table would keep timers waiting, and so keepalives.
 */
const TURN_OCTETS = 64 * 1024
/** A peer that stopped reading does not keep a closed connection for longer. */
const FLUSH: Micros = 60 * SECOND

/** TCP by `node:net`. What is open is destroyed by `end`: the kernel then sends FIN, as it does for a killed process. */
export class RealTransport implements Transport {
  readonly #clock: Clock
  readonly #sockets = new Set<Socket>()
  readonly #servers = new Set<Server>()
  #ended = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connect(request: ConnectRequest, sink: (event: ConnectionEvent) => void): Connection {
    const { remote, localAddress } = request
    const connection = new RealConnection(this.#clock, this.#guard(sink))
    if (this.#ended) return connection
    const socket = connectSocket({
      host: remote.address,
      port: remote.port,
      family: 4,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    this.#keep(socket)
    connection.open(socket, request)
    return connection
  }

  listen(local: Endpoint, sink: (event: ListenerEvent) => void): Listener {
    let open = !this.#ended
    if (!open) return { close() {} }
    const server = createServer({ noDelay: true })
    this.#servers.add(server)
    const heard = (event: ListenerEvent): void => {
      if (open && !this.#ended) sink(event)
    }
    server.on('error', (error: NodeJS.ErrnoException) => {
      this.#servers.delete(server)
      heard({ type: 'failed', reason: listenFailure(error), detail: error.message })
    })
    server.on('listening', () => heard({ type: 'listening', local: endpointOf(server.address()) }))
    server.on('connection', (socket) => {
      this.#keep(socket)
      this.#offer(socket, heard)
    })
    server.listen({ host: local.address, port: local.port, exclusive: true })
    return {
      close: () => {
        open = false
        server.close()
        this.#servers.delete(server)
      },
    }
  }

  end(): void {
    this.#ended = true
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #guard(sink: (event: ConnectionEvent) => void): (event: ConnectionEvent) => void {
    return (event) => {
      if (!this.#ended) sink(event)
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #offer(socket: Socket, heard: (event: ListenerEvent) => void): void {
    const { localAddress, localPort, remoteAddress, remotePort } = socket
    // The peer may have reset it while it waited to be accepted.
    if (localAddress === undefined || remoteAddress === undefined || localPort === undefined || remotePort === undefined) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    let connection: RealConnection | undefined
    let offered = true
    heard({
      type: 'connection',
      local: { address: localAddress, port: localPort },
      remote: { address: remoteAddress, port: remotePort },
      accept: (sink) => {
        if (!offered || connection) throw new Error('a connection is accepted once, inside its event')
        connection = new RealConnection(this.#clock, this.#guard(sink))
        connection.adopt(socket)
        return connection
      },
    })
    offered = false
    if (connection) return
    socket.on('error', () => {})
    socket.resetAndDestroy()
  }
}

class RealConnection implements Connection {
  readonly #clock: Clock
  #sink: ((event: ConnectionEvent) => void) | undefined
  #socket: Socket | undefined
  #connected = false
  #paused = false
  /** Octets delivered in this turn. */
  #turn = 0

  constructor(clock: Clock, sink: (event: ConnectionEvent) => void) {
    this.#clock = clock
    this.#sink = sink
  }

  open(socket: Socket, request: ConnectRequest): void {
    const { remote, timeout } = request
    const timer = this.#clock.timer(`connect ${remote.address}:${remote.port}`, () => {
      this.#finally({
        type: 'failed',
        reason: 'timeout',
        detail: `no answer from ${remote.address}:${remote.port} within ${formatDuration(timeout)}`,
      })
      socket.destroy()
    })
    timer.start(timeout)
    socket.once('connect', () => {
      timer.stop()
      this.#connected = true
      const { localAddress = '', localPort = 0 } = socket
      this.#sink?.({ type: 'connected', local: { address: localAddress, port: localPort }, remote })
    })
    socket.once('close', () => timer.stop())
    this.#follow(socket)
  }

  adopt(socket: Socket): void {
    this.#connected = true
    this.#follow(socket)
  }

  send(data: Uint8Array): boolean {
    const socket = this.#socket
    if (!this.#sink || !socket || socket.destroyed || socket.writableEnded) return true
    return data.length === 0 ? !socket.writableNeedDrain : socket.write(data)
  }

  get queued(): number {
    return this.#socket?.destroyed ? 0 : (this.#socket?.writableLength ?? 0)
  }

  close(): void {
    const socket = this.#socket
    if (!this.#sink || !socket) return
    this.#sink = undefined
    if (!this.#connected) {
      socket.destroy()
      return
    }
    socket.resume()
    socket.end()
    this.#linger(socket)
  }

  abort(): void {
    this.#sink = undefined
    if (this.#connected) this.#socket?.resetAndDestroy()
    else this.#socket?.destroy()
  }

  pause(): void {
    if (!this.#sink) return
    this.#paused = true
    this.#socket?.pause()
  }

  resume(): void {
    if (!this.#sink) return
    this.#paused = false
    if (this.#turn < TURN_OCTETS) this.#socket?.resume()
  }

  #follow(socket: Socket): void {
    this.#socket = socket
    // A plain view: a Buffer's `slice` shares memory where a Uint8Array's copies.
    socket.on('data', (chunk: Buffer) => {
      this.#count(chunk.length, socket)
      this.#sink?.({ type: 'data', data: new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length) })
    })
    socket.on('drain', () => this.#sink?.({ type: 'drain' }))
    // Without allowHalfOpen Node sends what is queued and then our FIN by itself.
    socket.on('end', () => {
      this.#linger(socket)
      this.#close('closed')
    })
    socket.on('error', (error) => {
      if (this.#connected) this.#close(closeReason(error))
      else this.#finally({ type: 'failed', reason: connectFailure(error), detail: error.message })
    })
    socket.on('close', () => this.#close('closed'))
  }

  /** Enough for this turn: everything else comes first. */
  #count(octets: number, socket: Socket): void {
    if (this.#turn === 0) {
      this.#clock.yield(() => {
        const held = this.#turn >= TURN_OCTETS
        this.#turn = 0
        if (held && !this.#paused) socket.resume()
      })
    }
    this.#turn += octets
    if (this.#turn >= TURN_OCTETS && this.#sink) socket.pause()
  }

  #close(reason: CloseReason): void {
    if (this.#connected) this.#finally({ type: 'closed', reason })
  }

  #finally(event: ConnectionEvent): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.(event)
  }

  #linger(socket: Socket): void {
    if (socket.destroyed) return
    const timer = this.#clock.timer('linger', () => socket.destroy())
    timer.start(socket.writableFinished ? LINGER : FLUSH)
    socket.once('finish', () => timer.start(LINGER))
    socket.once('close', () => timer.stop())
  }
}

function endpointOf(address: ReturnType<Server['address']>): Endpoint {
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address and a port')
  return { address: address.address, port: address.port }
}
