/** Conditions over a traffic probe's flows. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Condition } from '../condition.ts'
import type { State } from '../state.ts'

/** Every one of the probe's flows, numbered from 0, gets answers. */
export function allAnswered(probe: string, flows: number): Condition {
  return {
    describe: `every flow of ${probe} is answered`,
    reads: [],
    concerns: (event: LabEvent) => event.type === 'probe' && event.probe === probe,
    evaluate(state: State) {
      const rows = Array.from({ length: flows }, (_, flow) => flow)
        .filter((flow) => state.flowAnswered(probe, flow) !== true)
        .map((flow) => {
          const heard = state.flowAnswered(probe, flow)
          const seen = heard === undefined ? 'not yet' : 'no answer'
          return {
            what: `flow ${flow}`,
            expected: 'answered',
            seen,
            ok: false,
            same: (other: State) => other.flowAnswered(probe, flow) === heard,
          }
        })
      return { holds: rows.length === 0, differences: rows.length === 0 ? [] : [{ subject: `client traffic, ${probe}`, rows, notes: [] }] }
    },
  }
}
