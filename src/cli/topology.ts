/** Finds topologies, by name or by path, and reads them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { type Diagnostic, nearest, TIMER_PROFILES, type TimerProfile } from '../model/index.ts'
import { diagnosticLines } from '../report/index.ts'
import type { TopologyOptions } from '../scenario/index.ts'
import { loadTopology } from '../topology/load.ts'
import type { Plan } from '../topology/plan.ts'
import { Ending, EXIT } from './exit.ts'
import type { Output } from './output.ts'
import { packageRoot } from './package.ts'

const FILE = 'topology.yaml'

/** A folder of `topologies/` here or in the package, a folder, or a file. Ends with what there is when there is none. */
export function topologyFile(name: string): string {
  const folders = [join(process.cwd(), 'topologies'), join(packageRoot, 'topologies')]
  const places = [name, join(name, FILE), ...folders.map((folder) => join(folder, name, FILE))]
  const found = places.find(isFile)
  if (found !== undefined) return found
  const names = [...new Set(folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])))].sort()
  const meant = nearest(name, names)
  const suggestion = meant === undefined ? `there are: ${names.join(', ')}; or give the path of a topology file` : `did you mean ${meant}?`
  throw new Ending(EXIT.usage, `there is no topology called ${name}`, suggestion)
}

/** Reads topologies for one command; remembers their texts, so that findings can show the lines. */
export class Topologies {
  readonly texts: Record<string, string> = {}
  readonly #timers: TimerProfile

  constructor(timers: TimerProfile['name']) {
    this.#timers = TIMER_PROFILES[timers]
  }

  readonly load = async (name: string, options: TopologyOptions): Promise<{ plan?: Plan; diagnostics: readonly Diagnostic[] }> => {
    const path = topologyFile(name)
    const shown = shownPath(path)
    const source = {
      file: shown,
      text: readText(path),
      read(beside: string) {
        // Only files beside the topology: a topology from elsewhere must not read this machine's.
        const file = join(dirname(path), basename(beside))
        return beside === basename(beside) && isFile(file) ? { file: shownPath(file), text: readText(file) } : undefined
      },
    }
    const timers = options.timers === undefined ? this.#timers : TIMER_PROFILES[options.timers]
    const { plan, diagnostics, texts } = loadTopology(source, { ...options, timers })
    Object.assign(this.texts, texts)
    return { ...(plan && { plan }), diagnostics }
  }

  /** Shows findings; ends with 2 when one of them is an error. */
  check(diagnostics: readonly Diagnostic[], output: Output): void {
    for (const line of diagnosticLines(diagnostics, this.texts, output.style)) output.error(line)
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
    if (errors > 0)
      throw new Ending(EXIT.usage, `${errors} ${errors === 1 ? 'error' : 'errors'} in the topology's files; nothing was started`)
  }
}

/** False for a folder, which is there and cannot be read. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Ending(EXIT.usage, `${shownPath(path)} cannot be read: ${(error as Error).message}`)
  }
}

/** Relative to here where that is shorter. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short !== '' && short.length < path.length ? short : path
}
