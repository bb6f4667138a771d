/** Starts dockerd where no service manager does: in its own session, with a log file, so that it outlives the set-up. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { connectEngine, DEFAULT_SOCKET } from '../client.ts'
import { type Failure, failure } from '../failure.ts'
import { clearLeftovers } from './leftovers.ts'
import type { Report } from './progress.ts'

export interface Daemon {
  readonly socket: string
  readonly pidFile: string
  readonly log: string
  /** The containerd that it starts for itself, and the machine's, which it uses where there is one. */
  readonly containerd: { readonly pidFile: string; readonly systemSocket?: string }
  /** Beside the defaults of dockerd. */
  readonly args: readonly string[]
}

export const SYSTEM_DAEMON: Daemon = {
  socket: DEFAULT_SOCKET,
  pidFile: '/var/run/docker.pid',
  log: '/var/log/dockerd.log',
  containerd: { pidFile: '/var/run/docker/containerd/containerd.pid', systemSocket: '/run/containerd/containerd.sock' },
  args: [],
}

type Started = { readonly ok: true; readonly pid: number } | Failure<'engine-not-started'>

/** From spawn to an answer. A first start makes storage and networks: 1–3 s on the machines seen. */
const START_MS = 90_000

/** Starts it and waits until it answers. What a dead or half-dead one left behind is cleared first. */
export async function startDaemon(daemon: Daemon, note: Report): Promise<Started> {
  const cleared = await clearLeftovers(daemon, note)
  if (!cleared.ok) return cleared
  note(`starting dockerd (log: ${daemon.log})`)
  const log = openSync(daemon.log, 'a')
  // Watched before it starts: the socket's appearance is what tells that it can be asked.
  const socket = watch(dirname(daemon.socket))
  const child = spawn('dockerd', daemon.args, { detached: true, cwd: '/', stdio: ['ignore', log, log] })
  closeSync(log)
  try {
    const why = await answers(daemon, child, socket)
    if (why !== undefined) return notStarted(daemon, why)
    note(`dockerd runs as PID ${child.pid}; it stays (to stop it: kill $(cat ${daemon.pidFile}))`)
    return { ok: true, pid: child.pid ?? 0 }
  } finally {
    socket.close()
    child.unref()
  }
}

/** Why it does not answer; nothing once it does. */
function answers(daemon: Daemon, child: ChildProcess, socket: ReturnType<typeof watch>): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(`no answer within ${START_MS / 1000} s`), START_MS)
  const ask = async () => {
    // A daemon that is getting ready takes the connection and answers when it is.
    const engine = await connectEngine({ DOCKER_HOST: `unix://${daemon.socket}` }, START_MS)
    if (engine.ok) resolve(undefined)
  }
  socket.on('change', (_, name) => {
    if (name === basename(daemon.socket)) void ask()
  })
  child.once('error', (error) => resolve(error.message))
  child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`))
  return promise.finally(() => clearTimeout(timer))
}

function notStarted(daemon: Daemon, why: string): Failure<'engine-not-started'> {
  const said = readFileSync(daemon.log, 'utf8').trimEnd().split('\n').slice(-6).join('\n')
  return failure('engine-not-started', `dockerd does not start: ${why}\n${said}`, `Look at ${daemon.log}, then run the set-up again.`)
}
