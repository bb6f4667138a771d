/** Assertions over routers: their routes and their sessions. */
import { formatDuration } from '../../model/index.ts'
import { all, type Condition } from '../condition.ts'
import {
  hasNextHop,
  hasNoRoute,
  hasOnePathFrom,
  hasPathsFrom,
  hasRoute,
  hearsOf,
  losesNextHop,
  overTables,
  spreadsVips,
  type Tables,
} from '../conditions/route.ts'
import { hasNoSession, hasSession, keptSessions, reestablishesSession } from '../conditions/session.ts'
import { type Kept, type Length, lengthOf, type Run } from '../run.ts'
import { stateAt } from '../state.ts'
import type { Tracked } from '../tracked.ts'
import { always, staysFor } from '../wait.ts'
import { address, check, type Held, type Hop, type Moment, type TableWish, toHeld, type Wish } from './wish.ts'

export class RouterExpect {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  /** The route is there; with `nextHops`, exactly these are used. Shapes: `'10.0.0.1/32'`, nodes or addresses. */
  toHaveRoute(prefix: string, wish: TableWish & { readonly nextHops?: readonly Hop[] } = {}): Tracked<Held> {
    const hops = wish.nextHops?.map(address).sort()
    const sentence = `${this.#name} has ${prefix}${hops === undefined ? '' : ` via ${hops.join(', ')}`}`
    const condition = overTables(sentence, wish.table ?? 'both', (table) => hasRoute(this.#name, prefix, table, hops))
    return check(this.#run, condition, wish, toHeld)
  }

  toHaveNoRoute(prefix: string, wish: TableWish = {}): Tracked<Held> {
    const condition = overTables(`${this.#name} has no ${prefix}`, wish.table ?? 'both', (table) => hasNoRoute(this.#name, prefix, table))
    return check(this.#run, condition, wish, toHeld)
  }

  /** The next hop goes away; fails where it was not there at `since`. */
  toLoseNextHop(prefix: string, hop: Hop, wish: TableWish & { readonly since: Moment }): Tracked<Held> {
    const gone = address(hop)
    const sentence = `${this.#name} loses next hop ${gone} of ${prefix}`
    const condition = overTables(sentence, wish.table ?? 'both', (table) => losesNextHop(this.#name, prefix, table, gone))
    return check(this.#run, condition, wish, toHeld)
  }

  /** What one peer's session announces for a prefix, used or not: exactly these next hops. */
  toReceive(prefix: string, wish: Wish & { readonly from: string; readonly nextHops: readonly Hop[] }): Tracked<Held> {
    return check(this.#run, hasPathsFrom(this.#name, prefix, wish.from, wish.nextHops.map(address).sort()), wish, toHeld)
  }

  /** Over all the prefixes, one peer announces exactly these next hops: so its announcements are complete, with ADD-PATH or without. */
  toHearOf(prefixes: readonly string[], wish: Wish & { readonly from: string; readonly nextHops: readonly Hop[] }): Tracked<Held> {
    return check(this.#run, hearsOf(this.#name, prefixes, wish.from, wish.nextHops.map(address)), wish, toHeld)
  }

  /** One path for each prefix from one peer: a session without ADD-PATH. */
  toReceiveOnePathEach(prefixes: readonly string[], wish: Wish & { readonly from: string }): Tracked<Held> {
    const condition = all(
      `${this.#name} receives one path for each VIP from ${wish.from}`,
      prefixes.map((prefix) => hasOnePathFrom(this.#name, prefix, wish.from)),
    )
    return check(this.#run, condition, wish, toHeld)
  }

  /** One next hop for each VIP, spread evenly over `among` (R22 without ADD-PATH). */
  toSpread(prefixes: readonly string[], wish: TableWish & { readonly among: readonly Hop[] }): Tracked<Held> {
    const among = wish.among.map(address)
    const sentence = `${this.#name} has one next hop for each VIP, spread over ${among.length} nodes`
    const condition = overTables(sentence, wish.table ?? 'both', (table) => spreadsVips(this.#name, prefixes, table, among))
    return check(this.#run, condition, wish, toHeld)
  }

  /** Established; with `addPath`, negotiated or not in the router's receive direction. */
  toHaveSession(peer: string, wish: Wish & { readonly addPath?: boolean } = {}): Tracked<Held> {
    return check(this.#run, hasSession(this.#name, peer, wish), wish, toHeld)
  }

  /** Up again *after* `since`, not still up. */
  toReestablishSession(peer: string, wish: Wish & { readonly since: Moment }): Tracked<Held> {
    const since = typeof wish.since === 'number' ? wish.since : wish.since.at
    return check(this.#run, reestablishesSession(this.#name, peer, since), wish, toHeld)
  }

  /** No session is there with this peer any more, or it is down. */
  toHaveNoSession(peer: string, wish: Wish = {}): Tracked<Held> {
    return check(this.#run, hasNoSession(this.#name, peer), wish, toHeld)
  }

  /**
   * Every session that was up at `since` is still the same one, by the router's own account: as often set up as then, and up since before by its
   * own uptime. `but`: peers whose sessions something was done to.
   */
  toHaveKeptSessions(wish: { readonly since: Moment; readonly but?: readonly string[]; readonly name?: string }): Tracked<Held> {
    const since = typeof wish.since === 'number' ? wish.since : wish.since.at
    const but = wish.but ?? []
    const before = stateAt(this.#run.lab.events.all, since)
      .sessionsOf(this.#name)
      .filter((session) => session.state === 'Established' && !but.includes(session.peerAddress))
    const sentence = `${this.#name} has kept every session${but.length === 0 ? '' : ` but those with ${but.join(', ')}`}`
    return check(this.#run, keptSessions(this.#name, sentence, before, since), wish, toHeld)
  }

  /** Present now and at every change for a while. */
  toKeepRoute(prefix: string, wish: { readonly for: Length; readonly table?: Tables; readonly name?: string }): Tracked<Held> {
    const sentence = `${this.#name} keeps ${prefix} for ${formatDuration(lengthOf(wish.for))}`
    const condition = overTables(sentence, wish.table ?? 'both', (table) => hasRoute(this.#name, prefix, table))
    const watch = () => staysFor(this.#run.watching, condition, lengthOf(wish.for))
    return this.#run.assert(wish.name ?? sentence, undefined, watch, toHeld)
  }
}

/** Watched at every change from here to the end of the scenario; nothing to await. */
export class RouterAlways {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  #keep(condition: Condition, name: string | undefined): Kept {
    return this.#run.keep(name ?? condition.describe, (onBroken) => always(this.#run.watching, condition, onBroken))
  }

  /** Never without a route to it; with `nextHops`, always exactly these. */
  toKeepRoute(prefix: string, wish: { readonly table?: Tables; readonly nextHops?: readonly Hop[]; readonly name?: string } = {}): Kept {
    const hops = wish.nextHops?.map(address).sort()
    const sentence = `${this.#name} keeps ${prefix}${hops === undefined ? '' : ` via ${hops.join(', ')}`}`
    return this.#keep(
      overTables(sentence, wish.table ?? 'both', (table) => hasRoute(this.#name, prefix, table, hops)),
      wish.name,
    )
  }

  toKeepSession(peer: string, wish: { readonly name?: string } = {}): Kept {
    return this.#keep({ ...hasSession(this.#name, peer), describe: `${this.#name} keeps its session with ${peer}` }, wish.name)
  }
}

/** What must not be so at any change from here to the end of the scenario; nothing to await. */
export class RouterNever {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  /** Not in any of the tables. */
  toHaveNextHop(prefix: string, hop: Hop, wish: { readonly table?: Tables; readonly name?: string } = {}): Kept {
    const sentence = `${this.#name} never has ${prefix} via ${address(hop)}`
    const condition = overTables(sentence, wish.table ?? 'both', (table) => not(hasNextHop(this.#name, prefix, table, address(hop))))
    return this.#run.keep(wish.name ?? sentence, (onBroken) => always(this.#run.watching, condition, onBroken))
  }

  toHaveRoute(prefix: string, wish: { readonly table?: Tables; readonly name?: string } = {}): Kept {
    const sentence = `${this.#name} never has ${prefix}`
    const condition = overTables(sentence, wish.table ?? 'both', (table) => hasNoRoute(this.#name, prefix, table))
    return this.#run.keep(wish.name ?? sentence, (onBroken) => always(this.#run.watching, condition, onBroken))
  }
}

function not(condition: Condition): Condition {
  return {
    ...condition,
    evaluate(state) {
      const { holds } = condition.evaluate(state)
      if (!holds) return { holds: true, differences: [] }
      const row = {
        what: condition.describe,
        expected: 'never',
        seen: 'so',
        ok: false,
        same: (other: typeof state) => condition.evaluate(other).holds,
      }
      return { holds: false, differences: [{ subject: condition.describe, rows: [row], notes: [] }] }
    },
  }
}
