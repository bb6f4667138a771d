/** Conditions over a node as the cluster sees it, by its lease. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Condition } from '../condition.ts'
import type { State } from '../state.ts'

export function isReady(node: string, wanted = true): Condition {
  const expected = wanted ? 'Ready' : 'not Ready'
  return {
    describe: `${node} is ${expected}`,
    reads: [],
    concerns: (event: LabEvent) => event.type === 'node-ready' && event.node === node,
    evaluate(state: State) {
      const ready = state.nodeReady(node)
      if (ready === wanted) return { holds: true, differences: [] }
      const seen = ready === undefined ? 'never heard of' : ready ? 'Ready' : 'not Ready'
      const row = { what: 'condition', expected, seen, ok: false, same: (other: State) => other.nodeReady(node) === ready }
      return { holds: false, differences: [{ subject: `node ${node}`, rows: [row], notes: [] }] }
    },
  }
}
