/**
 * Graceful restart, RFC 4724: what is kept while a peer is away (§4.2, the helper), and what waits after our own restart (§4.1).
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

/**
 * Stale routes of one peer: each family's stay until it is announced again, its End-of-RIB or EoRR comes, or time is up. `swept` is told
 * of the prefixes that lost a path, never from inside a call but `endOfRib`, `back` and `away`.
 */
export class StaleRoutes {
  readonly #rib: AdjRibIn
  readonly #swept: (keys: readonly RouteKey[]) => void
  readonly #stale = new Set<FamilyName>()
  readonly #timer: Timer

  constructor(clock: Clock, name: string, rib: AdjRibIn, swept: (keys: readonly RouteKey[]) => void) {
    this.#rib = rib
    this.#swept = swept
    this.#timer = clock.timer(`${name} stale routes`, () => this.#sweep([...this.#stale]))
  }

  get families(): readonly FamilyName[] {
    return [...this.#stale]
  }

  /** What is there of these families is stale from here on, for `seconds` at most. What was stale already has had its time (§4.2). */
  mark(families: readonly FamilyName[], seconds: number): void {
    this.#sweep(families.filter((family) => this.#stale.has(family)))
    for (const family of families) {
      this.#rib.markStale(family)
      this.#stale.add(family)
    }
    if (this.#stale.size > 0) this.#timer.start(seconds * SECOND)
  }

  /** The peer is back: families that it does not vouch for go at once, the others wait for their End-of-RIB. */
  back(kept: readonly FamilyName[], seconds: number): void {
    this.#sweep([...this.#stale].filter((family) => !kept.includes(family)))
    if (this.#stale.size > 0) this.#timer.start(seconds * SECOND)
  }

  /** Everything of the family has been said again. */
  endOfRib(family: FamilyName): void {
    if (this.#stale.has(family)) this.#sweep([family])
  }

  /** The routes are gone, or nobody asks any more. */
  forget(): void {
    this.#stale.clear()
    this.#timer.stop()
  }

  #sweep(families: readonly FamilyName[]): void {
    const keys = families.flatMap((family) => {
      this.#stale.delete(family)
      return this.#rib.sweep(family)
    })
    if (this.#stale.size === 0) this.#timer.stop()
    if (keys.length > 0) this.#swept(keys)
  }
}

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
