/** Gets this machine an engine: installs the distribution's where there is none, and starts it. */
import { existsSync } from 'node:fs'
import { connectEngine, type Engine, type EngineFailure } from '../client.ts'
import { type Failure, failure } from '../failure.ts'
import { command } from './command.ts'
import { SYSTEM_DAEMON, startDaemon } from './daemon.ts'
import { canInstall, installPackages } from './machine.ts'
import type { Report } from './progress.ts'

/** The engine, what it needs to ask a registry, and what it needs on a kernel that enforces AppArmor, as Debian's does. */
const ENGINE_PACKAGES = ['docker.io', 'ca-certificates', 'apparmor']

/** `seen` is why the default socket gave no engine; it comes back where this machine is not ours to change. */
export async function startInstalledEngine(seen: EngineFailure, note: Report): Promise<Engine | EngineFailure | Failure> {
  if (process.getuid?.() !== 0) return elsewhere(seen)
  if (!(await hasDaemon())) {
    if (!canInstall()) return elsewhere(seen)
    note(`${seen.message}; installing the distribution's`)
    const installed = await installPackages(ENGINE_PACKAGES, note)
    if (!installed.ok) return installed
    // The package may have started it.
    const started = await connectEngine({})
    if (started.ok) return started
  }
  const started = (await underSystemd()) ? await startUnit(note) : await startDaemon(SYSTEM_DAEMON, note)
  return started.ok ? connectEngine({}) : started
}

async function hasDaemon(): Promise<boolean> {
  return (await command('dockerd', ['--version'])).code === 0
}

/** sd_booted(3): systemd runs this machine, not merely is installed on it. */
async function underSystemd(): Promise<boolean> {
  if (!existsSync('/run/systemd/system')) return false
  return (await command('systemctl', ['cat', 'docker.service'])).code === 0
}

async function startUnit(note: Report): Promise<{ readonly ok: true } | Failure<'engine-not-started'>> {
  note('systemctl start docker')
  // The unit is of type `notify`: this returns once the engine is ready. A half-dead one is started anew.
  const { code, tail } = await command('systemctl', ['restart', 'docker'])
  if (code === 0) return { ok: true }
  return failure(
    'engine-not-started',
    `systemctl could not start docker: ${tail}`,
    'Look at `journalctl -u docker`, then run the set-up again.',
  )
}

function elsewhere(seen: EngineFailure): EngineFailure {
  if (seen.code === 'engine-unreachable') return seen
  return failure(
    seen.code,
    `${seen.message}, and one can be installed from here only as root on Debian or Ubuntu`,
    'Install and start Docker Engine (https://docs.docker.com/engine/install/), or set DOCKER_HOST to one, then run the set-up again.',
  )
}
