/** What this machine's apt already knows: where Debian's packages come from, and how to get there. None of it is written down here. */
import { existsSync, readdirSync } from 'node:fs'
import { command } from './command.ts'

const SUITE = 'bookworm'

/** The base's package sources, as `deb` lines: the machine's own for bookworm, else its mirror of Debian; none leaves it to mmdebstrap. */
export async function debianSources(): Promise<readonly string[]> {
  const format = '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)'
  const { output } = await command('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  return sourcesOf(output)
}

/** From lines `origin|uri|release|component`. */
export function sourcesOf(indexTargets: readonly string[]): readonly string[] {
  const debian = indexTargets
    .map((line) => line.split('|'))
    .filter(([origin, uri, , component]) => origin === 'Debian' && uri !== undefined && component === 'main')
  const own = debian.filter(([, , release]) => release === SUITE || release?.startsWith(`${SUITE}-`))
  const lines = own.map(([, uri, release]) => `deb ${uri} ${release} main`)
  if (own.some(([, , release]) => release === SUITE)) return [...new Set(lines)]
  const mirror = debian.find(([, uri]) => /\/debian\/?$/.test(uri ?? ''))?.[1]
  return mirror === undefined ? [] : [`deb ${mirror} ${SUITE} main`]
}

/** Proxies, certificates and checks of the machine's apt, which apt inside the image needs as well. */
export async function aptOptions(): Promise<readonly string[]> {
  const { output } = await command('apt-config', ['dump', '--format', '%F "%v";%n'])
  return output
    .filter((line) => /^Acquire::(https?|Check-Valid-Until|Check-Date|Retries|ForceIPv\d)\b/.test(line))
    .map((line) => `--aptopt=${line}`)
}

const LOCAL_AUTHORITIES = '/usr/local/share/ca-certificates'

/** For mirrors behind https: the public authorities, and those that this machine trusts beside them. */
export function caHooks(sources: readonly string[]): readonly string[] {
  if (!sources.some((line) => line.includes('https://'))) return []
  const local = existsSync(LOCAL_AUTHORITIES) && readdirSync(LOCAL_AUTHORITIES).length > 0
  if (!local) return ['--include=ca-certificates']
  const hook = `cp -r ${LOCAL_AUTHORITIES}/. "$1${LOCAL_AUTHORITIES}/" && chroot "$1" update-ca-certificates`
  return ['--include=ca-certificates', `--customize-hook=${hook}`]
}
