import { type ChildProcess, execFile } from 'node:child_process'

/** A program's output, or why it failed with what it wrote to standard error. */
export type CommandResult = { readonly ok: true; readonly stdout: string } | { readonly ok: false; readonly detail: string }

/** ip(8) and its like answer in milliseconds; one that hangs is a failure to be told. */
const LIMIT_MS = 10_000

/** Runs host commands; `end` kills those that still run, and their results are dropped. */
export class Commands {
  readonly #running = new Set<ChildProcess>()
  #ended = false

  /** `started` is called when the program runs; not at all where there is no such program. */
  run(command: string, args: readonly string[], stdin: string, done: (result: CommandResult) => void, started?: () => void): void {
    if (this.#ended) return
    const child = execFile(command, args, { timeout: LIMIT_MS, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      this.#running.delete(child)
      if (this.#ended) return
      if (!error) done({ ok: true, stdout })
      else done({ ok: false, detail: `${command} ${args.join(' ')}: ${stderr.trim() || error.message}` })
    })
    this.#running.add(child)
    if (started) {
      child.once('spawn', () => {
        if (!this.#ended) started()
      })
    }
    // It may end before it has read everything; its exit code tells.
    child.stdin?.on('error', () => {})
    child.stdin?.end(stdin)
  }

  end(): void {
    this.#ended = true
    for (const child of this.#running) child.kill('SIGKILL')
  }
}
