/** Runs a command of this machine and hands its output on, a line at a time. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface CommandResult {
  /** 127 where the command is not there. */
  readonly code: number
  readonly output: readonly string[]
  /** The last lines of what it said, for an error's text. */
  readonly tail: string
}

/** Never asks: standard input is empty. Throws nothing; a command that cannot be started has code 127. */
export async function command(
  name: string,
  args: readonly string[],
  options: { readonly line?: (text: string) => void; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      output.push(text)
      options.line?.(text)
    })
  }
  child.once('error', (error) => {
    output.push(error.message)
    resolve(127)
  })
  child.once('close', (code) => resolve(code ?? 1))
  return { code: await promise, output, tail: output.slice(-8).join('\n') }
}
