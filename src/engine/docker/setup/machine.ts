/** The machine that the set-up runs on, and its package manager. */
import { readFileSync } from 'node:fs'
import { type Failure, failure } from '../failure.ts'
import { command } from './command.ts'
import type { Report } from './progress.ts'

/** Whether packages can be installed here: Debian or Ubuntu (or a child of theirs), as root. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && debianLike(osRelease())
}

/** `ID` or `ID_LIKE` of os-release(5) names debian or ubuntu. */
export function debianLike(osRelease: string): boolean {
  const ids = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) => match[1]?.split(' ') ?? [])
  return ids.includes('debian') || ids.includes('ubuntu')
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}

/** Installs packages through apt-get, asking nothing. Lists are fetched first: a fresh machine has none, or old ones. */
export async function installPackages(
  packages: readonly string[],
  note: Report,
): Promise<{ readonly ok: true } | Failure<'install-failed'>> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' }
  // A fresh machine may be busy with its own upgrades.
  const patient = ['-q', '-o', 'DPkg::Lock::Timeout=300']
  note('apt-get update')
  const update = await command('apt-get', [...patient, 'update'], { env })
  note(`apt-get install ${packages.join(' ')}`)
  const install = await command('apt-get', [...patient, 'install', '-y', '--no-install-recommends', ...packages], {
    env,
    line: (text) => /^(Get:\d+ |Setting up )/.test(text) && note(text),
  })
  if (install.code === 0) return { ok: true }
  const why = update.code === 0 ? install.tail : `${update.tail}\n${install.tail}`
  return failure(
    'install-failed',
    `apt-get could not install ${packages.join(', ')}:\n${why}`,
    'Make apt-get work on this machine, then run the set-up again.',
  )
}
