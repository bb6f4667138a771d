/** `--seeds N`: each scenario over seeds 1 to N, until the first that breaks it. */
import type { LabEvent, ScenarioResult } from '../model/index.ts'
import { type Engine, type PlannedJob, type RunnerOptions, runJobs } from '../scenario/index.ts'

export interface SeedsOptions extends Omit<RunnerOptions, 'engine'> {
  readonly seeds: number
  readonly engineFor: (seed: string) => Promise<Engine>
}

/** One result for each job: of the first seed that did not pass, which replays exactly; else of the last. */
export async function runSeeds(
  jobs: readonly PlannedJob[],
  { seeds, engineFor, reporter, ...options }: SeedsOptions,
): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = []
  for (const planned of jobs) {
    if (options.signal.aborted) break
    let told: { readonly result: ScenarioResult; readonly events: readonly LabEvent[] } | undefined
    for (let seed = 1; seed <= seeds && !options.signal.aborted; seed++) {
      reporter.onProgress?.(planned.job, `seed ${seed} of ${seeds}`)
      const [result] = await runJobs([planned], {
        ...options,
        engine: await engineFor(String(seed)),
        reporter: {
          ...(reporter.onUp && { onUp: reporter.onUp }),
          onResult: (ran, events) => {
            const passed = ran.verdict === 'passed'
            const said = passed
              ? `${seed} ${seed === 1 ? 'seed' : 'seeds'}, every one passed`
              : `seed ${seed}, after ${seed - 1} that passed`
            told = { result: { ...ran, seed: String(seed), summary: [...ran.summary, said] }, events }
          },
        },
      })
      if (result?.verdict !== 'passed') break
    }
    if (told === undefined) continue
    reporter.onResult?.(told.result, told.events, undefined)
    results.push(told.result)
  }
  return results
}
