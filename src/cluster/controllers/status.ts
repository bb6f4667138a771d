/**
 * What the gateway and the load balancer say of themselves: each floating IP with its node and since when, or why it has none; and whether the
 * sessions that there are to be are planned, Established, and announce every Service.
 */
import type { World } from '../../world/index.ts'
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  type Condition,
  FLOATING_IP,
  isReady,
  NETWORK_GATEWAY,
  NODE,
  type Resource,
  type ResourceType,
  type Store,
} from '../api/index.ts'
import type { NotAdvertised } from '../balancer.ts'
import type { LostSession, PeeringWarning } from '../peering.ts'
import { readEditedGateway } from '../resources/index.ts'
import { condition } from './conditions.ts'
import { ownersDocument } from './documents.ts'
import { Reconciler, written } from './reconciler.ts'
import { stateInWords } from './session-state.ts'
import type { Refusal } from './standing.ts'

/** What the other controllers found out beyond the objects that they wrote. */
export interface Findings {
  readonly lost: readonly LostSession[]
  readonly warnings: readonly PeeringWarning[]
  readonly notAdvertised: readonly NotAdvertised[]
  readonly refusals: readonly Refusal[]
}

export class StatusController {
  readonly #world: World
  readonly #store: Store
  readonly #findings: () => Findings
  readonly #reconciler: Reconciler

  constructor(world: World, store: Store, findings: () => Findings) {
    this.#world = world
    this.#store = store
    this.#findings = findings
    this.#reconciler = new Reconciler(world.clock, () => {
      this.#gateway()
      this.#balancer()
    })
  }

  start(): void {
    this.#reconciler.start(this.#store, [NETWORK_GATEWAY, BGP_LOAD_BALANCER, FLOATING_IP, NODE, BGP_SESSION, BGP_ADVERTISED_ROUTE])
  }

  /** The findings are others now. */
  wake(): void {
    this.#reconciler.wake()
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #gateway() {
    const gateway = ownersDocument(this.#store, NETWORK_GATEWAY)
    if (gateway === undefined) return
    const known = this.#store.list(FLOATING_IP).items
    // In the order of the document.
    const listed = readEditedGateway(gateway).value?.floatingIPs ?? []
    const floatingIPs = listed.map((address) => {
      const status = known.find(({ metadata }) => metadata.name === address)?.status
      return { address, ...(status ?? { phase: 'Pending', reason: 'waits to hear from the nodes of its subnet' }) }
    })
    const nodes = this.#store.list(NODE).items.map((node) => {
      const known = node.status?.conditions.some((each) => each.type === 'Ready')
      return [node.metadata.name, known ? (isReady(node) ? 'Up' : 'Down') : 'Unknown']
    })
    this.#write(NETWORK_GATEWAY, gateway, { floatingIPs, nodes: Object.fromEntries(nodes) })
  }

  #balancer() {
    const balancer = ownersDocument(this.#store, BGP_LOAD_BALANCER)
    if (balancer === undefined) return
    const { lost, warnings, notAdvertised, refusals } = this.#findings()
    const missing = [...notAdvertised, ...refusals].map((each) => each.message)
    const sessions = this.#store.list(BGP_SESSION).items
    const down = sessions.filter((each) => each.status?.state !== 'Established')
    const routes = this.#store.list(BGP_ADVERTISED_ROUTE).items.length
    const before = (balancer.status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions
    const now = this.#world.clock.wallTime()
    const say = (type: string, holds: boolean, reason: string, message: string) => condition(before, type, holds, reason, message, now)
    const established = sessions.length - down.length
    const states = down.map((each) => `${each.spec?.peerIP} from ${each.spec?.localIP} is ${stateInWords(each)}`)
    const none = sessions.length === 0 ? ['there is no session'] : []
    this.#write(BGP_LOAD_BALANCER, balancer, {
      sessions: sessions.length,
      established,
      lostSessions: lost,
      warnings,
      conditions: [
        warnings.length === 0
          ? say('SessionsPlanned', true, 'EveryPeer', `${sessions.length} sessions`)
          : say('SessionsPlanned', false, 'FewerSessions', warnings.map((each) => each.message).join('; ')),
        down.length === 0 && sessions.length > 0
          ? say('SessionsEstablished', true, 'AllEstablished', `${established} of ${sessions.length}`)
          : say('SessionsEstablished', false, 'NotEstablished', [`${established} of ${sessions.length}`, ...states, ...none].join('; ')),
        missing.length === 0
          ? say('ServicesAnnounced', true, 'AllAnnounced', `${routes} of ${routes}`)
          : say('ServicesAnnounced', false, notAdvertised.length === 0 ? 'NodeRefuses' : 'NotAnnounced', missing.join('; ')),
      ],
    })
  }

  #write(type: ResourceType, { metadata: { name, namespace } }: Resource, status: unknown) {
    written(this.#store.updateStatus(type, { metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, status }))
  }
}
