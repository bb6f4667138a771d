/** Starts dockerd where no service manager does: in its own session, with a log file, so that it outlives the set-up. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { connectEngine, DEFAULT_SOCKET } from '../client.ts'
import { type Failure, failure } from '../failure.ts'
import { command } from './command.ts'
import type { Report } from './progress.ts'

export interface Daemon {
  readonly socket: string
  readonly pidFile: string
  readonly log: string
  /** Beside the defaults of dockerd. */
  readonly args: readonly string[]
}

export const SYSTEM_DAEMON: Daemon = { socket: DEFAULT_SOCKET, pidFile: '/var/run/docker.pid', log: '/var/log/dockerd.log', args: [] }

type Started = { readonly ok: true; readonly pid: number } | Failure<'engine-not-started'>

/** From spawn to an answer. A first start makes storage and networks: 1–3 s on the machines seen. */
const START_MS = 90_000
const STOP_SECONDS = 20

/** Starts it and waits until it answers. What a dead or half-dead one left behind is cleared first. */
export async function startDaemon(daemon: Daemon, note: Report): Promise<Started> {
  const cleared = await clearLeftovers(daemon, note)
  if (!cleared.ok) return cleared
  note(`starting dockerd (log: ${daemon.log})`)
  const log = openSync(daemon.log, 'a')
  // Watched before it starts: the socket's appearance is what tells that it can be asked.
  const socket = watch(dirname(daemon.socket))
  const child = spawn('dockerd', daemon.args, { detached: true, stdio: ['ignore', log, log] })
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

/**
 * A PID file whose process is gone, or is now another program's, keeps dockerd from starting: it goes. A dockerd that runs but answers
 * nobody at its socket is ended, unless it was told to listen elsewhere.
 */
async function clearLeftovers(daemon: Daemon, note: Report): Promise<{ readonly ok: true } | Failure<'engine-not-started'>> {
  const pid = readPid(daemon.pidFile)
  if (pid === undefined) return { ok: true }
  const commandLine = dockerdCommandLine(pid)
  if (commandLine === undefined) {
    note(`removing ${daemon.pidFile}: no dockerd has PID ${pid}`)
    rmSync(daemon.pidFile, { force: true })
    return { ok: true }
  }
  if (listensElsewhere(commandLine, daemon)) {
    return failure(
      'engine-not-started',
      `dockerd runs as PID ${pid} and was told to listen elsewhere than at ${daemon.socket}`,
      'Set DOCKER_HOST to where it listens, then run the set-up again.',
    )
  }
  note(`dockerd runs as PID ${pid} and does not answer at ${daemon.socket}: ending it`)
  if (await end(pid)) return { ok: true }
  return failure(
    'engine-not-started',
    `dockerd (PID ${pid}) neither answers nor ends`,
    `End it (kill -9 ${pid}), then run the set-up again.`,
  )
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

function dockerdCommandLine(pid: number): readonly string[] | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return basename(words[0] ?? '') === 'dockerd' ? words : undefined
  } catch {
    return undefined
  }
}

function listensElsewhere(commandLine: readonly string[], daemon: Daemon): boolean {
  const text = commandLine.join(' ')
  const told = /(^| )(-H|--host)\b/.test(text)
  if (told) return !text.includes(daemon.socket) && !text.includes('fd://')
  const file = '/etc/docker/daemon.json'
  return existsSync(file) && readFileSync(file, 'utf8').includes('"hosts"')
}

/** Asks it to end, then makes it. It is not our child, so tail(1) is what waits for its end. */
async function end(pid: number): Promise<boolean> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!send(pid, signal)) return true
    await command('timeout', [String(STOP_SECONDS), 'tail', `--pid=${pid}`, '-f', '/dev/null'])
    if (!send(pid, 0)) return true
  }
  return false
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

function notStarted(daemon: Daemon, why: string): Failure<'engine-not-started'> {
  const said = readFileSync(daemon.log, 'utf8').trimEnd().split('\n').slice(-6).join('\n')
  return failure('engine-not-started', `dockerd does not start: ${why}\n${said}`, `Look at ${daemon.log}, then run the set-up again.`)
}
