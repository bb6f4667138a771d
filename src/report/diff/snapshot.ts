/** One side of a comparison: what a lab's sessions, routes, kernel routes, floating IPs and traffic were at one moment. */
import type { FibRoute, Route, Session } from '../../model/index.ts'
import type { TrafficSeen } from './traffic.ts'

export interface Snapshot {
  /** Where it comes from and of which moment: `node-failure--frr.ndjson, at its end`. */
  readonly label: string
  readonly sessions: readonly Session[]
  readonly routes: readonly Route[]
  readonly fib: readonly FibRoute[]
  /** `node` is absent while it is Unassigned. */
  readonly floatingIps: readonly { readonly address: string; readonly node?: string }[]
  readonly traffic: readonly TrafficSeen[]
}
