/**
 * Follows the kernel's main table in this network namespace. The FIB *is* the stream of `ip monitor`, stamped on receipt; a whole
 * reading is taken at the start, at and just after every event that drops routes in silence, and by the audit.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { FibRoute, LabEventBody, Micros } from '../../../../model/index.ts'
import { must } from '../child.ts'
import { parseIpRoutes, parseMonitorLine } from './parse.ts'
import { FibTable, forwarding } from './table.ts'

/** Longer than the kernel takes to drop what went with a link. */
const AFTERWARDS_MS = 20

export interface FibWatchOptions {
  readonly device: string
  readonly now: () => Micros
  readonly emit: (event: LabEventBody, at?: Micros) => void
  /** After every change, once it has been emitted, and after every event of links, addresses and next-hop objects. */
  readonly onChange: () => void
}

export function readKernelJson(): Promise<string> {
  return must('ip', ['-4', '-j', 'route', 'show', 'table', 'main'])
}

async function readKernelRoutes(device: string): Promise<FibRoute[]> {
  return parseIpRoutes(device, await readKernelJson())
}

/** A fresh reading: what forwards, all prefixes or one. */
export async function readFib(device: string, prefix?: string): Promise<FibRoute[]> {
  const routes = forwarding(device, await readKernelRoutes(device))
  return prefix === undefined ? routes : routes.filter((route) => route.prefix === prefix)
}

export class FibWatch {
  readonly #options: FibWatchOptions
  readonly #table: FibTable
  #monitor: ChildProcess | undefined
  /** Counts route lines and wishes to read again, so that a reading knows whether it was overtaken. */
  #changes = 0
  #resyncing: Promise<void> | undefined
  #resyncAt: Micros | undefined
  #suspect: string | undefined
  #stopped = false

  constructor(options: FibWatchOptions) {
    this.#options = options
    this.#table = new FibTable(options.device)
  }

  /** Starts following; comes back after the first whole reading. */
  async start(): Promise<void> {
    await this.#follow()
    await this.#resync(this.#options.now())
  }

  /** Reads again and takes the difference; answers what it found. For the moments when the monitor may not have been listening yet. */
  async refresh(): Promise<void> {
    await this.#resync(this.#options.now())
  }

  /**
   * The safety net: reads everything and compares. A difference that two audits in a row find, with no event in between, was missed;
   * it is reported as such and then taken.
   */
  async audit(): Promise<void> {
    if (this.#resyncing !== undefined) return
    const before = this.#changes
    const routes = await readKernelRoutes(this.#options.device)
    if (this.#changes !== before || this.#resyncing !== undefined) {
      this.#suspect = undefined
      return
    }
    const probe = new FibTable(this.#options.device)
    probe.replace(this.#table.all())
    const found = probe.replace(forwarding(this.#options.device, routes))
    const suspect = found.length === 0 ? undefined : `${before} ${JSON.stringify(found)}`
    if (suspect !== undefined && suspect === this.#suspect) {
      for (const route of found) {
        const what = `FIB ${route.prefix}: ${JSON.stringify(route.nextHops)}`
        this.#options.emit({ type: 'missed-event', device: this.#options.device, what })
      }
      this.#take(routes, this.#options.now())
    }
    this.#suspect = suspect
  }

  stop(): void {
    this.#stopped = true
    this.#monitor?.kill('SIGKILL')
  }

  async #follow(): Promise<void> {
    const monitor = spawn('ip', ['-4', '-o', 'monitor', 'route', 'nexthop', 'link', 'address'], { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#monitor = monitor
    createInterface({ input: monitor.stdout }).on('line', (line) => this.#line(line))
    await new Promise<void>((resolve, reject) => {
      monitor.once('spawn', resolve)
      monitor.once('error', reject)
    })
    // It ends when the kernel had more to say than its socket holds: what was lost is read again.
    monitor.once('close', () => {
      if (this.#stopped) return
      this.#options.emit({ type: 'log', device: this.#options.device, level: 'warning', message: 'ip monitor ended; following anew' })
      void this.#follow().then(() => this.#resync(this.#options.now()))
    })
  }

  #line(line: string): void {
    const at = this.#options.now()
    const change = parseMonitorLine(this.#options.device, line)
    if (change === undefined) return
    this.#changes++
    if (change.type === 'resync') {
      void this.#resync(at)
      // The kernel says that a link goes down before it drops its routes, and no lock keeps a reading from coming in between.
      setTimeout(() => {
        if (!this.#stopped) void this.#resync(at)
      }, AFTERWARDS_MS)
      return
    }
    const route = this.#table.apply(change)
    if (route === undefined) return
    this.#options.emit({ type: 'fib', device: this.#options.device, route }, at)
    this.#options.onChange()
  }

  /** One reading at a time; one that was overtaken by an event is thrown away and taken again. */
  #resync(at: Micros): Promise<void> {
    this.#resyncAt ??= at
    this.#resyncing ??= this.#readUntilQuiet().finally(() => {
      this.#resyncing = undefined
    })
    return this.#resyncing
  }

  async #readUntilQuiet(): Promise<void> {
    for (;;) {
      const at = this.#resyncAt ?? this.#options.now()
      this.#resyncAt = undefined
      const before = this.#changes
      const routes = await readKernelRoutes(this.#options.device)
      if (this.#stopped) return
      if (this.#changes !== before) {
        this.#resyncAt = at
        continue
      }
      this.#take(routes, at)
      // Somebody wished for a reading while this one was under way: left there, its moment would be the next one's.
      if (this.#resyncAt === undefined) return
    }
  }

  #take(routes: readonly FibRoute[], at: Micros): void {
    const changes = this.#table.replace(routes)
    for (const route of changes) this.#options.emit({ type: 'fib', device: this.#options.device, route }, at)
    this.#options.onChange()
  }
}
