/** A hard reset of one session from the router's side. It comes back by itself, so there is nothing to undo. */
import type { Sessions } from '../../engine/lab.ts'
import type { Fault } from './fault.ts'

export function sessionReset(sessions: Sessions, router: string, peerAddress: string): Fault {
  return {
    kind: 'session-reset',
    device: router,
    key: `session ${router} ${peerAddress}`,
    cure: false,
    inject: () => sessions.reset(router, peerAddress),
  }
}
