/** `out/<time>/`: a run's event logs and its report; `out/last` points to the newest, and the oldest of many are removed. */
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { LabEvent } from '../model/index.ts'
import { ndjsonLine } from '../report/index.ts'
import type { Job } from '../scenario/index.ts'

/** So many runs are kept, this one included. */
const KEPT = 50
/** As we name them, and nobody else would. */
const OURS = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-\d{3}Z$/

export class RunFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(now: Date, base = join(process.cwd(), 'out')): Promise<RunFolder> {
    const stamp = now.toISOString().replace(/[:.]/g, '-')
    const path = join(base, stamp)
    await mkdir(path, { recursive: true })
    // Renamed into place, so that `last` is never missing.
    const link = join(base, `.last-${process.pid}`)
    await rm(link, { force: true })
    await symlink(basename(path), link)
    await rename(link, join(base, 'last'))
    await prune(base)
    return new RunFolder(path)
  }

  /** One NDJSON file for each run of a scenario; `side` where it runs on two engines. */
  log(job: Job, side = ''): { write(event: LabEvent): void; close(): Promise<string> } {
    const parts = [job.name, job.control ?? '', job.routers.name, job.repetition > 1 ? String(job.repetition) : '', side]
    const name = parts
      .map((part) => (typeof part === 'string' ? part : part.name))
      .filter((part) => part !== '')
      .join('--')
      .replace(/[^\w.-]+/g, '-')
    const path = join(this.path, `${name}.ndjson`)
    const stream = createWriteStream(path)
    return {
      write: (event) => void stream.write(ndjsonLine(event)),
      async close() {
        stream.end()
        await finished(stream)
        return path
      },
    }
  }

  async report(report: unknown, file?: string): Promise<string> {
    if (file !== undefined) await writeFile(file, textOf(report))
    return this.json('report.json', report)
  }

  async json(name: string, value: unknown): Promise<string> {
    const path = join(this.path, name)
    await writeFile(path, textOf(value))
    return path
  }
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Only folders that bear a name of ours; what is anything else stays, whatever it is called. */
async function prune(base: string): Promise<void> {
  const entries = await readdir(base, { withFileTypes: true })
  const runs = entries.filter((entry) => entry.isDirectory() && OURS.test(entry.name)).map((entry) => entry.name)
  // Their names sort by time.
  for (const old of runs.sort().slice(0, -KEPT)) await rm(join(base, old), { recursive: true, force: true })
}
