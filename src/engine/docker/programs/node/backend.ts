/** A Service's backend: answers each datagram, and each line of a TCP stream, with who it is and whom it saw (`BackendAnswer`). */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { BackendAnswer, BackendStart } from '../../traffic-requests.ts'
import { onLines } from '../serve.ts'

/** Serves every port over UDP and TCP; resolves when all are bound. */
export async function serveBackend(start: BackendStart): Promise<void> {
  await Promise.all(start.ports.map(({ protocol, port }) => (protocol === 'udp' ? serveUdp(start, port) : serveTcp(start, port))))
}

function serveUdp(start: BackendStart, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.on('error', reject)
    socket.on('message', (message, from) => {
      // A failure to send is a packet lost, which the client measures.
      socket.send(answer(start.node, `udp/${port}`, from.address, from.port, message.toString()), from.port, from.address, () => undefined)
    })
    socket.bind(port, start.address, resolve)
  })
}

function serveTcp(start: BackendStart, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy())
      onLines(socket, (line) => {
        if (socket.writable)
          socket.write(`${answer(start.node, `tcp/${port}`, socket.remoteAddress ?? '', socket.remotePort ?? 0, line)}\n`)
      })
    })
    server.on('error', reject)
    server.listen(port, start.address, resolve)
  })
}

function answer(node: string, at: string, source: string, port: number, echo: string): string {
  return JSON.stringify({ node, at, source, port, echo } satisfies BackendAnswer)
}
