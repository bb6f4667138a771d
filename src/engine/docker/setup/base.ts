/**
 * The base of every image: `debian:bookworm-slim` from a registry, or, where none answers, the same made from the distribution's
 * packages and called `peerlab/debian:bookworm-slim`, so that the public name is never shadowed.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { type Failure, failure } from '../failure.ts'
import { IMAGE_LABELS } from '../images/programs.ts'
import { LABELS } from '../protocol.ts'
import { aptOptions, caHooks, debianSources } from './apt.ts'
import { command } from './command.ts'
import { engineOutput } from './engine-output.ts'
import { canInstall, installPackages } from './machine.ts'
import type { Report } from './progress.ts'

export const PUBLIC_BASE = 'debian:bookworm-slim'
export const OWN_BASE = 'peerlab/debian:bookworm-slim'

export interface BaseImage {
  readonly ok: true
  /** What `FROM` is given. */
  readonly name: string
  readonly id: string
  readonly summary: string
}

/** Without a word from the registry for this long, it is given up. */
const REGISTRY_PATIENCE_MS = 20_000

/** Finds the base on the engine, else pulls it, else makes it. With `fresh`, what is there is not used. */
export async function provideBase(
  docker: Docker,
  architecture: string,
  fresh: boolean,
  note: Report,
): Promise<BaseImage | Failure<'base-unavailable' | 'install-failed'>> {
  if (!fresh) {
    const there = (await baseImage(docker, PUBLIC_BASE)) ?? (await baseImage(docker, OWN_BASE))
    if (there) return { ...there, summary: `${there.name} is there` }
  }
  note(`pulling ${PUBLIC_BASE}`)
  const refused = await pull(docker, note)
  if (refused === undefined) {
    const pulled = await baseImage(docker, PUBLIC_BASE)
    if (pulled) return { ...pulled, summary: `${PUBLIC_BASE} pulled` }
  }
  note(`cannot be pulled (${refused}); making it from Debian's packages instead`)
  const made = await makeBase(docker, architecture, note)
  if (!made.ok) return made
  const own = await baseImage(docker, OWN_BASE)
  if (!own) throw new Error(`${OWN_BASE} was imported and is not there`)
  return { ...own, summary: `${OWN_BASE} made from Debian's packages` }
}

async function baseImage(docker: Docker, name: string): Promise<Omit<BaseImage, 'summary'> | undefined> {
  try {
    return { ok: true, name, id: (await docker.getImage(name).inspect()).Id }
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw error
  }
}

/** Why it could not be pulled; nothing where it was. */
async function pull(docker: Docker, note: Report): Promise<string | undefined> {
  const patience = new AbortController()
  const arm = () => setTimeout(() => patience.abort(new Error('the registry does not answer')), REGISTRY_PATIENCE_MS)
  let timer = arm()
  try {
    const stream = await docker.pull(PUBLIC_BASE, { abortSignal: patience.signal })
    await engineOutput(stream, (record) => {
      clearTimeout(timer)
      timer = arm()
      if (record.status && record.progress === undefined) note(record.status)
    })
    return undefined
  } catch (error) {
    const reason: unknown = patience.signal.aborted ? patience.signal.reason : error
    return shortened(reason instanceof Error ? reason.message : String(reason))
  } finally {
    clearTimeout(timer)
  }
}

function shortened(message: string): string {
  const text = message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim()
  return text.length > 120 ? `${text.slice(0, 117)}…` : text
}

const HOST_ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

async function makeBase(
  docker: Docker,
  architecture: string,
  note: Report,
): Promise<{ readonly ok: true } | Failure<'base-unavailable' | 'install-failed'>> {
  if (architecture !== HOST_ARCHITECTURE[process.arch]) {
    return unavailable(`this machine (${process.arch}) cannot make an image for the engine's ${architecture}`)
  }
  const missing = [
    ...((await command('mmdebstrap', ['--version'])).code === 0 ? [] : ['mmdebstrap']),
    ...(existsSync('/usr/share/keyrings/debian-archive-keyring.gpg') ? [] : ['debian-archive-keyring']),
  ]
  if (missing.length > 0) {
    if (!canInstall()) return unavailable(`${missing.join(' and ')} is not installed`)
    const installed = await installPackages(missing, note)
    if (!installed.ok) return installed
  }
  const folder = await mkdtemp(join(tmpdir(), 'peerlab-base-'))
  try {
    const archive = join(folder, 'base.tar')
    const sources = await debianSources()
    const made = await command('mmdebstrap', [...SLIM, ...(await aptOptions()), ...caHooks(sources), 'bookworm', archive, ...sources], {
      line: (text) => text.startsWith('I: ') && note(text.slice(3)),
    })
    if (made.code !== 0) return unavailable(`mmdebstrap failed:\n${made.tail}`)
    note('importing it into the engine')
    const [repo, tag] = OWN_BASE.split(':')
    const changes = [`LABEL ${LABELS.project}=1 ${IMAGE_LABELS.kind}=base`, 'CMD ["bash"]']
    await engineOutput(await docker.importImage(archive, { repo, tag, changes }), () => {})
    return { ok: true }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the public `-slim` image leaves out too. Kept in the image, so that packages installed later are slim as well. */
const SLIM = [
  '--variant=minbase',
  '--format=tar',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
]

function unavailable(why: string): Failure<'base-unavailable'> {
  return failure(
    'base-unavailable',
    `${PUBLIC_BASE} can neither be pulled nor made here: ${why}`,
    `Load it into the engine (docker pull ${PUBLIC_BASE} where a registry answers, docker save, docker load), or run the set-up as root on Debian or Ubuntu.`,
  )
}
