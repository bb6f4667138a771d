/** A supervised daemon: started, its output read line by line, killed on request. Nothing restarts it by itself. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface DaemonOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Every line of standard output and standard error. */
  readonly onLine: (line: string) => void
  /** It ended, by our hand or not. */
  readonly onExit: (how: string, wanted: boolean) => void
}

export class Daemon {
  readonly options: DaemonOptions
  #child: ChildProcess | undefined
  #exit: Promise<void> = Promise.resolve()
  #wanted = false
  #waiting: { readonly pattern: RegExp; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  #tail: string[] = []

  constructor(options: DaemonOptions) {
    this.options = options
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  /** Starts it and comes back at the first output line that matches `ready`; rejects with its last lines when it ends before. */
  start(ready: RegExp): Promise<void> {
    if (this.#child !== undefined) return Promise.reject(new Error(`${this.options.name} is already running`))
    const { name, command, args, onExit } = this.options
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#wanted = false
    this.#tail = []
    const up = new Promise<void>((resolve, reject) => this.#waiting.push({ pattern: ready, resolve, reject }))
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream! }).on('line', (line) => this.#line(line))
    this.#exit = new Promise((resolve) => {
      let ended = false
      const end = (how: string) => {
        if (ended) return
        ended = true
        this.#child = undefined
        for (const waiter of this.#waiting.splice(0)) waiter.reject(new Error(`${name} ended (${how}): ${this.#tail.join(' | ')}`))
        onExit(how, this.#wanted)
        resolve()
      }
      child.once('error', (error) => end(error.message))
      // 'close', not 'exit': its last lines have been read then.
      child.once('close', (code, signal) => end(signal ?? `exit ${code}`))
    })
    return up
  }

  /** SIGKILL (or another signal), and waits until it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#child === undefined) return
    this.#wanted = true
    this.#child.kill(signal)
    await this.#exit
  }

  #line(line: string): void {
    this.#tail = [...this.#tail.slice(-4), line]
    this.#waiting = this.#waiting.filter((waiter) => {
      if (!waiter.pattern.test(line)) return true
      waiter.resolve()
      return false
    })
    this.options.onLine(line)
  }
}

export interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a short command to its end; a non-zero exit is a value, a command that cannot be started rejects. */
export function run(command: string, args: readonly string[]): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 256 * 1024 * 1024, timeout: 20_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(`${command} ${args.join(' ')}: ${error.message}`))
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

/** Runs a command that must succeed; its standard output, or an error with what it said. */
export async function must(command: string, args: readonly string[]): Promise<string> {
  const result = await run(command, args)
  if (result.code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${result.code}: ${(result.stderr || result.stdout).trim()}`)
  return result.stdout
}
