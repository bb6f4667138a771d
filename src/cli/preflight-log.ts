/** The log folder of one preflight run: `<workspace>/<cluster>/log/preflight-<date>/`, with a file for each node and peer, and the report. */
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { cellsOf } from '../cluster/preflight/index.ts'
import { type Lab, rehearsalName } from '../engine/lab.ts'
import type { LabEvent } from '../model/index.ts'
import { ndjsonLine } from '../report/index.ts'
import { makeFolders } from './writable.ts'

export class PreflightLog {
  readonly path: string
  readonly #lab: Lab
  readonly #streams = new Map<string, WriteStream>()

  constructor(path: string, lab: Lab) {
    this.path = path
    this.#lab = lab
  }

  /** Makes a folder that no other run has; rejects with the kernel's word where that cannot be. */
  static async folder(base: string, now: Date): Promise<string> {
    const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
    await makeFolders(resolve(base))
    for (let number = 1; ; number++) {
      const path = join(base, `preflight-${stamp}${number === 1 ? '' : `-${number}`}`)
      try {
        await mkdir(path)
        return path
      } catch (error) {
        // Two runs in one second.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
    }
  }

  /** Writes while `work` runs, also where it fails. */
  async around<T>(work: () => Promise<T>): Promise<T> {
    const events = this.#open('events.ndjson')
    const names = new Map(
      cellsOf(this.#lab.plan.cluster.model).map(({ node, peerIP }) => [`${node} ${rehearsalName(peerIP)}`, `${node}-${peerIP}.log`]),
    )
    for (const name of names.values()) this.#open(name)
    const stop = this.#lab.events.subscribe((event) => {
      events.write(ndjsonLine(event))
      if (event.type !== 'output') return
      const name = names.get(`${event.device} ${event.program}`)
      if (name !== undefined) this.#streams.get(name)?.write(`${this.#time(event)} ${event.line}\n`)
    })
    try {
      return await work()
    } finally {
      stop()
      await Promise.all([...this.#streams.values()].map((stream) => finished(stream.end())))
    }
  }

  /** The report as JSON in its folder, and in `file`. */
  async report(report: unknown, file: string | undefined): Promise<void> {
    const text = `${JSON.stringify(report, null, 2)}\n`
    await writeFile(join(this.path, 'report.json'), text)
    if (file !== undefined) await writeFile(file, text)
  }

  #open(name: string): WriteStream {
    const stream = createWriteStream(join(this.path, name))
    this.#streams.set(name, stream)
    return stream
  }

  /** Wall time of a stamp, which lies a moment back. */
  #time({ at }: LabEvent): string {
    return new Date(Date.now() - (this.#lab.now() - at) / 1000).toISOString()
  }
}
