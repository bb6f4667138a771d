/** Runs scenarios of `scenarios/` in the simulator, as `npm run scenario -- --engine sim` does, and keeps what they left behind. */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { openSimulator } from '../../../src/cli/simulator.ts'
import { Topologies } from '../../../src/cli/topology.ts'
import type { LabEvent, ScenarioResult } from '../../../src/model/index.ts'
import { findScenarios } from '../../../src/scenario/host/index.ts'
import { fitFor, parseRouters, planJobs, runJobs, selectJobs } from '../../../src/scenario/index.ts'

const SCENARIOS = fileURLToPath(new URL('../../../scenarios/', import.meta.url))

export interface Ran {
  readonly result: ScenarioResult
  readonly events: readonly LabEvent[]
}

export interface What {
  /** All where absent. */
  readonly names?: readonly string[]
  /** `mixed` where absent. */
  readonly routers?: string
  readonly controls?: boolean
  readonly seed?: string
  readonly folder?: string
  readonly stallMillis?: number
}

export async function runInSimulator({
  names = [],
  routers = 'mixed',
  controls = false,
  seed,
  folder = SCENARIOS,
  stallMillis,
}: What): Promise<Ran[]> {
  const { found } = await findScenarios(folder)
  const parsed = parseRouters(routers)
  if ('error' in parsed) throw new Error(parsed.error)
  const jobs = selectJobs(found, { names, controls, routers: parsed.sets, repeat: 1 })
  const planned = await planJobs(jobs, new Topologies('fast').load)
  const engine = await openSimulator({ ...(seed !== undefined && { seed }), ...(stallMillis !== undefined && { stallMillis }) })
  const ran: Ran[] = []
  await runJobs(fitFor(engine, planned.jobs).fit, {
    engine,
    keep: false,
    signal: new AbortController().signal,
    reporter: { onResult: (result, events) => void ran.push({ result, events }) },
  })
  return ran
}

/** Of every record, as it would stand in the log. */
export function hashOf(events: readonly LabEvent[]): string {
  const hash = createHash('sha256')
  for (const event of events) hash.update(`${JSON.stringify(event)}\n`)
  return hash.digest('hex')
}
