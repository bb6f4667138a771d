/** `--engine both` without the command line: scenarios on any two engines, and what the comparison says. */
import { fileURLToPath } from 'node:url'
import { fitForBoth, runBoth } from '../../src/cli/both.ts'
import { Topologies } from '../../src/cli/topology.ts'
import { type LabEvent, type ScenarioResult, TIMER_PROFILES } from '../../src/model/index.ts'
import type { ComparedRun } from '../../src/report/fidelity/index.ts'
import { findScenarios } from '../../src/scenario/host/index.ts'
import { type Engine, parseRouters, planJobs, selectJobs } from '../../src/scenario/index.ts'
import type { Plan, RouterPlan } from '../../src/topology/plan.ts'

const FOLDER = fileURLToPath(new URL('../../scenarios/', import.meta.url))

export interface Compared {
  readonly runs: readonly ComparedRun[]
  readonly results: readonly ScenarioResult[]
  /** By scenario and side: `node-failure/lb-node real`, `… simulated`. */
  readonly logs: Readonly<Record<string, readonly LabEvent[]>>
}

/** All scenarios where no names are given; `real` stands in the place of real routers. */
export async function runCompared(names: readonly string[], routers: string, real: Engine, simulator: Engine): Promise<Compared> {
  const { found } = await findScenarios(FOLDER)
  const parsed = parseRouters(routers)
  if ('error' in parsed) throw new Error(parsed.error)
  const chosen = selectJobs(found, { names, controls: false, routers: parsed.sets, repeat: 1 })
  const { jobs } = await planJobs(chosen, new Topologies('fast').load)
  const runs: ComparedRun[] = []
  const logs: Record<string, LabEvent[]> = {}
  const results = await runBoth(fitForBoth(real, simulator, jobs).fit, {
    real,
    simulator,
    timers: TIMER_PROFILES.fast,
    signal: new AbortController().signal,
    reporter: {},
    log: (job, side) => {
      const log: LabEvent[] = []
      logs[`${job.name} ${side}`] = log
      return { write: (event) => void log.push(event), close: async () => '' }
    },
    onCompared: (each) => void runs.push(each),
  })
  return { runs, results, logs }
}

/** A simulator that has one value wrong: its routers use one path only. */
export function withoutMultipath(simulator: Engine): Engine {
  return withRouters(simulator, { maximumPaths: 1 })
}

/** A simulator that takes every router for FRR. */
export function withFrrOnly(simulator: Engine): Engine {
  return withRouters(simulator, { kind: 'frr' })
}

function withRouters(simulator: Engine, wrong: Partial<RouterPlan>): Engine {
  const changed = (plan: Plan): Plan => ({ ...plan, routers: plan.routers.map((router) => ({ ...router, ...wrong })) })
  return { ...simulator, open: (plan, options) => simulator.open(changed(plan), options) }
}
