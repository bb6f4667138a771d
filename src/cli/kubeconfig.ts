/**
 * `peerlab kubeconfig`: writes what kubectl needs to reach a running lab's API. A process in the background serves it on loopback, one for each lab,
 * and ends with the lab.
 */
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { Access } from '../engine/docker/access/access.ts'
import { chosenLab, type DockerEngine, openEngine } from './engine.ts'
import { Ending, EXIT } from './exit.ts'
import { outputTo } from './output.ts'
import { packageRoot } from './package.ts'

interface Options {
  readonly lab?: string
  readonly output?: string
  readonly serve?: true
}

/** What the background process says to the one that started it. */
type Said = { readonly access: Access } | { readonly error: string }

export function kubeconfigCommand(): Command {
  return new Command('kubeconfig')
    .description('write a kubeconfig with which kubectl reaches the API of a running lab')
    .option('--lab <ID>', 'which lab, where several run')
    .option('--output <FILE>', 'a file, in place of standard output')
    .addOption(new Option('--serve', 'be the process in the background').hideHelp())
    .action(async (options: Options) => {
      const engine = await openEngine()
      if (options.serve) return serve(engine, options.lab ?? '')
      const lab = await chosenLab(engine, options.lab)
      await lab.close()
      const text = kubeconfig(lab.id, (await engine.servedAccess(lab.id)) ?? (await startServing(lab.id)))
      if (options.output === undefined) process.stdout.write(text)
      else writeConfig(options.output, text)
    })
}

function writeConfig(file: string, text: string): void {
  try {
    // Whoever can read the token can use it: a file that was there keeps its mode otherwise.
    rmSync(file, { force: true })
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new Ending(EXIT.usage, `${file} cannot be written: ${(error as Error).message}`)
  }
  outputTo(process.stdout).line(`written; try: kubectl --kubeconfig ${file} get nodes`)
}

function startServing(id: string): Promise<Access> {
  const command = [...process.execArgv, join(packageRoot, 'bin/peerlab.js'), 'kubeconfig', '--serve', '--lab', id]
  const child = spawn(process.execPath, command, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], cwd: '/' })
  return new Promise<Access>((resolve, reject) => {
    const failed = (why: string) => reject(new Ending(EXIT.environment, `the API of ${id} cannot be served on this host: ${why}`))
    child.once('error', (error) => failed(error.message))
    child.once('exit', (code, signal) => failed(`the process ended with ${signal ?? code}`))
    child.once('message', (said: Said) => {
      if ('error' in said) return failed(said.error)
      child.disconnect()
      child.unref()
      resolve(said.access)
    })
  })
}

async function serve(engine: DockerEngine, id: string): Promise<void> {
  if (process.send === undefined) throw new Ending(EXIT.usage, '--serve is for `peerlab kubeconfig` itself')
  const say = (said: Said) => void process.send?.(said)
  try {
    await engine.serveAccess(id, (access) => say({ access }))
  } catch (error) {
    if (process.connected) say({ error: (error as Error).message })
    process.exitCode = EXIT.environment
  }
}

/** JSON is YAML too, but people read this. */
function kubeconfig(id: string, { url, token, certificate }: Access): string {
  return `# The API of the lab ${id}, from this machine only, until \`peerlab down\`. The token is a secret.
apiVersion: v1
kind: Config
current-context: ${id}
contexts:
  - name: ${id}
    context: { cluster: ${id}, user: ${id}, namespace: default }
clusters:
  - name: ${id}
    cluster:
      server: ${url}
      certificate-authority-data: ${Buffer.from(certificate).toString('base64')}
users:
  - name: ${id}
    user: { token: ${token} }
`
}
