/**
 * One configured peer: its session, for the length of a collision two, and what was sent to and received from it.
 */
import { type Micros, SECOND, type SessionState } from '../model/index.ts'
import type { Ipv4 } from '../net/index.ts'
import type { Connection, ConnectionEvent, Timer, World } from '../world/index.ts'
import type { ResolvedPeer } from './config.ts'
import { diagnose, remarks } from './diagnosis.ts'
import { routesChanged, type SpeakerEvent, updateReceived } from './events.ts'
import { excessOf } from './limits.ts'
import { FAMILIES, type Negotiated } from './negotiation.ts'
import { Outflow } from './outflow.ts'
import { restartFamilies, StaleRoutes } from './restart.ts'
import { AdjRibIn, type FamilyName } from './rib/adj-rib-in.ts'
import { AdjRibOut } from './rib/adj-rib-out.ts'
import type { AnnouncedTable } from './rib/announced.ts'
import { Changes } from './rib/changes.ts'
import type { Candidate } from './rib/decision.ts'
import type { RouteKey } from './rib/key.ts'
import { Session } from './session.ts'
import type { SessionHooks } from './session-hooks.ts'
import {
  CeaseReason,
  ErrorCode,
  encodeMessage,
  endOfRib,
  isIpv4Unicast,
  isIpv6Unicast,
  NO_DATA,
  PLAIN,
  RefreshSubtype,
  shutdownData,
  type UpdateMessage,
  type UpdateView,
} from './wire/index.ts'

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
  /** Octets of path attributes that are held of it, see `maximumAttributeOctets`. */
  readonly attributeOctets: number
  /** Why it is not Established. */
  readonly reason?: string
  /** Of an Established one: what is less than was wanted, in words (ADD-PATH one-sided, a peer that announces nothing…). */
  readonly remarks?: readonly string[]
}

/** What a speaker's peers share. */
export interface PeerContext {
  readonly world: World
  readonly table: AnnouncedTable
  readonly emit: (event: SpeakerEvent) => void
  /** RFC 4724 §4.1: announcements wait. */
  readonly deferring: () => boolean
  /** This peer is not waited for any longer. */
  readonly settled: (peerAddress: string) => void
}

/** Connections beside an Established session that are answered with a Cease in one second; more are reset, so that a flood costs nothing. */
const CEASES_A_SECOND = 4

const RANK: Readonly<Record<SessionState, number>> = { Idle: 0, Active: 1, Connect: 2, OpenSent: 3, OpenConfirm: 4, Established: 5 }

export class Peer implements SessionHooks {
  readonly config: ResolvedPeer
  readonly #context: PeerContext
  readonly #world: World
  readonly #emit: (event: SpeakerEvent) => void
  #main: Session
  /** A connection that the peer opened while ours was on its way. */
  #second: Session | undefined
  #state: SessionState = 'Idle'
  #since: Micros
  #establishedCount = 0
  readonly #ribIn: AdjRibIn
  readonly #stale: StaleRoutes
  #out: Outflow | undefined
  /** What the last Established session ran on: kept with its routes. */
  #negotiated: Negotiated | undefined
  #endsOfRib = new Set<FamilyName>()
  #shutdown = false
  /** Our first End-of-RIB since our own restart is still to come. */
  #restarting: boolean
  readonly #ceases: Timer
  #ceased = 0

  constructor(config: ResolvedPeer, context: PeerContext) {
    const { world, emit } = context
    this.config = config
    this.#context = context
    this.#world = world
    this.#emit = emit
    this.#since = world.clock.now()
    this.#ribIn = new AdjRibIn(config)
    const name = `bgp ${config.localAddress}→${config.peerAddress}`
    this.#stale = new StaleRoutes(world.clock, name, this.#ribIn, (keys) => this.#routesChanged(keys))
    this.#ceases = world.clock.timer(`${name} refusals`, () => {
      this.#ceased = 0
    })
    this.#restarting = config.gracefulRestart?.restarting ?? false
    this.#main = new Session(world, config, this)
  }

  start(): void {
    this.#main.start()
  }

  /** Cease with `subcode` and words for the other operator (RFC 9003), close; `flushed` once the last word is out. */
  stop(subcode: number, flushed: () => void, message = ''): void {
    this.#second?.dump()
    this.#main.stop(subcode, flushed, shutdownData(message))
    this.#stale.forget()
    this.#routesChanged(this.#ribIn.clear())
    this.#ceases.stop()
    this.#context.settled(this.config.peerAddress)
  }

  reset(subcode?: number, message = ''): void {
    this.#second?.dump()
    this.#main.reset(subcode, shutdownData(message))
  }

  /** The announced set changed at these keys. */
  announce(keys: Iterable<RouteKey>): void {
    this.#out?.mark(keys)
  }

  /** Announcements that had to wait may go. */
  wake(): void {
    this.#out?.wake()
  }

  /** RFC 8326: everything goes again with GRACEFUL_SHUTDOWN, or without. */
  gracefulShutdown(on: boolean): void {
    this.#shutdown = on
    this.#out?.gracefulShutdown(on)
  }

  /** Asks for everything again (RFC 2918); false where the session is not up, or the peer or the family does not do it. */
  requestRefresh(family: FamilyName): boolean {
    const { negotiated } = this.#main
    if (this.#state !== 'Established' || !negotiated?.routeRefresh || !negotiated.families[family]) return false
    this.#main.send([encodeMessage({ type: 'route-refresh', ...FAMILIES[family], subtype: RefreshSubtype.request }, PLAIN)])
    this.#emit({ type: 'route-refresh', peerAddress: this.config.peerAddress, direction: 'sent', family, subtype: 'request' })
    return true
  }

  /** A connection from the peer's address: takes it, or lets it be reset (RFC 4271 §8.2.2: Idle refuses). */
  offer(accept: (sink: (event: ConnectionEvent) => void) => Connection): void {
    if (this.#main.waiting) {
      this.#main.adopt(accept)
      return
    }
    if (this.#main.state === 'Idle' && this.config.refusal === 'close') accept(() => {}).close()
    if (this.#main.state === 'Idle' || this.#second !== undefined) return
    // RFC 4724 §5: only a capability “with one or more AFIs/SAFIs” tells that a new connection is a restart; one with none is a helper's.
    if (this.#main.state === 'Established' && !this.#main.negotiated?.gracefulRestart?.families.length) {
      this.#refuse(accept)
      return
    }
    const restarted = this.#main.state === 'Established'
    this.#second = new Session(this.#world, this.config, this, true)
    this.#second.adopt(accept)
    // RFC 4724 §5: whoever connects anew has lost the old session.
    if (restarted) this.#main.abandon()
  }

  get restarting(): boolean {
    return this.#restarting
  }

  get status(): PeerStatus {
    const { localAddress, peerAddress, localAsn, peerAsn } = this.config
    const established = this.#state === 'Established'
    const { negotiated, trouble } = this.#visible()
    const said = established && negotiated ? this.#remarks(negotiated) : []
    return {
      localAddress,
      peerAddress,
      localAsn,
      peerAsn,
      state: this.#state,
      since: this.#since,
      establishedCount: this.#establishedCount,
      ...(established && negotiated ? { negotiated } : {}),
      prefixesSent: this.#out?.size ?? 0,
      prefixesReceived: this.#ribIn.size,
      attributeOctets: this.#ribIn.attributeOctets,
      ...(established || trouble === undefined ? {} : { reason: diagnose(trouble, this.config) }),
      ...(said.length === 0 ? {} : { remarks: said }),
    }
  }

  get receivedKeys(): Iterable<RouteKey> {
    return this.#ribIn.keys
  }

  candidates(key: RouteKey): Candidate[] {
    // Of the session that they came by, which stale ones outlive (RFC 4724 §4.2).
    const negotiated = this.#negotiated
    const peerIdentifier: Ipv4 = negotiated?.peerIdentifier ?? 0
    const addPath = (typeof key === 'number' ? negotiated?.addPath.receive : negotiated?.addPathIpv6.receive) ?? false
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
    this.#negotiated = negotiated
    this.#endsOfRib.clear()
    this.#ribIn.agree(negotiated)
    const { localAsn, peerAddress, announce, gracefulRestart } = this.config
    const { ipv4, ipv6 } = negotiated.families
    const families = { ipv4: ipv4 && announce, ipv6: ipv6 && announce }
    const rib = new AdjRibOut(this.#context.table, { localAsn, context: session.sendContext, families })
    if (this.#shutdown) rib.gracefulShutdown(true)
    const allowed = () => !this.#context.deferring()
    this.#out = new Outflow(this.#world.clock, session, rib, { peerAddress, negotiated, allowed }, (event) => this.#sent(event))
    const vouched = restartFamilies(negotiated.gracefulRestart, true).filter((family) => negotiated.families[family])
    this.#stale.back(vouched, gracefulRestart?.stalePathSeconds ?? 0)
    this.#emit({ type: 'established', peerAddress, negotiated })
    // RFC 4724 §4.1: a peer that says no End-of-RIB, or waits for ours, is not waited for.
    if (!negotiated.gracefulRestart || negotiated.gracefulRestart.restarting) this.#context.settled(peerAddress)
    this.#out.wake()
  }

  released(_session: Session, graceful: boolean): void {
    this.#out?.close()
    this.#out = undefined
    const kept = graceful ? restartFamilies(this.#negotiated?.gracefulRestart, false) : []
    for (const family of ['ipv4', 'ipv6'] as const) if (!kept.includes(family)) this.#routesChanged(this.#ribIn.clear(family))
    const seconds = this.#negotiated?.gracefulRestart?.restartSeconds ?? 0
    this.#stale.away(kept, seconds)
    if (kept.length > 0) this.#emit({ type: 'routes-stale', peerAddress: this.config.peerAddress, families: kept, seconds })
  }

  update(session: Session, update: UpdateView): void {
    if (session !== this.#main) return
    this.#emit(updateReceived(this.config.peerAddress, update))
    const changes = this.#ribIn.take(update)
    if (!changes.none) this.#emit(routesChanged(this.config.peerAddress, changes))
    const excess = excessOf(this.#ribIn, this.config)
    if (excess !== undefined) this.#main.reset(excess.subcode, excess.data, excess.words)
    if (update.bare) this.#endOfRib(update.message)
  }

  writable(): void {
    this.#out?.wake()
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

  refresh(session: Session, family: FamilyName, subtype: 'request' | 'begin' | 'end'): void {
    if (session !== this.#main) return
    const early = subtype === 'begin' && this.#awaitsEndOfRib(family)
    const ignored = early ? { ignored: 'it came before the End-of-RIB (RFC 7313 §4)' } : {}
    this.#emit({ type: 'route-refresh', peerAddress: this.config.peerAddress, direction: 'received', family, subtype, ...ignored })
    if (subtype === 'request') this.#out?.refresh(family)
    else if (subtype === 'end') this.#stale.endRefresh(family)
    else if (!early) this.#stale.beginRefresh(family)
  }

  /**
   * RFC 7313 §4: where graceful restart was negotiated, a BoRR counts for nothing before the family's End-of-RIB, so that it takes no time
   * from routes that a restart left. Where the peer alone offers it nothing is awaited: FRR, for one, sends End-of-RIB only to those that offer it too.
   */
  #awaitsEndOfRib(family: FamilyName): boolean {
    return this.#negotiated?.gracefulRestart !== undefined && !this.#endsOfRib.has(family)
  }

  #endOfRib(update: UpdateMessage): void {
    const marked = endOfRib(update)
    const family = marked === undefined ? undefined : isIpv4Unicast(marked) ? 'ipv4' : isIpv6Unicast(marked) ? 'ipv6' : undefined
    const negotiated = this.#main.negotiated
    if (family === undefined || !negotiated?.families[family]) return
    this.#endsOfRib.add(family)
    this.#emit({ type: 'end-of-rib', peerAddress: this.config.peerAddress, direction: 'received', family })
    this.#stale.endOfRib(family)
    const { ipv4, ipv6 } = negotiated.families
    if ((!ipv4 || this.#endsOfRib.has('ipv4')) && (!ipv6 || this.#endsOfRib.has('ipv6'))) this.#context.settled(this.config.peerAddress)
  }

  #sent(event: SpeakerEvent): void {
    if (event.type === 'end-of-rib') this.#restarting = false
    this.#emit(event)
  }

  /** §6.8: a collision with an Established session closes the new connection. */
  #refuse(accept: (sink: (event: ConnectionEvent) => void) => Connection): void {
    if (this.#ceased >= CEASES_A_SECOND) return
    if (this.#ceased++ === 0) this.#ceases.start(SECOND)
    const connection = accept(() => {})
    if (this.config.refusal === 'close') {
      connection.close()
      return
    }
    const cease = { type: 'notification' as const, code: ErrorCode.cease, subcode: CeaseReason.connectionCollision, data: NO_DATA }
    connection.send(encodeMessage(cease, PLAIN))
    connection.close()
  }

  #remarks(negotiated: Negotiated): string[] {
    const ignored = this.#ribIn.ignored ? ['the peer announces IPv4 unicast routes, which were not negotiated: they are ignored'] : []
    const said = remarks({
      negotiated,
      offered: this.config,
      prefixesSent: this.#out?.size ?? 0,
      prefixesReceived: this.#ribIn.size,
      endOfRib: this.#endsOfRib.size > 0,
      seconds: (this.#world.clock.now() - this.#since) / SECOND,
    })
    return [...said, ...ignored]
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

  #routesChanged(keys: readonly RouteKey[]): void {
    if (keys.length > 0) this.#emit(routesChanged(this.config.peerAddress, new Changes(keys)))
  }
}
