/** The peering controller: floating IPs' places and the load balancer's peers in, BGPSession objects out (R18, R35, R36). */
import type { World } from '../../world/index.ts'
import { BGP_LOAD_BALANCER, BGP_SESSION, FLOATING_IP, type Store, SYSTEM_NAMESPACE } from '../api/index.ts'
import { inSubnet } from '../gateway/index.ts'
import { type LostSession, type PeeringWarning, type ServiceSession, serviceSessions } from '../peering.ts'
import { readEditedBalancer } from '../resources/index.ts'
import { ownersDocument } from './documents.ts'
import { EventRecorder } from './events.ts'
import { Reconciler, written } from './reconciler.ts'

export interface PeeringControllerOptions {
  /** Sessions tried for with every external peer, where the peer names no number of its own. */
  readonly sessions: number
  /** Subnets that hold nodes, `a.b.c.d/n`. */
  readonly subnets: readonly string[]
}

export class PeeringController {
  readonly #world: World
  readonly #store: Store
  readonly #options: PeeringControllerOptions
  readonly #events: EventRecorder
  readonly #found: () => void
  readonly #reconciler: Reconciler
  #warned = ''
  lost: readonly LostSession[] = []
  warnings: readonly PeeringWarning[] = []

  /** `found`: `lost` and `warnings` may be others now. */
  constructor(world: World, store: Store, options: PeeringControllerOptions, found: () => void = () => {}) {
    this.#world = world
    this.#store = store
    this.#options = options
    this.#found = found
    this.#events = new EventRecorder(world.clock, store, 'peering')
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
  }

  start(): void {
    // An object that somebody deleted or edited is put right; what agents report of it is not our concern.
    this.#reconciler.follow(this.#store, BGP_SESSION, ({ metadata }, deleted) => {
      if (deleted || metadata.generation > 1) this.#reconciler.wake()
    })
    this.#reconciler.start(this.#store, [FLOATING_IP, BGP_LOAD_BALANCER])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const balancer = ownersDocument(this.#store, BGP_LOAD_BALANCER)
    const edited = balancer === undefined ? { localASN: 0, peers: [] } : readEditedBalancer(balancer).value
    if (edited === undefined) return
    const places = this.#store.list(FLOATING_IP).items.map(({ metadata: { name }, status }) => ({
      floatingIP: name,
      node: status?.nodeName,
      subnet: this.#options.subnets.find((subnet) => inSubnet(name, subnet)) ?? '',
    }))
    const current = this.#store.list(BGP_SESSION).items.flatMap(({ metadata, spec }) => (spec ? [{ ...spec, name: metadata.name }] : []))
    const { sessions, lost, warnings } = serviceSessions(
      {
        servicePeers: edited.peers,
        serviceLocalAsn: edited.localASN,
        gateway: this.#options,
      },
      places,
      current,
    )
    this.#replace(sessions)
    for (const { floatingIP, peerIP } of lost) {
      const known = this.lost.some((each) => each.floatingIP === floatingIP && each.peerIP === peerIP)
      if (balancer !== undefined && !known)
        this.#events.tell(balancer, 'Warning', 'SessionLost', `no session with ${peerIP} from ${floatingIP}: it is Unassigned`)
    }
    this.lost = lost
    this.warnings = warnings
    this.#found()
    const text = warnings.map((warning) => warning.message).join('; ')
    if (text !== '' && text !== this.#warned)
      this.#world.events.emit({ type: 'log', device: this.#world.name, level: 'warning', message: `peering: ${text}` })
    this.#warned = text
  }

  /** An object whose ends are others now is made anew: what its status told was of another session. */
  #replace(sessions: readonly ServiceSession[]) {
    const wanted = new Map(sessions.map((session) => [session.name, session]))
    for (const session of this.#store.list(BGP_SESSION).items) {
      const { metadata, spec } = session
      if (wanted.get(metadata.name)?.floatingIP === spec?.floatingIP && metadata.namespace === SYSTEM_NAMESPACE) continue
      written(this.#store.delete(BGP_SESSION, metadata.name, metadata.namespace))
      this.#events.tell(session, 'Normal', 'Removed', `from ${spec?.localIP} on ${spec?.nodeName} to ${spec?.peerIP}`)
    }
    for (const { name, ...spec } of sessions) {
      const before = this.#store.get(BGP_SESSION, name, SYSTEM_NAMESPACE)
      const session = written(this.#store.upsert(BGP_SESSION, { metadata: { name, namespace: SYSTEM_NAMESPACE }, spec }))
      if (before === undefined)
        this.#events.tell(session, 'Normal', 'Planned', `from ${spec.localIP} on ${spec.nodeName} to ${spec.peerIP} (AS ${spec.peerASN})`)
    }
  }
}
