/** Conditions over who holds a floating IP. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Condition } from '../condition.ts'
import type { State } from '../state.ts'

function heldBy(address: string, describe: string, expected: string, accepts: (node: string | undefined) => boolean): Condition {
  return {
    describe,
    reads: [],
    concerns: (event: LabEvent) => event.type === 'floating-ip' && event.address === address,
    evaluate(state: State) {
      const held = state.floatingIp(address)
      if (accepts(held?.node)) return { holds: true, differences: [] }
      const row = {
        what: 'holder',
        expected,
        seen: held?.node ?? 'Unassigned',
        ok: false,
        same: (other: State) => other.floatingIp(address)?.node === held?.node,
      }
      return {
        holds: false,
        differences: [{ subject: `floating IP ${address}`, rows: [row], notes: held === undefined ? [] : [held.reason] }],
      }
    },
  }
}

/** Another node holds it than `from`, and one of `to` where given. */
export function moves(address: string, from: string | undefined, to?: readonly string[]): Condition {
  const expected = to === undefined ? `another node than ${from ?? 'none'}` : to.join(' or ')
  return heldBy(
    address,
    `${address} moves`,
    expected,
    (node) => node !== undefined && node !== from && (to === undefined || to.includes(node)),
  )
}

export function isHeldBy(address: string, node: string): Condition {
  return heldBy(address, `${address} is held by ${node}`, node, (holder) => holder === node)
}

export function isHeld(address: string): Condition {
  return heldBy(address, `${address} is held`, 'any node', (holder) => holder !== undefined)
}

/** The node itself has taken it off its interface: not what the API says of it, which the node may not have read. */
export function isGivenUpBy(address: string, node: string): Condition {
  return {
    describe: `${node} gives ${address} up`,
    reads: [],
    concerns: (event: LabEvent) => event.type === 'address' && event.device === node && event.address === address,
    evaluate(state: State) {
      const has = state.hasAddress(node, address)
      if (has === false) return { holds: true, differences: [] }
      const same = (other: State) => other.hasAddress(node, address) === has
      const row = { what: 'on its interface', expected: 'no more', seen: has ? 'still' : 'never', ok: false, same }
      return { holds: false, differences: [{ subject: `${address} at ${node}`, rows: [row], notes: [] }] }
    },
  }
}
