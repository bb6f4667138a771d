/**
 * The far end of a tunnel, run in a container by `docker exec`: every channel that is opened on its standard input becomes a connection to one
 * endpoint, from the container's own addresses. Ends when its input does.
 */
import { createConnection } from 'node:net'
import { Channels } from '../access/channels.ts'

/** The argument with which a bundle is a tunnel: `admin.js tunnel ADDRESS PORT`. */
export const TUNNEL_ARGUMENT = 'tunnel'

export function runTunnel(address: string, port: number): void {
  const channels = new Channels({
    send: (frame) => void process.stdout.write(frame),
    opened: (channel) => {
      const socket = createConnection({ host: address, port, allowHalfOpen: true, noDelay: true })
      socket.on('error', (error) => channel.destroy(error))
      channel.on('error', () => socket.destroy())
      channel.on('close', () => socket.destroy())
      // What was read from it goes out first.
      socket.on('close', () => {
        channel.once('finish', () => channel.destroy())
        channel.end()
      })
      socket.pipe(channel)
      channel.pipe(socket)
    },
  })
  process.stdin.on('data', (chunk: Buffer) => channels.received(chunk))
  process.stdin.on('end', () => process.exit(0))
}
