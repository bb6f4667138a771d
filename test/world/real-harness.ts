import { type ChildProcess, spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { MILLISECOND, type Micros, SECOND } from '../../src/model/index.ts'
import type { Endpoint, World } from '../../src/world/index.ts'
import { createRealWorld } from '../../src/world/real/index.ts'
import type { WorldHarness } from './harness.ts'
import { type Link, makeLink } from './namespaces.ts'

let devices = 0

/** Devices on loopback addresses; a second machine, where one is needed, is a network namespace. */
export function realHarness(): WorldHarness {
  const worlds: World[] = []
  const children: ChildProcess[] = []
  const fillers: Socket[] = []
  const links: Link[] = []
  const waiting = new Set<() => void>()
  const device = () => {
    const n = ++devices
    const world = createRealWorld({ name: `d${n}`, emit: () => {}, seed: `d${n}` })
    worlds.push(world)
    return { world, address: `127.77.${n >> 8}.${n & 255}` }
  }
  const link = (): Link => {
    const made = makeLink()
    links.push(made)
    return made
  }
  const child = async (command: string, args: readonly string[]): Promise<string> => {
    const process = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(process)
    return new Promise((resolve, reject) => {
      process.stdout!.once('data', (data: Buffer) => resolve(data.toString().trim()))
      process.once('exit', (code) => reject(new Error(`${command} ended with ${code} before it listened`)))
    })
  }
  return {
    device,
    woken: () => {
      for (const look of [...waiting]) look()
    },
    until: (holds, what, limit: Micros = 5 * SECOND) =>
      new Promise((resolve, reject) => {
        const done = (failure?: Error): void => {
          waiting.delete(look)
          clearTimeout(timer)
          if (failure) reject(failure)
          else resolve()
        }
        const look = (): void => {
          if (holds()) done()
        }
        // `queued` may fall without an event, so the end of the wait looks once more.
        const timer = setTimeout(() => done(holds() ? undefined : new Error(`never saw: ${what}`)), limit / MILLISECOND)
        waiting.add(look)
        look()
      }),
    pass: (length) => new Promise((resolve) => setTimeout(resolve, Math.ceil(length / MILLISECOND) + 1)),
    noAnswer: async () => {
      // A listener that never accepts: once its backlog is full the kernel drops every SYN for it.
      const port = Number(await child(process.execPath, ['-e', FROZEN_LISTENER]))
      const endpoint = { address: '127.0.0.1', port }
      for (let i = 0; i < 3; i++) fillers.push(connect({ host: endpoint.address, port }).on('error', () => {}))
      await Promise.all(fillers.slice(0, 2).map((socket) => opened(socket)))
      return endpoint
    },
    unreachable: async () => ({ world: device().world, endpoint: { address: link().nobody, port: 9 } }),
    silentPeer: async () => {
      const wire = link()
      const port = Number(await child('ip', ['netns', 'exec', wire.namespace, process.execPath, '-e', ACCEPTER]))
      const endpoint: Endpoint = { address: wire.remote, port }
      return { world: device().world, endpoint, powerOff: async () => wire.darken(), replace: async () => wire.replace() }
    },
    close: async () => {
      for (const world of worlds) world.end()
      for (const socket of fillers) socket.destroy()
      for (const process of children) process.kill('SIGKILL')
      for (const made of links) made.remove()
    },
  }
}

function opened(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.connecting) resolve()
    else socket.once('connect', () => resolve())
  })
}

/** Listens with a backlog of one, says where, and stops running for a minute. */
const FROZEN_LISTENER = `
const server = require('node:net').createServer()
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  require('node:fs').writeSync(1, server.address().port + '\\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
  process.exit()
})`

const ACCEPTER = `
const server = require('node:net').createServer((socket) => socket.on('error', () => {}))
server.listen({ host: '0.0.0.0', port: 0 }, () => console.log(server.address().port))
setTimeout(() => process.exit(), 60_000)`
