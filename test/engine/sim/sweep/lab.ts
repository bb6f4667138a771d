/** Topologies of the repository with lines changed, and what one failure does to them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { combinations, explained, Files, failuresOf, Sweeper } from '../../../../src/engine/sim/sweep/index.ts'
import { FAILURE_KINDS, formatDiagnostic, type SweepCase, TIMER_PROFILES } from '../../../../src/model/index.ts'
import { hasErrors, loadTopology } from '../../../../src/topology/load.ts'
import type { Plan } from '../../../../src/topology/plan.ts'

const FOLDER = fileURLToPath(new URL('../../../../topologies/', import.meta.url))

/** What stands there → what shall stand there instead; in both files, exactly once. */
export type Changes = Readonly<Record<string, string>>

export interface Loaded {
  readonly plan: Plan
  readonly files: Files
}

export function load(name: string, changes: Changes = {}, timers: 'default' | 'fast' = 'default'): Loaded {
  const unused = new Set(Object.keys(changes))
  const text = (file: string) => {
    let found = readFileSync(`${FOLDER}${name}/${file}`, 'utf8')
    for (const [before, after] of Object.entries(changes)) {
      if (!found.includes(before)) continue
      unused.delete(before)
      found = found.replace(before, after)
    }
    return found
  }
  const cluster = { file: 'cluster.yaml', text: text('cluster.yaml') }
  const source = { file: 'topology.yaml', text: text('topology.yaml'), read: () => cluster }
  const { plan, diagnostics, texts } = loadTopology(source, { timers: TIMER_PROFILES[timers] })
  if (unused.size > 0) throw new Error(`not in the files of ${name}: ${[...unused].join(' | ')}`)
  if (plan === undefined || hasErrors(diagnostics)) throw new Error(diagnostics.map(formatDiagnostic).join('\n'))
  return { plan, files: new Files({ topologyFile: source.file, clusterFile: cluster.file, texts }) }
}

export function lineOf(name: string, file: 'topology.yaml' | 'cluster.yaml', line: number): string {
  return readFileSync(`${FOLDER}${name}/${file}`, 'utf8').split('\n')[line - 1] ?? ''
}

/** One case by the names of its failures, explained. */
export function fail({ plan, files }: Loaded, ...names: string[]): SweepCase {
  const failures = failuresOf(plan, FAILURE_KINDS)
  const chosen = names.map((name) => {
    const found = failures.find((each) => each.name === name)
    if (found === undefined) throw new Error(`no failure ${name}; there are ${failures.map((each) => each.name).join(', ')}`)
    return found
  })
  const [only] = combinations(chosen, chosen.length === 1 ? 1 : 2)
  return explained(plan, files, new Sweeper(plan).run(only ?? chosen))
}
