/** The machine's view of a run: `report.json`. Durations in microseconds, as everywhere. Pure. */
import type { Micros, ScenarioResult, TimerProfile } from '../model/index.ts'

export interface RunReport {
  readonly peerlab: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly engine: string
  readonly timers: TimerProfile
  readonly duration: Micros
  readonly controls: boolean
  readonly passed: number
  readonly failed: number
  readonly interrupted: boolean
  /** What the engine could not run, and why, in words. Absent: nothing. */
  readonly notRun?: readonly string[]
  readonly scenarios: readonly ScenarioResult[]
}

export function runReport(
  about: Pick<RunReport, 'peerlab' | 'startedAt' | 'engine' | 'timers' | 'duration' | 'controls' | 'interrupted' | 'notRun'>,
  scenarios: readonly ScenarioResult[],
): RunReport {
  return {
    ...about,
    passed: scenarios.filter((result) => result.verdict === 'passed').length,
    failed: scenarios.filter((result) => result.verdict === 'failed' || result.verdict === 'error').length,
    scenarios,
  }
}
