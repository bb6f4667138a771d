/** The machine of this process. */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { createRealWorld } from '../../world/real/index.ts'
import { EXIT } from '../exit.ts'
import type { Machine } from './machine.ts'

/** After our last word a peer may take this long to close its end; then the process ends all the same. */
const LAST_WORD_MS = 2_000

export function realMachine(): Machine {
  // Whoever reads the log may stop reading (`| head`).
  process.stdout.on('error', () => process.exit(EXIT.failed))
  return {
    pid: process.pid,
    now: () => performance.timeOrigin + performance.now(),
    read: (path) => readFileSync(path, 'utf8'),
    holds,
    ownAddresses: () =>
      Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
        (addresses ?? []).filter((each) => each.family === 'IPv4' && !each.internal).map((each) => `${each.address} (${name})`),
      ),
    world: () => createRealWorld({ name: hostname(), emit: () => {} }),
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    onSignal(listener) {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listener)
    },
    end(code) {
      process.exitCode = code
      // It ends by itself when nothing is open any more; this does not keep it.
      setTimeout(() => process.exit(), LAST_WORD_MS).unref()
    },
    abort: (code) => process.exit(code),
  }
}

/** Whether a socket can be bound to the address: the kernel's own answer, which knows all of 127.0.0.0/8 as well. */
function holds(address: string, told: (held: boolean) => void): void {
  const socket = createSocket('udp4')
  const end = (held: boolean) => {
    socket.close()
    told(held)
  }
  socket.once('error', () => end(false))
  socket.bind({ address, port: 0, exclusive: true }, () => end(true))
}
