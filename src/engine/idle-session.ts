import type { Session } from '../model/index.ts'
import type { NeighborPlan, RouterPlan } from '../topology/plan.ts'

/** A router's session of which its daemon knows nothing: it has not begun, or the daemon is dead. */
export function idleSession(plan: RouterPlan, neighbor: NeighborPlan, reason?: string): Session {
  return {
    device: plan.name,
    localAddress: neighbor.updateSource,
    peerAddress: neighbor.address,
    localAsn: plan.asn,
    peerAsn: neighbor.asn,
    state: 'Idle',
    establishedCount: 0,
    addPath: { receive: false, send: false },
    ...(reason === undefined ? {} : { reason }),
  }
}
