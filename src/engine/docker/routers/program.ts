/** The router program without its wire: writes the files, starts the daemons, follows tables and FIB, answers requests. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { FibRoute, LabEventBody, Micros, Route, Session } from '../../../model/index.ts'
import type { RouterKind } from '../../../topology/plan.ts'
import { RefusedFiles } from '../../refused.ts'
import type { ConfigError, RouterRuntime, RouterStart, RuntimeHooks } from './driver.ts'
import { FibWatch, readFib } from './fib/watch.ts'
import { FrrRuntime } from './frr/runtime.ts'
import { GobgpRuntime } from './gobgp/runtime.ts'
import { TableWatch } from './watch/tables.ts'

export interface ProgramOutputs {
  now(): Micros
  emit(event: LabEventBody, at?: Micros): void
}

/** The safety net under the watches. */
const AUDIT_MILLIS = 1000

const RUNTIMES: Readonly<Record<RouterKind, new (start: RouterStart, hooks: RuntimeHooks) => RouterRuntime>> = {
  frr: FrrRuntime,
  gobgp: GobgpRuntime,
}

export class RouterProgram {
  readonly #start: RouterStart
  readonly #outputs: ProgramOutputs
  readonly #runtime: RouterRuntime
  readonly #tables: TableWatch
  readonly #fib: FibWatch
  #audit: NodeJS.Timeout | undefined
  #auditing = false
  #ready = false

  constructor(start: RouterStart, outputs: ProgramOutputs) {
    const device = start.plan.name
    const { now, emit } = outputs
    this.#start = start
    this.#outputs = outputs
    this.#runtime = new RUNTIMES[start.plan.kind](start, { now, emit, wake: () => this.#ready && this.#tables.wake() })
    this.#tables = new TableWatch({ device, settleMillis: this.#runtime.settleMillis, now, emit, read: () => this.#runtime.read() })
    this.#fib = new FibWatch({ device, now, emit, onChange: () => this.#runtime.fibChanged() })
  }

  /** Errors of the configuration; may be asked for instead of `start`. */
  async check(): Promise<readonly ConfigError[]> {
    this.#write()
    return this.#runtime.check()
  }

  /** Comes back with the daemon's version once it answers; a user's own file with errors is refused before anything starts. */
  async start(): Promise<{ version: string }> {
    this.#write()
    if (this.#start.plan.config !== undefined) {
      const errors = await this.#runtime.check()
      if (errors.length > 0) throw new RefusedFiles(errors)
    }
    await this.#fib.start()
    await this.#runtime.start()
    // The monitor may not have been listening yet when the first reading was taken.
    await this.#fib.refresh()
    const version = await this.#runtime.version()
    this.#ready = true
    this.#outputs.emit({ type: 'ready', device: this.#start.plan.name, what: version })
    this.#tables.wake()
    this.#audit = setInterval(() => void this.#auditOnce(), AUDIT_MILLIS)
    return { version }
  }

  version(): Promise<string> {
    return this.#runtime.version()
  }

  async sessions(): Promise<readonly Session[]> {
    return (await this.#tables.fresh()).sessions
  }

  async routes(prefix?: string): Promise<readonly Route[]> {
    const { routes } = await this.#tables.fresh()
    return prefix === undefined ? routes : routes.filter((route) => route.prefix === prefix)
  }

  fib(prefix?: string): Promise<FibRoute[]> {
    return readFib(this.#start.plan.name, prefix)
  }

  kill(process?: string): Promise<Micros> {
    return this.#runtime.kill(process)
  }

  startProcess(process?: string): Promise<Micros> {
    return this.#runtime.startProcess(process)
  }

  reset(peerAddress: string): Promise<Micros> {
    return this.#runtime.reset(peerAddress)
  }

  stop(): void {
    clearInterval(this.#audit)
    this.#tables.stop()
    this.#fib.stop()
    this.#runtime.stop()
  }

  #write(): void {
    for (const [path, text] of Object.entries(this.#start.files)) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { mode: 0o644 })
    }
  }

  async #auditOnce(): Promise<void> {
    if (this.#auditing) return
    this.#auditing = true
    try {
      await Promise.all([this.#fib.audit(), this.#tables.audit()])
    } catch (error) {
      const message = `audit failed: ${error instanceof Error ? error.message : String(error)}`
      this.#outputs.emit({ type: 'log', device: this.#start.plan.name, level: 'error', message })
    } finally {
      this.#auditing = false
    }
  }
}
