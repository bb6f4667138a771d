import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  /** When this has been printed. */
  readonly said: (text: RegExp) => Promise<void>
  readonly ended: Promise<number | null>
}

/** `peerlab`, run as a user runs it; `environment` over the test's own. */
export function peerlab(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, ['--conditions=peerlab-source', 'bin/peerlab.js', ...args], {
    cwd: repository,
    env: { ...process.env, NO_COLOR: '1', ...environment },
  })
  let output = ''
  const waiting = new Set<() => void>()
  const hear = (data: Buffer) => {
    output += data
    for (const look of waiting) look()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  const said = (text: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (text.test(output)) resolve()
      }
      waiting.add(look)
      look()
      void ended.then((code) => reject(new Error(`ended with ${code} and never said ${text}:\n${output}`)))
    })
  return { child, output: () => output, said, ended }
}
