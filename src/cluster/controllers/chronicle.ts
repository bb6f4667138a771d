/**
 * Tells of what agents and controllers wrote where no controller does: sessions that came up and went down, and VIPs whose one next hop is
 * another now. So `kubectl get events` tells a failover from the node that fell silent to the session that is back.
 */
import type { World } from '../../world/index.ts'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_SESSION,
  type BGPAdvertisedRoute,
  type BGPSession,
  isReady,
  NODE,
  type Resource,
  type Store,
} from '../api/index.ts'
import { EventRecorder } from './events.ts'
import { Reconciler } from './reconciler.ts'
import { stateInWords } from './session-state.ts'

const UP = 'Established'

export class Chronicle {
  readonly #store: Store
  readonly #sessionEvents: EventRecorder
  readonly #routeEvents: EventRecorder
  readonly #reconciler: Reconciler
  /** By UID: one that is made anew under the same name is another session. */
  readonly #states = new Map<string, string | undefined>()
  readonly #nextHops = new Map<string, string>()

  constructor(world: World, store: Store) {
    this.#store = store
    this.#sessionEvents = new EventRecorder(world.clock, store, 'bgp')
    this.#routeEvents = new EventRecorder(world.clock, store, 'balancer')
    this.#reconciler = new Reconciler(world.clock, () => {})
  }

  start(): void {
    for (const { metadata, status } of this.#store.list(BGP_SESSION).items) this.#states.set(metadata.uid, status?.state)
    for (const { metadata, spec } of this.#store.list(BGP_ADVERTISED_ROUTE).items) this.#nextHops.set(metadata.uid, spec?.nextHop ?? '')
    this.#reconciler.follow(this.#store, BGP_SESSION, (session, deleted) => this.#session(session, deleted))
    this.#reconciler.follow(this.#store, BGP_ADVERTISED_ROUTE, (route, deleted) => this.#route(route, deleted))
  }

  stop(): void {
    this.#reconciler.stop()
    this.#states.clear()
    this.#nextHops.clear()
  }

  #session(session: BGPSession, deleted: boolean) {
    const { uid } = session.metadata
    const { localIP, nodeName = '', peerIP } = session.spec ?? {}
    const before = this.#states.get(uid)
    const after = session.status?.state
    if (deleted) {
      this.#states.delete(uid)
      const node = this.#store.get(NODE, nodeName)
      // Its agent cannot report it any more.
      if (before === UP && node !== undefined && !isReady(node))
        this.#lost(session, `from ${localIP} on ${nodeName} to ${peerIP}: ${nodeName} is not Ready`)
      return
    }
    this.#states.set(uid, after)
    if (before === after) return
    if (after === UP) this.#sessionEvents.tell(session, 'Normal', 'Established', `from ${localIP} on ${nodeName} to ${peerIP}`)
    else if (before === UP) this.#lost(session, `from ${localIP} on ${nodeName} to ${peerIP}: now ${stateInWords(session)}`)
  }

  #lost(session: Resource, message: string) {
    this.#sessionEvents.tell(session, 'Warning', 'SessionLost', message)
  }

  #route(route: BGPAdvertisedRoute, deleted: boolean) {
    const { uid } = route.metadata
    const { prefix, nextHop = '' } = route.spec ?? {}
    const before = this.#nextHops.get(uid)
    if (deleted) this.#nextHops.delete(uid)
    else this.#nextHops.set(uid, nextHop)
    if (deleted || before === undefined || before === nextHop) return
    const message = `${prefix}: ${before} → ${nextHop}, for sessions without ADD-PATH`
    this.#routeEvents.tell(route, 'Normal', 'Reassigned', message)
  }
}
