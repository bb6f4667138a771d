/**
 * A BMP station (RFC 7854) that only listens for *that* something changed: bgpd reports every route that it takes or drops, and every
 * peer that comes or goes. What changed is then read from bgpd itself; so only the common header is looked at (§4.1: version 3,
 * length of the whole message, type).
 */
import { createServer, type Server, type Socket } from 'node:net'

export const BMP_PORT = 11019

/** RFC 7854 §10.1. */
export const BMP_TYPE = { routeMonitoring: 0, statisticsReport: 1, peerDown: 2, peerUp: 3, initiation: 4, termination: 5 } as const

/** RFC 7854 §4.1 */
const HEADER_LENGTH = 6

/** Cuts a BMP stream into messages; gives back their types. A stream that is not BMP throws. */
export class BmpReader {
  /** What is left of a header, or how much of a body is still to come. */
  #header = new Uint8Array(0)
  #skip = 0

  push(data: Uint8Array): number[] {
    const types: number[] = []
    let offset = 0
    while (offset < data.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, data.length - offset)
        this.#skip -= step
        offset += step
        continue
      }
      const step = Math.min(HEADER_LENGTH - this.#header.length, data.length - offset)
      const header = new Uint8Array(this.#header.length + step)
      header.set(this.#header)
      header.set(data.subarray(offset, offset + step), this.#header.length)
      offset += step
      this.#header = header
      if (header.length < HEADER_LENGTH) break
      const view = new DataView(header.buffer)
      const length = view.getUint32(1)
      if (view.getUint8(0) !== 3 || length < HEADER_LENGTH) throw new Error(`not BMP version 3: ${[...header].join(' ')}`)
      types.push(view.getUint8(5))
      this.#skip = length - HEADER_LENGTH
      this.#header = new Uint8Array(0)
    }
    return types
  }
}

export class BmpStation {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connected: () => void = () => {}

  /** `onChange` is called for each chunk that holds a route, a peer up or a peer down. */
  constructor(onChange: () => void) {
    this.#server = createServer((socket) => {
      const reader = new BmpReader()
      this.#sockets.add(socket)
      this.#connected()
      socket.on('data', (data: Buffer) => {
        const types = reader.push(data)
        if (types.some((type) => type === BMP_TYPE.routeMonitoring || type === BMP_TYPE.peerUp || type === BMP_TYPE.peerDown)) onChange()
      })
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(BMP_PORT, '127.0.0.1', resolve)
    })
  }

  /** Comes back when the daemon is connected. Ask before the daemon is told to connect. */
  connected(): Promise<void> {
    return new Promise((resolve) => {
      this.#connected = resolve
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
