/**
 * Graceful restart, RFC 4724: what is kept while a peer is away (§4.2, the helper), and what waits after our own restart (§4.1). Enhanced
 * route refresh, RFC 7313: what is kept while a peer says everything again.
 */
import { SECOND } from '../model/index.ts'
import type { Clock, Timer } from '../world/index.ts'
import type { AdjRibIn, FamilyName } from './rib/adj-rib-in.ts'
import type { RouteKey } from './rib/key.ts'
import { type GracefulRestart, isIpv4Unicast, isIpv6Unicast } from './wire/index.ts'

/** The families that a Graceful Restart capability names; `forwarding`: only those whose forwarding went on. */
export function restartFamilies(capability: GracefulRestart | undefined, forwarding: boolean): FamilyName[] {
  const named = capability?.families.filter((family) => family.forwarding || !forwarding) ?? []
  return [...(named.some(isIpv4Unicast) ? ['ipv4' as const] : []), ...(named.some(isIpv6Unicast) ? ['ipv6' as const] : [])]
}

/** Why a family's routes are stale: the peer restarts (RFC 4724 §4.2), or says all of them again (RFC 7313 §4). */
type Cause = 'restart' | 'refresh'

/**
 * One family's stale routes, with a timer of their own. They never have both causes: a BoRR that comes while a restart's End-of-RIB is
 * still to come is ignored (RFC 7313 §4, see peer.ts), and a refresh ends with its session.
 */
class StaleFamily {
  readonly #family: FamilyName
  readonly #rib: AdjRibIn
  readonly #swept: (keys: readonly RouteKey[]) => void
  readonly #timer: Timer
  #cause: Cause | undefined

  constructor(clock: Clock, name: string, family: FamilyName, rib: AdjRibIn, swept: (keys: readonly RouteKey[]) => void) {
    this.#family = family
    this.#rib = rib
    this.#swept = swept
    this.#timer = clock.timer(`${name} stale ${family} routes`, () => this.#sweep())
  }

  /** What is there is stale from here on, for `seconds` at most. */
  mark(cause: Cause, seconds: number): void {
    // RFC 4724 §4.2: what the restart before this one left stale goes. Of a BoRR after a BoRR RFC 7313 says nothing of the kind: the
    // peer has not come to the end of what it says, so that only an EoRR, or time, may take a route away.
    if (cause === 'restart' && this.#cause === 'restart') this.#sweep()
    this.#rib.markStale(this.#family)
    this.#cause = cause
    this.#timer.start(seconds * SECOND)
  }

  /** What is stale for this cause has `seconds` from here on. */
  extend(cause: Cause, seconds: number): void {
    if (this.#cause === cause) this.#timer.start(seconds * SECOND)
  }

  /** Everything has been said again: what is still stale for this cause goes. */
  end(cause: Cause): void {
    if (this.#cause === cause) this.#sweep()
  }

  /** The routes are gone, or nobody asks any more. */
  forget(): void {
    this.#cause = undefined
    this.#timer.stop()
  }

  #sweep(): void {
    this.forget()
    const keys = this.#rib.sweep(this.#family)
    if (keys.length > 0) this.#swept(keys)
  }
}

/** RFC 7313 §4: how long a peer may take from BoRR to EoRR before what it did not say again goes. */
const REFRESH_SECONDS = 360

/**
 * Stale routes of one peer: they stay until they are announced again, what ends their cause comes, or their time is up. `swept` is told of
 * the prefixes that lost a path.
 */
export class StaleRoutes {
  readonly #families: Readonly<Record<FamilyName, StaleFamily>>

  constructor(clock: Clock, name: string, rib: AdjRibIn, swept: (keys: readonly RouteKey[]) => void) {
    const family = (one: FamilyName) => new StaleFamily(clock, name, one, rib, swept)
    this.#families = { ipv4: family('ipv4'), ipv6: family('ipv6') }
  }

  /** The peer restarts: routes of these families wait for it, those of the others are gone. */
  away(kept: readonly FamilyName[], seconds: number): void {
    for (const family of FAMILY_NAMES) {
      if (kept.includes(family)) this.#families[family].mark('restart', seconds)
      else this.#families[family].forget()
    }
  }

  /** The peer is back: families that it does not vouch for go at once, the others wait for their End-of-RIB. */
  back(kept: readonly FamilyName[], seconds: number): void {
    for (const family of FAMILY_NAMES) {
      if (kept.includes(family)) this.#families[family].extend('restart', seconds)
      else this.#families[family].end('restart')
    }
  }

  /** RFC 4724 §4.2. */
  endOfRib(family: FamilyName): void {
    this.#families[family].end('restart')
  }

  /** BoRR. */
  beginRefresh(family: FamilyName): void {
    this.#families[family].mark('refresh', REFRESH_SECONDS)
  }

  /** EoRR. */
  endRefresh(family: FamilyName): void {
    this.#families[family].end('refresh')
  }

  forget(): void {
    for (const family of FAMILY_NAMES) this.#families[family].forget()
  }
}

const FAMILY_NAMES = ['ipv4', 'ipv6'] as const

/**
 * After our own restart nothing is announced until every peer has said its End-of-RIB, or cannot (no graceful restart, or restarting
 * itself), or the Selection_Deferral_Timer has expired: the peers go on with what they have of us meanwhile (§4.1).
 */
export class SelectionDeferral {
  readonly #waiting: Set<string>
  readonly #timer: Timer
  readonly #over: () => void

  constructor(clock: Clock, name: string, peers: readonly string[], seconds: number, over: () => void) {
    this.#waiting = new Set(peers)
    this.#over = over
    this.#timer = clock.timer(`${name} selection deferral`, () => {
      this.#waiting.clear()
      over()
    })
    if (peers.length > 0) this.#timer.start(seconds * SECOND)
  }

  get open(): boolean {
    return this.#waiting.size > 0
  }

  /** This peer is not waited for any longer. */
  settled(peer: string): void {
    if (!this.#waiting.delete(peer) || this.#waiting.size > 0) return
    this.#timer.stop()
    this.#over()
  }

  stop(): void {
    this.#timer.stop()
  }
}
