/**
 * The agent as a process of its own, so that it can be killed and started again while the node, its addresses and its backends live on.
 * Its events go straight to the node's own output; requests that the node does not answer itself are handed on to it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProgramOutput } from '../../protocol.ts'
import { AGENT_ARGUMENT, type AgentStart } from '../agent.ts'
import { onLines } from '../serve.ts'

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class AgentProcess {
  readonly #ended: (how: string) => void
  #child: ChildProcess | undefined
  #started = false
  #waiting = new Map<number, Waiting>()
  #nextId = 1

  /**
   * Boots the process at once: it waits for its configuration while the lab is still being made, when there is time. `ended` is called
   * when it ends without having been told to.
   */
  constructor(ended: (how: string) => void) {
    this.#ended = ended
    this.#child = this.#boot()
  }

  /** Starts the agent, in a new process where there is none; resolves when it has taken its configuration. */
  async start(config: AgentStart): Promise<void> {
    if (this.#started) throw new Error('the agent runs already')
    this.#started = true
    this.#child ??= this.#boot()
    await this.request('start', config)
  }

  /** SIGKILL: its kernel sends FIN on every session. Resolves when it has ended. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.#started) throw new Error('the agent does not run')
    this.#child = undefined
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
    child.kill('SIGKILL')
    await ended
    this.#lost()
  }

  request(op: string, args: unknown): Promise<unknown> {
    const child = this.#child
    if (child === undefined) return Promise.reject(new Error('the agent does not run'))
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#waiting.set(id, { resolve, reject })
      child.stdin?.write(`${JSON.stringify({ id, op, args })}\n`)
    })
  }

  #boot(): ChildProcess {
    // The same bundle: see `programs/agent.ts`.
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), AGENT_ARGUMENT], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.on('error', () => undefined)
    onLines(child.stdout, (line) => this.#line(line))
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#lost()
      this.#ended(signal ?? `exit code ${code}`)
    })
    return child
  }

  #lost(): void {
    this.#child = undefined
    this.#started = false
    for (const waiting of this.#waiting.values()) waiting.reject(new Error('the agent ended'))
    this.#waiting.clear()
  }

  #line(line: string): void {
    let record: ProgramOutput
    try {
      record = JSON.parse(line) as ProgramOutput
    } catch {
      process.stderr.write(`agent: ${line}\n`)
      return
    }
    if (record.type !== 'reply') {
      process.stdout.write(`${line}\n`)
      return
    }
    const waiting = this.#waiting.get(record.id)
    this.#waiting.delete(record.id)
    if ('error' in record) waiting?.reject(new Error(record.error))
    else waiting?.resolve(record.result)
  }
}
