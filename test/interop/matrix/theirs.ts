/** The daemon as the walk sees it: started, stopped, killed, and read. */
import { writeFileSync } from 'node:fs'
import { Group, pause, run } from './process.ts'
import type { Cell, Daemon, Shown } from './terms.ts'

type Tables = Awaited<ReturnType<Daemon['held']>>

/** It tells nobody when its tables change, so they are read again and again while somebody waits. */
const READ_EVERY_MS = 100

export class Theirs {
  readonly daemon: Daemon
  readonly #name: string
  #group: Group | undefined
  #reading: Promise<Tables> | undefined

  constructor(name: string, daemon: Daemon) {
    this.#name = name
    this.daemon = daemon
    for (const [file, text] of Object.entries(daemon.files)) writeFileSync(file, text)
    for (const [i, command] of (daemon.beside ?? []).entries()) new Group(command, 'log', `beside${i}`)
  }

  async start(): Promise<void> {
    this.#group = new Group(this.daemon.command, 'log', this.#name)
    for (let tries = 100; ; tries--) {
      try {
        await this.daemon.ready(run)
        break
      } catch (error) {
        if (tries === 0) throw error
        await pause(100)
      }
    }
    await this.daemon.prepare?.(run)
  }

  async kill(): Promise<void> {
    await this.#group?.kill()
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#group?.signal(signal)
  }

  /** It may wait for half a minute and more before it tries again, unless it is told to. */
  get waitsLong(): boolean {
    return this.daemon.nudge !== undefined
  }

  async nudge(cell: Cell): Promise<void> {
    await this.daemon.nudge?.(run, cell)
  }

  async refusesRefresh(cell: Cell): Promise<string | undefined> {
    return this.daemon.refusesRefresh?.(run, cell)
  }

  reset(cell: Cell): Promise<unknown> {
    return this.daemon.reset(run, cell)
  }

  refresh(cell: Cell): Promise<'never' | 'asked'> {
    return this.daemon.refresh(run, cell)
  }

  shutdown(cell: Cell, message: string): Promise<unknown> {
    return this.daemon.shutdown(run, cell, message)
  }

  enable(cell: Cell): Promise<unknown> {
    return this.daemon.enable(run, cell)
  }

  heard(cell: Cell): Promise<string> {
    return this.daemon.heard(run, cell)
  }

  /** What it holds of one of ours becomes so; throws after `seconds`, with what it was. */
  async holds(cell: Cell, what: string, wanted: (paths: ReadonlyMap<string, readonly Shown[]>) => boolean, seconds: number): Promise<void> {
    const limit = performance.now() + seconds * 1000
    for (;;) {
      const table = (await this.#read()).get(cell.address) ?? new Map()
      if (wanted(table)) return
      if (performance.now() > limit) throw new Error(`not within ${seconds} s: ${what}; it holds ${JSON.stringify([...table])}`)
    }
  }

  /** One reading for all who wait. */
  #read(): Promise<Tables> {
    this.#reading ??= pause(READ_EVERY_MS)
      .then(() => this.daemon.held(run))
      .finally(() => {
        this.#reading = undefined
      })
    return this.#reading
  }
}
