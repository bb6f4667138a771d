/** Conditions over an LB node's VIP data plane: where it sends a Service's new flows. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Condition } from '../condition.ts'
import type { State } from '../state.ts'

/** Exactly to these addresses; to none: it refuses them. `names`: address → node, for people. */
export function sendsTo(node: string, service: string, addresses: readonly string[], names: ReadonlyMap<string, string>): Condition {
  const shown = (each: readonly string[] | undefined) =>
    each === undefined
      ? 'not served'
      : each
          .map((address) => names.get(address) ?? address)
          .sort()
          .join(', ') || 'no backend'
  const expected = shown(addresses)
  return {
    describe: `${node} sends ${service} to ${expected}`,
    reads: [],
    concerns: (event: LabEvent) => event.type === 'service' && event.device === node && event.service === service,
    evaluate(state: State) {
      const seen = shown(state.backends(node, service))
      if (seen === expected) return { holds: true, differences: [] }
      const same = (other: State) => shown(other.backends(node, service)) === seen
      const row = { what: 'backends', expected, seen, ok: false, same }
      return { holds: false, differences: [{ subject: `${service} at ${node}`, rows: [row], notes: [] }] }
    },
  }
}
