/** `--engine both`: each scenario in the simulator and on real routers, and what differs between the two runs. */
import type { LabEvent, ScenarioResult, TimerProfile } from '../model/index.ts'
import { type ComparedRun, compareRuns, type Sides } from '../report/fidelity/index.ts'
import { type Engine, fitFor, type Job, type PlannedJob, type RunnerOptions, runJobs, type Unfit } from '../scenario/index.ts'

export const SIDES: Sides = { a: 'real routers', b: 'the simulator' }

export interface BothOptions extends Omit<RunnerOptions, 'engine' | 'rest' | 'keep' | 'log'> {
  readonly real: Engine
  readonly simulator: Engine
  readonly timers: TimerProfile
  /** Where a run's event log goes: each job has two. */
  readonly log: (job: Job, side: 'real' | 'simulated') => ReturnType<NonNullable<RunnerOptions['log']>>
  /** After a job has run on both. */
  readonly onCompared: (run: ComparedRun) => void
}

/** What both can run. */
export function fitForBoth(real: Engine, simulator: Engine, jobs: readonly PlannedJob[]): ReturnType<typeof fitFor> {
  const onReal = fitFor(real, jobs)
  const onBoth = fitFor(simulator, onReal.fit)
  return { fit: onBoth.fit, unfit: [...onReal.unfit, ...onBoth.unfit] satisfies Unfit[] }
}

/** First all of them in the simulator, which takes seconds. A lab is left alone after its scenario until it has come to rest, so that ends can be compared. */
export async function runBoth(
  jobs: readonly PlannedJob[],
  { real, simulator, timers, log, onCompared, ...options }: BothOptions,
): Promise<readonly ScenarioResult[]> {
  const { reporter, ahead: _, ...common } = options
  const simulated: { readonly result: ScenarioResult; readonly events: readonly LabEvent[] }[] = []
  await runJobs(jobs, {
    ...common,
    engine: simulator,
    keep: false,
    rest: true,
    log: (job) => log(job, 'simulated'),
    reporter: {
      onProgress: (job, text) => reporter.onProgress?.(job, `simulated, ${text}`),
      onResult: (result, events) => simulated.push({ result, events }),
    },
  })
  let compared = 0
  const results = await runJobs(jobs, {
    ...options,
    engine: real,
    keep: false,
    rest: true,
    log: (job) => log(job, 'real'),
    reporter: {
      ...reporter,
      onResult: (result, events) => {
        reporter.onResult?.(result, events, undefined)
        const other = simulated[compared++]
        if (other === undefined || result.verdict === 'cancelled') return
        if (other.result.verdict !== 'passed') reporter.onResult?.(other.result, other.events, undefined)
        const { name, title, topology, routerSet, routers } = result
        const comparison = compareRuns(events, other.events, timers)
        onCompared({ name, title, topology, routerSet, routers, verdicts: { a: result.verdict, b: other.result.verdict }, ...comparison })
      },
    },
  })
  return [...results, ...simulated.map(({ result }) => result)]
}
