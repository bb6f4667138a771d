/**
 * Which sessions this node is to keep, by its BGPSession objects. An object that goes takes its session along only after its floating IP was
 * read: while the address has no holder (its holder lost the API, the controllers took it for dead, and nobody else could have it) the
 * session stays, for it is the only one there is.
 */
import type { Call, Timer } from '../../world/index.ts'
import {
  type ApiClient,
  type Backoff,
  BGP_SESSION,
  type BGPSession,
  type BGPSessionSpec,
  FLOATING_IP,
  type FloatingIP,
  Informer,
  keyOf,
  SYSTEM_NAMESPACE,
} from '../api/index.ts'

export interface SessionBookEvents {
  /** The sessions of this local address may be others now. */
  changed(localAddress: string): void
  /** Read on the way: who holds a floating IP (`undefined`: there is no such floating IP any more). */
  read(address: string, floatingIP: FloatingIP | undefined): void
}

interface Retained {
  readonly spec: BGPSessionSpec
  readonly retry: Timer
  readonly backoff: Backoff
  call: Call | undefined
}

export class SessionBook {
  readonly #client: ApiClient
  readonly #node: string
  readonly #events: SessionBookEvents
  readonly #informer: Informer<BGPSession>
  /** Objects that are gone, whose sessions stay until the floating IP was read, or while it has no holder. */
  readonly #retained = new Map<string, Retained>()

  constructor(client: ApiClient, node: string, events: SessionBookEvents) {
    this.#client = client
    this.#node = node
    this.#events = events
    this.#informer = new Informer(
      client,
      BGP_SESSION,
      { field: { path: 'spec.nodeName', value: node } },
      {
        added: (object) => this.#present(object),
        updated: (object, previous) => {
          this.#present(object)
          if (object.spec?.localIP !== previous.spec?.localIP) this.#absent(previous)
        },
        removed: (_object, _how, previous) => this.#absent(previous),
      },
    )
  }

  start(): void {
    this.#informer.start()
  }

  stop(): void {
    this.#informer.stop()
    for (const key of [...this.#retained.keys()]) this.#forget(key)
  }

  /** Objects by the session that they are about; for the reports. */
  objectFor(localAddress: string, peerAddress: string): BGPSession | undefined {
    return this.#informer.objects.find((each) => each.spec?.localIP === localAddress && each.spec.peerIP === peerAddress)
  }

  /** Sessions to keep from this address, one for each peer. */
  sessionsFrom(localAddress: string): readonly BGPSessionSpec[] {
    const byPeer = new Map<string, BGPSessionSpec>()
    for (const { spec } of this.#retained.values()) if (spec.localIP === localAddress) byPeer.set(spec.peerIP, spec)
    for (const { spec } of this.#informer.objects) if (spec?.localIP === localAddress) byPeer.set(spec.peerIP, spec)
    return [...byPeer.values()].sort((a, b) => (a.peerIP < b.peerIP ? -1 : 1))
  }

  /** The address is given up: nothing of it is kept back. */
  release(localAddress: string): void {
    for (const [key, { spec }] of [...this.#retained]) if (spec.localIP === localAddress) this.#forget(key)
  }

  #present({ spec }: BGPSession) {
    if (spec === undefined) return
    this.#forget(sessionKey(spec))
    this.#events.changed(spec.localIP)
  }

  #absent(previous: BGPSession) {
    const { spec } = previous
    if (spec === undefined || this.objectFor(spec.localIP, spec.peerIP) !== undefined) return
    const key = sessionKey(spec)
    this.#forget(key)
    const retry = this.#client.world.clock.timer(`read floating IP of ${keyOf(previous)}`, () => this.#read(key))
    this.#retained.set(key, { spec, retry, backoff: this.#client.backoff(), call: undefined })
    this.#read(key)
  }

  #read(key: string) {
    const retained = this.#retained.get(key)
    if (retained === undefined) return
    const address = retained.spec.floatingIP
    retained.call = this.#client.get(FLOATING_IP, address, SYSTEM_NAMESPACE, (result) => {
      retained.call = undefined
      if (!result.ok && result.error.code !== 'not-found') {
        retained.retry.start(retained.backoff.next())
        return
      }
      const floatingIP = result.ok ? result.value : undefined
      const holder = floatingIP?.status?.nodeName
      // Ours, and the session is gone: it was edited away. Without a holder it stays, until the address has one.
      if (floatingIP === undefined || holder !== undefined) this.#forget(key)
      this.#events.read(address, floatingIP)
      if (holder === this.#node || floatingIP === undefined) this.#events.changed(retained.spec.localIP)
    })
  }

  #forget(key: string) {
    const retained = this.#retained.get(key)
    retained?.retry.stop()
    retained?.call?.cancel()
    this.#retained.delete(key)
  }
}

function sessionKey(spec: BGPSessionSpec): string {
  return `${spec.localIP} ${spec.peerIP}`
}
