/** The peering controller: floating IPs' places and the load balancer's peers in, BGPSession objects out (R18, R35, R36). */
import type { World } from '../../world/index.ts'
import { BGP_LOAD_BALANCER, BGP_SESSION, FLOATING_IP, type Store, SYSTEM_NAMESPACE } from '../api/index.ts'
import { inSubnet } from '../gateway/index.ts'
import { type ServiceSession, serviceSessions } from '../peering.ts'
import { readEditedBalancer } from '../resources/index.ts'
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
  readonly #reconciler: Reconciler
  #warned = ''

  constructor(world: World, store: Store, options: PeeringControllerOptions) {
    this.#world = world
    this.#store = store
    this.#options = options
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
  }

  start(): void {
    this.#reconciler.start(this.#store, [FLOATING_IP, BGP_LOAD_BALANCER])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const [balancer] = this.#store.list(BGP_LOAD_BALANCER).items
    const edited = balancer === undefined ? undefined : readEditedBalancer(balancer).value
    if (balancer === undefined || edited === undefined) return
    const places = this.#store.list(FLOATING_IP).items.map(({ metadata: { name }, status }) => ({
      floatingIP: name,
      node: status?.nodeName,
      subnet: this.#options.subnets.find((subnet) => inSubnet(name, subnet)) ?? '',
    }))
    const current = this.#store.list(BGP_SESSION).items.map(({ metadata, spec }) => ({ ...spec!, name: metadata.name }))
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
    written(
      this.#store.updateStatus(BGP_LOAD_BALANCER, {
        metadata:
          balancer.metadata.namespace === undefined
            ? { name: balancer.metadata.name }
            : { name: balancer.metadata.name, namespace: balancer.metadata.namespace },
        status: { sessions: sessions.length, lostSessions: lost, warnings },
      }),
    )
    const text = warnings.map((warning) => warning.message).join('; ')
    if (text !== '' && text !== this.#warned)
      this.#world.events.emit({ type: 'log', device: this.#world.name, level: 'warning', message: `peering: ${text}` })
    this.#warned = text
  }

  /** An object whose ends are others now is made anew: what its status told was of another session. */
  #replace(sessions: readonly ServiceSession[]) {
    const wanted = new Map(sessions.map((session) => [session.name, session]))
    for (const { metadata, spec } of this.#store.list(BGP_SESSION).items) {
      if (wanted.get(metadata.name)?.floatingIP !== spec?.floatingIP)
        written(this.#store.delete(BGP_SESSION, metadata.name, SYSTEM_NAMESPACE))
    }
    for (const { name, ...spec } of sessions) {
      written(this.#store.upsert(BGP_SESSION, { metadata: { name, namespace: SYSTEM_NAMESPACE }, spec }))
    }
  }
}
