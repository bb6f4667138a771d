/** The health answer (R40): 200 when every peer is Established, else 503, with the sessions as JSON. */
import type { PeerStatus } from '../../bgp/index.ts'
import { type Micros, SECOND } from '../../model/index.ts'
import type { Listener, World } from '../../world/index.ts'

export interface Health {
  readonly healthy: boolean
  readonly localIP: string
  readonly localASN: number
  /** What is announced: `10.0.0.8/32`. */
  readonly route: string
  readonly sessions: readonly SessionHealth[]
}

export interface SessionHealth {
  readonly peerIP: string
  readonly peerASN: number
  /** As BGPSession resources have it: `Established`. */
  readonly state: PeerStatus['state']
  readonly secondsInState: number
  /** How often it has become Established. */
  readonly established: number
  /** Present while Established. */
  readonly holdTimeSeconds?: number
  readonly advertisedRoutes: readonly string[]
  readonly receivedRoutes: number
  /** Why it is not Established. */
  readonly reason?: string
}

export function healthOf(local: Pick<Health, 'localIP' | 'localASN' | 'route'>, peers: readonly PeerStatus[], now: Micros): Health {
  const sessions = peers.map(
    (peer): SessionHealth => ({
      peerIP: peer.peerAddress,
      peerASN: peer.peerAsn,
      state: peer.state,
      secondsInState: Math.floor((now - peer.since) / SECOND),
      established: peer.establishedCount,
      ...(peer.negotiated && { holdTimeSeconds: peer.negotiated.holdTimeSeconds }),
      advertisedRoutes: peer.prefixesSent > 0 ? [local.route] : [],
      receivedRoutes: peer.prefixesReceived,
      ...(peer.reason !== undefined && { reason: peer.reason }),
    }),
  )
  return { healthy: sessions.length > 0 && sessions.every((session) => session.state === 'Established'), ...local, sessions }
}

/** Answers every GET with `look()`. `told` is called once: with nothing when it listens, else with the kernel's reason. */
export function serveHealth(
  world: World,
  address: string,
  port: number,
  look: () => Health,
  told: (failure?: { readonly reason: string; readonly detail: string }) => void,
): Listener {
  return world.calls.serve({ address, port }, (event) => {
    if (event.type === 'listening') told()
    else if (event.type === 'failed') told(event)
    else if (event.request.method !== 'GET') event.request.reply(405, { error: 'only GET is answered' })
    else {
      const health = look()
      event.request.reply(health.healthy ? 200 : 503, health)
    }
  })
}
