/** A fault, composed of one narrow capability of the lab. */
import type { Micros } from '../../model/index.ts'

export interface Fault {
  /** Stable, for controls that leave it out: `power-off`. */
  readonly kind: FaultKind
  readonly device: string
  /** Two faults on the same thing have the same key; a cure takes the pending undo of its key away. */
  readonly key: string
  /** True for one that puts right what another broke. */
  readonly cure: boolean
  /** Answers when it took effect. */
  inject(): Promise<Micros>
  /** Puts it right; absent where the lab does so by itself. */
  undo?(): Promise<unknown>
}

export type FaultKind = 'power-off' | 'power-on' | 'process-kill' | 'process-start' | 'link-down' | 'link-up' | 'session-reset' | 'edit'
