/** What the simulator's bench measures. */
import type { Size } from './topology.ts'

/** One lab from cold: no device has power, until every ToR has every VIP with all its next hops, and the core has each. */
export interface LargeSample extends Size {
  readonly type: 'large'
  /** Wall seconds to read both files and lay the lab out, and from there until it had converged. */
  readonly planSeconds: number
  readonly seconds: number
  /** The whole process's, compilation and garbage collection included. */
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly virtualSeconds: number
  /** Established, and the paths that they brought to the routers' tables: what the work is measured by. */
  readonly sessions: number
  readonly paths: number
  readonly events: number
}

/** From the start of the command line until its first verdict. */
export interface FirstVerdictSample {
  readonly type: 'first-verdict'
  readonly scenario: string
  readonly seconds: number
}

/** Every scenario that ships, with one of each router, in one process. */
export interface AllSample {
  readonly type: 'all'
  readonly scenarios: number
  readonly seconds: number
}

/** Every single failure of the document's examples, in one command. */
export interface SweepSample {
  readonly type: 'sweep'
  readonly failures: number
  readonly seconds: number
}

export type Sample = LargeSample | FirstVerdictSample | AllSample | SweepSample

export interface SimRecord {
  readonly measuredAt: string
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryBytes: number; readonly node: string }
  readonly runs: number
  readonly samples: readonly Sample[]
}
