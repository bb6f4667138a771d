/** What a dead or half-dead engine leaves behind, and what keeps the next one from starting. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { type Failure, failure } from '../failure.ts'
import { command } from './command.ts'
import type { Daemon } from './daemon.ts'
import type { Report } from './progress.ts'

const STOP_SECONDS = 20
const ORPHAN_MS = 3_000

/**
 * A PID file whose process is gone, or is now another program's, keeps dockerd from starting (and makes it wait in vain for its
 * containerd): it goes. A dockerd that runs but answers nobody at its socket is ended, unless it was told to listen elsewhere.
 */
export async function clearLeftovers(daemon: Daemon, note: Report): Promise<{ readonly ok: true } | Failure<'engine-not-started'>> {
  const pid = runningPid(daemon.pidFile, 'dockerd', note)
  if (pid !== undefined) {
    if (listensElsewhere(commandLine(pid), daemon)) {
      return failure(
        'engine-not-started',
        `dockerd runs as PID ${pid} and was told to listen elsewhere than at ${daemon.socket}`,
        'Set DOCKER_HOST to where it listens, then run the set-up again.',
      )
    }
    note(`dockerd runs as PID ${pid} and does not answer at ${daemon.socket}: ending it`)
    if (!(await end(pid))) {
      return failure(
        'engine-not-started',
        `dockerd (PID ${pid}) neither answers nor ends`,
        `End it (kill -9 ${pid}), then run the set-up again.`,
      )
    }
  }
  const orphan = runningPid(daemon.containerd.pidFile, 'containerd', note)
  if (orphan !== undefined) {
    // The kernel kills it with its dockerd. Until it is dead, the next dockerd would take it for one to use.
    await hungUp(join(dirname(daemon.containerd.pidFile), 'containerd.sock'))
    runningPid(daemon.containerd.pidFile, 'containerd', note)
  }
  const socket = daemon.containerd.systemSocket
  if (socket !== undefined && existsSync(socket) && (await refuses(socket))) {
    note(`removing ${socket}: nothing listens there`)
    rmSync(socket, { force: true })
  }
  return { ok: true }
}

/** The PID in the file, if such a program has it. A file that names no such process is removed. */
function runningPid(file: string, program: string, note: Report): number | undefined {
  if (!existsSync(file)) return undefined
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  if (basename(commandLine(pid)[0] ?? '') === program) return pid
  note(`removing ${file}: no ${program} has PID ${pid}`)
  rmSync(file, { force: true })
  return undefined
}

/** Empty for a process that is gone, or dead and not yet reaped. */
function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function listensElsewhere(words: readonly string[], daemon: Daemon): boolean {
  const told = words.some((word) => /^(-H|--host)/.test(word))
  if (told) return !words.some((word) => word.includes(daemon.socket) || word.includes('fd://'))
  const file = '/etc/docker/daemon.json'
  return existsSync(file) && readFileSync(file, 'utf8').includes('"hosts"')
}

/** Asks it to end, then makes it. It is not our child, so tail(1) is what waits for its end. */
async function end(pid: number): Promise<boolean> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return true
    }
    await command('timeout', [String(STOP_SECONDS), 'tail', `--pid=${pid}`, '-f', '/dev/null'])
    if (basename(commandLine(pid)[0] ?? '') !== 'dockerd') return true
  }
  return false
}

function refuses(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const connection = connect(socket)
  connection.once('connect', () => resolve(false))
  connection.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  return promise.finally(() => connection.destroy())
}

/** Returns when the process behind the socket is gone: its end of a connection goes with it. A living one is given up soon. */
function hungUp(socket: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const connection = connect(socket)
  const timer = setTimeout(resolve, ORPHAN_MS)
  connection.once('error', () => resolve())
  connection.once('close', () => resolve())
  connection.resume()
  return promise.finally(() => {
    clearTimeout(timer)
    connection.destroy()
  })
}
