/**
 * One configured peer: its session, for the length of a collision two, and what was sent to and received from it.
 */
import type { Micros, SessionState } from '../model/index.ts'
import { formatPrefix, type Ipv4 } from '../net/index.ts'
import type { Connection, ConnectionEvent, World } from '../world/index.ts'
import type { ResolvedPeer } from './config.ts'
import { diagnose } from './diagnosis.ts'
import type { SpeakerEvent } from './events.ts'
import type { Negotiated } from './negotiation.ts'
import { AdjRibIn } from './rib/adj-rib-in.ts'
import { AdjRibOut } from './rib/adj-rib-out.ts'
import type { AnnouncedTable } from './rib/announced.ts'
import type { Candidate } from './rib/decision.ts'
import { prefixOfKey } from './rib/key.ts'
import { Session, type SessionHooks } from './session.ts'
import { CeaseReason, ErrorCode, encodeMessage, NO_DATA, PLAIN } from './wire/index.ts'

/** A peer as it is now. */
export interface PeerStatus {
  readonly localAddress: string
  readonly peerAddress: string
  readonly localAsn: number
  readonly peerAsn: number
  readonly state: SessionState
  /** When it reached that state. */
  readonly since: Micros
  readonly establishedCount: number
  /** Present while Established. */
  readonly negotiated?: Negotiated
  /** Prefixes that the peer has been told, and those that it told us. */
  readonly prefixesSent: number
  readonly prefixesReceived: number
  /** Why it is not Established. */
  readonly reason?: string
}

const RANK: Readonly<Record<SessionState, number>> = { Idle: 0, Active: 1, Connect: 2, OpenSent: 3, OpenConfirm: 4, Established: 5 }

export class Peer implements SessionHooks {
  readonly config: ResolvedPeer
  readonly #world: World
  readonly #table: AnnouncedTable
  readonly #emit: (event: SpeakerEvent) => void
  #main: Session
  /** A connection that the peer opened while ours was on its way. */
  #second: Session | undefined
  #state: SessionState = 'Idle'
  #since: Micros
  #establishedCount = 0
  #ribIn: AdjRibIn
  #ribOut: AdjRibOut | undefined
  #flushing = false

  constructor(world: World, config: ResolvedPeer, table: AnnouncedTable, emit: (event: SpeakerEvent) => void) {
    this.#world = world
    this.config = config
    this.#table = table
    this.#emit = emit
    this.#since = world.clock.now()
    this.#ribIn = new AdjRibIn(config)
    this.#main = new Session(world, config, this)
  }

  start(): void {
    this.#main.start()
  }

  /** Cease with `subcode`, close; `flushed` once the last word is out. */
  stop(subcode: number, flushed: () => void): void {
    this.#second?.dump()
    this.#main.stop(subcode, flushed)
  }

  reset(subcode?: number): void {
    this.#second?.dump()
    this.#main.reset(subcode)
  }

  /** The announced set changed at these keys. */
  announce(keys: Iterable<number>): void {
    this.#ribOut?.mark(keys)
    this.#flushSoon()
  }

  /** A connection from the peer's address: takes it, or lets it be reset (RFC 4271 §8.2.2: Idle refuses). */
  offer(accept: (sink: (event: ConnectionEvent) => void) => Connection): void {
    if (this.#main.state === 'Active') {
      this.#main.adopt(accept)
      return
    }
    if (this.#main.state === 'Idle' || this.#second !== undefined) return
    if (this.#main.state === 'Established') {
      // §6.8: a collision with an Established session closes the new connection.
      const connection = accept(() => {})
      const cease = { type: 'notification' as const, code: ErrorCode.cease, subcode: CeaseReason.connectionCollision, data: NO_DATA }
      connection.send(encodeMessage(cease, PLAIN))
      connection.close()
      return
    }
    this.#second = new Session(this.#world, this.config, this, true)
    this.#second.adopt(accept)
  }

  get status(): PeerStatus {
    const { localAddress, peerAddress, localAsn, peerAsn } = this.config
    const established = this.#state === 'Established'
    const { negotiated, trouble } = this.#visible()
    return {
      localAddress,
      peerAddress,
      localAsn,
      peerAsn,
      state: this.#state,
      since: this.#since,
      establishedCount: this.#establishedCount,
      ...(established && negotiated ? { negotiated } : {}),
      prefixesSent: this.#ribOut?.size ?? 0,
      prefixesReceived: this.#ribIn.size,
      ...(established || trouble === undefined ? {} : { reason: diagnose(trouble, this.config) }),
    }
  }

  get receivedKeys(): Iterable<number> {
    return this.#ribIn.keys
  }

  candidates(key: number): Candidate[] {
    const negotiated = this.#visible().negotiated
    const peerIdentifier: Ipv4 = negotiated?.peerIdentifier ?? 0
    const addPath = negotiated?.addPath.receive ?? false
    return this.#ribIn.paths(key).map((path) => ({ peerAddress: this.config.peerIp, peerIdentifier, addPath, path }))
  }

  transition(session: Session, _from: SessionState, to: SessionState, reason: string): void {
    if (session === this.#second && to === 'Idle') this.#second = undefined
    const state = this.#visible().state
    if (state === this.#state) return
    const before = this.#state
    this.#state = state
    this.#since = this.#world.clock.now()
    const { localAddress, peerAddress } = this.config
    this.#world.events.emit({ type: 'fsm', device: this.#world.name, localAddress, peerAddress, from: before, to: state, reason })
    this.#emit({ type: 'state', peerAddress, from: before, to: state, reason })
  }

  /** RFC 4271 §6.8: of two connections that came this far, the one that the higher identifier opened survives (RFC 6286: then the higher AS). */
  opened(session: Session, negotiated: Negotiated): void {
    const other = session === this.#main ? this.#second : this.#main
    if (other === undefined || RANK[other.state] < RANK.OpenSent) return
    if (other.state === 'Established') {
      this.#drop(session)
      return
    }
    const ours = this.config.routerId >>> 0
    const theirs = negotiated.peerIdentifier >>> 0
    const weAreHigher = ours === theirs ? this.config.localAsn > this.config.peerAsn : ours > theirs
    this.#drop(session.incoming === weAreHigher ? session : other)
  }

  established(session: Session, negotiated: Negotiated): void {
    if (session === this.#second) this.#drop(this.#main)
    else if (this.#second) this.#drop(this.#second)
    this.#establishedCount++
    this.#ribOut = new AdjRibOut(this.#table, this.config.localAsn, session.sendContext)
    this.#emit({ type: 'established', peerAddress: this.config.peerAddress, negotiated })
    this.#flushSoon()
  }

  released(): void {
    this.#ribOut = undefined
    this.#routesChanged(this.#ribIn.clear())
  }

  update(session: Session, update: Parameters<SessionHooks['update']>[1]): void {
    if (session !== this.#main) return
    this.#emit({ type: 'update-received', peerAddress: this.config.peerAddress, update })
    this.#routesChanged(this.#ribIn.apply(update))
  }

  refreshRequested(): void {
    this.#ribOut?.refresh()
    this.#flushSoon()
  }

  writable(): void {
    this.#flushSoon()
  }

  keepaliveSent(): void {
    this.#emit({ type: 'keepalive-sent', peerAddress: this.config.peerAddress })
  }

  notification(
    _session: Session,
    direction: 'sent' | 'received',
    message: { readonly code: number; readonly subcode: number },
    detail: string,
  ): void {
    const { code, subcode } = message
    this.#emit({ type: 'notification', peerAddress: this.config.peerAddress, direction, code, subcode, detail })
  }

  /** Ends one of two sessions; the other is the peer's from here on. */
  #drop(loser: Session): void {
    const survivor = loser === this.#main ? this.#second : this.#main
    if (survivor === undefined) return
    this.#main = survivor
    this.#second = undefined
    survivor.promote()
    loser.dump()
  }

  #visible(): Session {
    const second = this.#second
    return second && RANK[second.state] > RANK[this.#main.state] ? second : this.#main
  }

  #routesChanged(keys: Iterable<number>): void {
    const prefixes = Array.from(keys, (key) => formatPrefix(prefixOfKey(key)))
    if (prefixes.length > 0) this.#emit({ type: 'routes-changed', peerAddress: this.config.peerAddress, prefixes })
  }

  /** One batch at a time, with whatever waits let in between; calls in one turn are sent together. */
  #flushSoon(): void {
    if (this.#flushing || !this.#ribOut?.pending || !this.#main.writable) return
    this.#flushing = true
    this.#world.clock.yield(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const out = this.#ribOut
    if (!out?.pending || !this.#main.writable) return
    const { messages, announced, withdrawn } = out.take()
    if (messages.length > 0) {
      this.#main.send(messages)
      this.#emit({ type: 'update-sent', peerAddress: this.config.peerAddress, messages: messages.length, announced, withdrawn })
    }
    this.#flushSoon()
  }
}
