import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command } from '../../src/engine/docker/setup/command.ts'
import { canInstall } from '../../src/engine/docker/setup/machine.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
/** Debian's package as it is, unpacked here: whatever kubectl the machine has stays what it is. */
const UNPACKED = join(repository, 'out/kubernetes-client')
let kubectl = process.env.KUBECTL || join(UNPACKED, 'usr/bin/kubectl')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * This test is never left out. It takes the kubectl that `KUBECTL` names; else, as root on Debian or Ubuntu, the distribution's (Debian's is 1.20,
 * the oldest that is tried); else the one that is there. Without any it fails with what to do.
 */
export async function requireKubectl(): Promise<void> {
  if (!runs(kubectl) && process.env.KUBECTL === undefined) {
    if (canInstall()) await unpack()
    if (!runs(kubectl)) kubectl = 'kubectl'
  }
  if (!runs(kubectl))
    throw new Error(`${kubectl} does not run: apt-get install kubernetes-client, or set KUBECTL to a kubectl that is elsewhere`)
}

function runs(path: string): boolean {
  return spawnSync(path, ['version', '--client']).status === 0
}

async function unpack(): Promise<void> {
  rmSync(UNPACKED, { recursive: true, force: true })
  mkdirSync(UNPACKED, { recursive: true })
  await command('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', 'update'])
  const script = 'cd "$0" && apt-get -q download kubernetes-client && dpkg-deb -x ./*.deb . && rm ./*.deb'
  const { code, tail } = await command('sh', ['-c', script, UNPACKED])
  if (code !== 0) console.log(`Debian's kubernetes-client could not be had: ${tail}`)
}

function run(
  program: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly input?: string },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: repository, env: options.env })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => {
      stdout += data
    })
    child.stderr.on('data', (data) => {
      stderr += data
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

/** `peerlab`, as a user calls it. */
export function peerlab(...args: string[]): Promise<Ended> {
  return run(process.execPath, ['--conditions=peerlab-source', 'bin/peerlab.js', ...args], { env: { ...process.env, NO_COLOR: '1' } })
}

/** An unmodified kubectl with a kubeconfig, and a home of its own for its caches. */
export class Kubectl {
  readonly home = mkdtempSync(join(tmpdir(), 'peerlab-kubectl-'))
  readonly config = join(this.home, 'kubeconfig')

  get #env() {
    // An edit that fails leaves a copy of its file behind.
    return { ...process.env, HOME: this.home, TMPDIR: this.home, KUBECONFIG: this.config }
  }

  run(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return run(kubectl, args, { env: { ...this.#env, ...env }, ...(input === undefined ? {} : { input }) })
  }

  /** What it prints, where it succeeds. */
  async ok(words: string, input?: string, env?: NodeJS.ProcessEnv): Promise<string> {
    const { code, stdout, stderr } = await this.run(words.split(' '), input, env)
    if (code !== 0) throw new Error(`kubectl ${words}: ended with ${code}: ${stderr}`)
    return stdout
  }

  /** What it complains of, where it fails. */
  async fails(words: string, input?: string, env?: NodeJS.ProcessEnv): Promise<string> {
    const { code, stdout, stderr } = await this.run(words.split(' '), input, env)
    if (code === 0) throw new Error(`kubectl ${words} succeeds: ${stdout}`)
    return stderr.trim()
  }

  /** A file in its home. */
  file(name: string, content: string): string {
    const path = join(this.home, name)
    writeFileSync(path, content)
    return path
  }

  /** Watches until `holds` of all that it printed so far. */
  watch(
    words: string,
    seconds: number,
    holds: (text: string) => boolean,
  ): { readonly started: Promise<void>; readonly seen: Promise<string> } {
    const child = spawn(kubectl, words.split(' '), { env: this.#env })
    let text = ''
    let complaint = ''
    const started = Promise.withResolvers<void>()
    const seen = Promise.withResolvers<string>()
    const timer = setTimeout(() => seen.reject(new Error(`kubectl ${words}: not within ${seconds} s:\n${text}`)), seconds * 1000)
    child.stdout.on('data', (data) => {
      text += data
      started.resolve()
      if (holds(text)) seen.resolve(text)
    })
    child.stderr.on('data', (data) => {
      complaint += data
    })
    child.on('close', (code) => {
      const error = new Error(`kubectl ${words} ended with ${code}: ${complaint}`)
      started.reject(error)
      seen.reject(error)
    })
    const ended = seen.promise.finally(() => {
      clearTimeout(timer)
      child.kill()
    })
    // Whoever waits for one hears of a failure there; the other may go unheard.
    started.promise.catch(() => undefined)
    ended.catch(() => undefined)
    return { started: started.promise, seen: ended }
  }

  /** A kubeconfig that differs in its token alone. */
  withToken(token: string): string {
    return this.file('other-token', readFileSync(this.config, 'utf8').replace(/token: \S+/, `token: ${token}`))
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}
