/** Conditions over a traffic probe's flows. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Condition } from '../condition.ts'
import type { State } from '../state.ts'

/** Every flow of the probe gets answers. */
export function allAnswered(probe: string): Condition {
  return {
    describe: `every flow of ${probe} is answered`,
    reads: [],
    concerns: (event: LabEvent) => event.type === 'probe' && event.probe === probe,
    evaluate(state: State) {
      const lost = state.lostFlows(probe)
      if (lost.length === 0) return { holds: true, differences: [] }
      const rows = lost.map((flow) => ({
        what: `flow ${flow}`,
        expected: 'answered',
        seen: 'no answer',
        ok: false,
        same: (other: State) => other.lostFlows(probe).includes(flow),
      }))
      return { holds: false, differences: [{ subject: `client traffic, ${probe}`, rows, notes: [] }] }
    },
  }
}
