/** The machine's view of a run on both engines: `fidelity.json`, from which docs/fidelity.md is made. */
import type { ScenarioResult, TimerProfile, Verdict } from '../../model/index.ts'
import type { Comparison } from './comparison.ts'

export interface ComparedRun extends Comparison, Pick<ScenarioResult, 'name' | 'title' | 'topology' | 'routerSet' | 'routers'> {
  readonly verdicts: { readonly a: Verdict; readonly b: Verdict }
}

export interface FidelityReport {
  readonly peerlab: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly timers: TimerProfile
  readonly runs: readonly ComparedRun[]
  /** What one of the engines cannot run, and why, in words. */
  readonly notRun: readonly string[]
}

export function agrees({ differences, verdicts }: Pick<ComparedRun, 'differences' | 'verdicts'>): boolean {
  return differences.length === 0 && verdicts.a === 'passed' && verdicts.b === 'passed'
}
