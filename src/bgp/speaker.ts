/**
 * A speaker: one local address, any number of peers, one set of announced routes.
 */
import { type Session as ModelSession, type Route, SECOND } from '../model/index.ts'
import type { Listener, Timer, World } from '../world/index.ts'
import { BGP_PORT, type PeerConfig, resolvePeer, type SpeakerConfig, sameConfig } from './config.ts'
import { Outbox, type SpeakerEvent } from './events.ts'
import { Peer, type PeerContext, type PeerStatus } from './peer.ts'
import { SelectionDeferral } from './restart.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'
import { type AnnouncedRoute, AnnouncedTable } from './rib/announced.ts'
import { type Candidate, type DecisionOptions, decide } from './rib/decision.ts'
import { formatKey, parseKey, type RouteKey } from './rib/key.ts'
import { CeaseReason } from './wire/index.ts'

/** An address that is not held yet, or a port that a dying process still has. */
const LISTEN_RETRY = 1 * SECOND

export class Speaker {
  readonly #world: World
  readonly #config: SpeakerConfig
  readonly #outbox: Outbox<SpeakerEvent>
  readonly #table = new AnnouncedTable()
  readonly #peers = new Map<string, Peer>()
  readonly #listenRetry: Timer
  readonly #context: PeerContext
  readonly #deferral: SelectionDeferral
  #listener: Listener | undefined
  #stopped = false
  #shutdown = false

  /**
   * Starts at once: sessions leave Idle with the World's next turn. Throws `TypeError` on a configuration that cannot run (an address that
   * is none, a peer in our own AS, a peer given twice).
   */
  constructor(world: World, config: SpeakerConfig, sink: (event: SpeakerEvent) => void = () => {}) {
    this.#world = world
    this.#config = config
    this.#outbox = new Outbox(sink, (callback) => world.clock.yield(callback))
    this.#listenRetry = world.clock.timer(`bgp ${config.localAddress} listen`, () => this.#listen())
    const restarting = config.peers.filter((peer) => peer.gracefulRestart?.restarting)
    const deferSeconds = Math.max(0, ...restarting.map((peer) => peer.gracefulRestart?.selectionDeferralSeconds ?? 120))
    const waitedFor = restarting.map((peer) => peer.peerAddress)
    this.#deferral = new SelectionDeferral(world.clock, `bgp ${config.localAddress}`, waitedFor, deferSeconds, () => {
      for (const peer of this.#peers.values()) peer.wake()
    })
    this.#context = {
      world,
      table: this.#table,
      emit: (event) => this.#outbox.emit(event),
      deferring: () => this.#deferral.open,
      settled: (peerAddress) => this.#deferral.settled(peerAddress),
    }
    this.#outbox.during(() => {
      for (const peer of config.peers) this.#add(peer)
      if (config.listen) this.#listen()
    })
  }

  /** Replaces the set of announced routes; every session is told the difference. Throws `TypeError` on text that is no prefix or address. */
  announce(routes: readonly AnnouncedRoute[]): void {
    if (this.#stopped) return
    this.#outbox.during(() => {
      const changed = this.#table.replace(routes)
      if (changed.length > 0) for (const peer of this.#peers.values()) peer.announce(changed)
    })
  }

  addPeer(config: PeerConfig): void {
    if (!this.#stopped) this.#outbox.during(() => this.#add(config))
  }

  /** Cease/Peer De-configured, close; `removed` once the last word is out. False where there is no such peer. */
  removePeer(peerAddress: string, removed: () => void = () => {}): boolean {
    const peer = this.#peers.get(peerAddress)
    if (peer === undefined) return false
    this.#peers.delete(peerAddress)
    this.#outbox.during(() => peer.stop(CeaseReason.peerDeconfigured, removed))
    return true
  }

  /** Sets the peers: adds, removes, and starts those anew whose configuration changed. The others are not disturbed (R30). */
  setPeers(configs: readonly PeerConfig[]): void {
    if (this.#stopped) return
    const wanted = new Map(configs.map((config) => [config.peerAddress, resolvePeer(this.#config, config)]))
    if (wanted.size < configs.length) throw new TypeError('a peer is given twice')
    this.#outbox.during(() => {
      for (const address of [...this.#peers.keys()]) if (!wanted.has(address)) this.removePeer(address)
      for (const config of configs) {
        const running = this.#peers.get(config.peerAddress)
        const resolved = wanted.get(config.peerAddress)
        if (running && resolved && sameConfig(running.config, resolved)) continue
        if (running) {
          this.#peers.delete(config.peerAddress)
          running.stop(CeaseReason.otherConfigurationChange, () => {})
        }
        this.#add(config)
      }
    })
  }

  /** Cease/Administrative Reset, with words for the other operator (RFC 9003); the session comes back by itself. */
  resetPeer(peerAddress: string, message = ''): boolean {
    const peer = this.#peers.get(peerAddress)
    if (peer === undefined) return false
    this.#outbox.during(() => peer.reset(CeaseReason.administrativeReset, message))
    return true
  }

  /** Asks a peer for its routes again (RFC 2918); false where the session is not up or the peer does not offer it. */
  refresh(peerAddress: string, family: FamilyName = 'ipv4'): boolean {
    return this.#outbox.during(() => this.#peers.get(peerAddress)?.requestRefresh(family) ?? false)
  }

  /**
   * RFC 8326: announces everything again with the GRACEFUL_SHUTDOWN community, so that peers find other ways before the sessions go down;
   * `false` takes it back.
   */
  gracefulShutdown(on = true): void {
    this.#shutdown = on
    this.#outbox.during(() => {
      for (const peer of this.#peers.values()) peer.gracefulShutdown(on)
    })
  }

  /** In the order of configuration. */
  peers(): PeerStatus[] {
    return Array.from(this.#peers.values(), (peer) => peer.status)
  }

  /** The same in the model's words, for the lab's event stream. */
  sessions(): ModelSession[] {
    return this.peers().map((status) => {
      const { localAddress, peerAddress, localAsn, peerAsn, state, since, establishedCount, negotiated, prefixesReceived, reason } = status
      return {
        device: this.#world.name,
        localAddress,
        peerAddress,
        localAsn,
        peerAsn,
        state,
        since,
        establishedCount,
        addPath: negotiated?.addPath ?? { send: false, receive: false },
        ...(negotiated ? { holdTimeSeconds: negotiated.holdTimeSeconds } : {}),
        prefixesReceived,
        ...(reason === undefined ? {} : { reason }),
      }
    })
  }

  /** All paths that one peer announced, used or not, by prefix. */
  routesIn(peerAddress: string): Route[] {
    const peer = this.#peers.get(peerAddress)
    return peer ? Array.from(peer.receivedKeys, (key) => this.#route(key, [peer])) : []
  }

  /** The paths of one prefix (`a.b.c.d/n`, `x::y/n`) from all peers, best first; none means that it is not known. */
  routeTo(prefix: string, options: DecisionOptions = {}): Route {
    const key = parseKey(prefix)
    if (key === undefined) throw new TypeError(`not a prefix: ${JSON.stringify(prefix)}`)
    return this.#route(key, this.#peers.values(), options)
  }

  /** What `decide` is given for a prefix, for a router that has several speakers: throws `TypeError` on text that is no prefix. */
  candidates(prefix: string): Candidate[] {
    const key = parseKey(prefix)
    if (key === undefined) throw new TypeError(`not a prefix: ${JSON.stringify(prefix)}`)
    return Array.from(this.#peers.values(), (peer) => peer.candidates(key)).flat()
  }

  /** Everything received, from all peers. `options`: how the best of several paths is found. */
  routes(options: DecisionOptions = {}): Route[] {
    const keys = new Set<RouteKey>()
    for (const peer of this.#peers.values()) for (const key of peer.receivedKeys) keys.add(key)
    return Array.from(keys, (key) => this.#route(key, this.#peers.values(), options))
  }

  /**
   * Cease/Administrative Shutdown to every peer, with words for the other operator (RFC 9003), then FIN; `stopped` is called when all of it
   * has left this program, never before this call returned. Only then may the local address be taken away. Nothing else happens afterwards.
   */
  stop(stopped: () => void = () => {}, message = ''): void {
    this.#stopped = true
    this.#deferral.stop()
    this.#listenRetry.stop()
    this.#listener?.close()
    this.#listener = undefined
    const peers = [...this.#peers.values()]
    let open = peers.length
    if (open === 0) this.#world.clock.yield(stopped)
    this.#outbox.during(() => {
      for (const peer of peers) {
        const done = () => {
          if (--open === 0) stopped()
        }
        peer.stop(CeaseReason.administrativeShutdown, done, message)
      }
    })
  }

  #add(config: PeerConfig): void {
    if (this.#peers.has(config.peerAddress)) throw new TypeError(`peer ${config.peerAddress} is given twice`)
    const peer = new Peer(resolvePeer(this.#config, config), this.#context)
    if (this.#shutdown) peer.gracefulShutdown(true)
    this.#peers.set(config.peerAddress, peer)
    peer.start()
  }

  #route(key: RouteKey, peers: Iterable<Peer>, options: DecisionOptions = {}): Route {
    const candidates = Array.from(peers, (peer) => peer.candidates(key)).flat()
    return { device: this.#world.name, prefix: formatKey(key), paths: decide(candidates, options) }
  }

  #listen(): void {
    const { localAddress, listen } = this.#config
    const port = typeof listen === 'object' ? listen.port : BGP_PORT
    this.#listener = this.#world.transport.listen({ address: localAddress, port }, (event) => {
      switch (event.type) {
        case 'listening':
          this.#outbox.emit({ type: 'listening', address: event.local.address, port: event.local.port })
          break
        case 'failed':
          this.#outbox.emit({ type: 'listen-failed', reason: event.reason, detail: event.detail })
          if (!this.#stopped) this.#listenRetry.start(LISTEN_RETRY)
          break
        case 'connection':
          // Who is not configured is not accepted, which resets it.
          this.#peers.get(event.remote.address)?.offer((sink) => event.accept(sink))
          break
      }
    })
  }
}
