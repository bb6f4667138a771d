/** What a scenario asserts: sentences over routers, floating IPs and traffic, each of them one condition and a way to wait for it. */
import { formatDuration, type Micros } from '../model/index.ts'
import { ClusterHandle, fieldsOf, messageOf, patchOf, ResourceHandle, succeeded } from './cluster.ts'
import { all, type Condition } from './condition.ts'
import { isGivenUpBy, isHeld, isHeldBy, moves } from './conditions/floating-ip.ts'
import { isReady } from './conditions/node.ts'
import { allAnswered } from './conditions/probe.ts'
import { ends, says } from './conditions/program.ts'
import { isGone, shows } from './conditions/resource.ts'
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
} from './conditions/route.ts'
import { sendsTo } from './conditions/service.ts'
import { hasNoSession, hasSession, keptSessions, reestablishesSession } from './conditions/session.ts'
import { ScenarioError } from './errors.ts'
import { FloatingIpHandle, NodeHandle, ProbeHandle, type RouterHandle, type Scene } from './handles.ts'
import { ProgramHandle } from './programs.ts'
import { type Kept, type Length, lengthOf, type Run } from './run.ts'
import { stateAt } from './state.ts'
import type { Tracked } from './tracked.ts'
import { always, eventually, held, type Outcome, once, staysFor } from './wait.ts'

/** An instant: what a fault or an assertion answered, or plain microseconds. */
export type Moment = { readonly at: Micros } | Micros

/** A next hop: a node, or its address. */
export type Hop = NodeHandle | string

export interface Wish {
  /** Eventually, within this long of `since` (or of now). Without it: checked once, on a fresh read. */
  readonly within?: Length
  /** Asks for a change after this moment: one that already held then is an error (`vacuous`). */
  readonly since?: Moment
  /** In place of the sentence that the assertion is called by. */
  readonly name?: string
}

export interface TableWish extends Wish {
  /** Default: both, the BGP table and the kernel's FIB. */
  readonly table?: Tables
}

/** What an assertion answers. In a negative control it may not have held. */
export interface Held {
  readonly holds: boolean
  /** When it held; when it was given up, where it did not. */
  readonly at: Micros
  /** From `since` (or the assertion's start) until then. */
  readonly after: Micros
}

export interface Moved extends Held {
  readonly from: string | undefined
  /** Who holds it now. */
  readonly to: NodeHandle | undefined
}

function address(hop: Hop): string {
  return typeof hop === 'string' ? hop : hop.address
}

function toHeld(outcome: Outcome): Held {
  return { holds: outcome.holds, at: outcome.at, after: outcome.timeToHold ?? outcome.at - outcome.reference }
}

/** The one way from a condition to an assertion. */
function check<T>(run: Run, condition: Condition, wish: Wish, value: (outcome: Outcome) => T): Tracked<T> {
  const since = wish.since === undefined ? undefined : typeof wish.since === 'number' ? wish.since : wish.since.at
  const decide = (within: Micros | undefined) =>
    within === undefined ? once(run.watching, condition, since) : eventually(run.watching, condition, within, since)
  return run.assert(wish.name ?? condition.describe, wish.within, decide, value)
}

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

/** Watched at every change from here to the end of the scenario; nothing to await. */
export class FloatingIpAlways {
  readonly #run: Run
  readonly #address: string

  constructor(run: Run, address: string) {
    this.#run = run
    this.#address = address
  }

  toBeHeldBy(node: NodeHandle, wish: { readonly name?: string } = {}): Kept {
    const condition = isHeldBy(this.#address, node.name)
    return this.#run.keep(wish.name ?? `${this.#address} stays at ${node.name}`, (onBroken) =>
      always(this.#run.watching, condition, onBroken),
    )
  }
}

/** Watched at every change from here to the end of the scenario; nothing to await. */
export class NodeAlways {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  toBeReady(wish: { readonly name?: string } = {}): Kept {
    return this.#run.keep(wish.name ?? `${this.#name} stays Ready`, (onBroken) => always(this.#run.watching, isReady(this.#name), onBroken))
  }
}

export class NodeExpect {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  /** By its lease, as the controllers see it. */
  toBeReady(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, isReady(this.#name), wish, toHeld)
  }

  toBeNotReady(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, isReady(this.#name, false), wish, toHeld)
  }

  /** As a load-balancer node, it sends new flows of a Service (`'default/web'`) to exactly these; to none: it refuses them. */
  toSend(service: string, wish: Wish & { readonly to: readonly Hop[] }): Tracked<Held> {
    const { nodes } = this.#run.lab.plan
    const names = new Map(nodes.map((node) => [node.address, node.name]))
    return check(this.#run, sendsTo(this.#name, service, wish.to.map(address), names), wish, toHeld)
  }
}

export class FloatingIpExpect {
  readonly #scene: Scene
  readonly #address: string

  constructor(scene: Scene, address: string) {
    this.#scene = scene
    this.#address = address
  }

  /** Another node holds it than at `since`; with `to`, one of these. */
  toMove(wish: Wish & { readonly since: Moment; readonly to?: NodeHandle | readonly NodeHandle[] }): Tracked<Moved> {
    const { run } = this.#scene
    const since = typeof wish.since === 'number' ? wish.since : wish.since.at
    const from = stateAt(run.lab.events.all, since).floatingIp(this.#address)?.node
    const to = wish.to === undefined ? undefined : (wish.to instanceof NodeHandle ? [wish.to] : wish.to).map((node) => node.name)
    return check(run, moves(this.#address, from, to), wish, (outcome) => {
      const holder = run.lab.view.floatingIp(this.#address)?.node
      return { ...toHeld(outcome), from, to: holder === undefined ? undefined : this.#scene.node(holder) }
    })
  }

  toBeHeldBy(node: NodeHandle, wish: Wish = {}): Tracked<Held> {
    return check(this.#scene.run, isHeldBy(this.#address, node.name), wish, toHeld)
  }

  /** The node takes it off its interface: it has read that another node holds it. */
  toBeGivenUpBy(node: NodeHandle, wish: Wish = {}): Tracked<Held> {
    return check(this.#scene.run, isGivenUpBy(this.#address, node.name), wish, toHeld)
  }

  toBeHeld(wish: Wish = {}): Tracked<Held> {
    return check(this.#scene.run, isHeld(this.#address), wish, toHeld)
  }
}

export class ProbeExpect {
  readonly #run: Run
  readonly #probe: ProbeHandle

  constructor(run: Run, probe: ProbeHandle) {
    this.#run = run
    this.#probe = probe
  }

  /** Every flow has been answered, and none is without answers now. */
  toBeAnswered(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, allAnswered(this.#probe.name, this.#probe.flows), wish, toHeld)
  }
}

export class ProgramExpect {
  readonly #run: Run
  readonly #program: ProgramHandle

  constructor(run: Run, program: ProgramHandle) {
    this.#run = run
    this.#program = program
  }

  /** It has printed a line that matches. */
  toSay(pattern: RegExp, wish: Wish = {}): Tracked<Held> {
    return check(this.#run, says(this.#program.device, this.#program.name, pattern), wish, toHeld)
  }

  /** It has ended; with `code`, by that exit code. */
  toEnd(wish: Wish & { readonly code?: number } = {}): Tracked<Held> {
    return check(this.#run, ends(this.#program.device, this.#program.name, wish.code), wish, toHeld)
  }
}

export class ResourceExpect {
  readonly #run: Run
  readonly #resource: ResourceHandle

  constructor(run: Run, resource: ResourceHandle) {
    this.#run = run
    this.#resource = resource
  }

  /** It has what is named here, and whatever else it likes: `{ status: { state: 'Established' } }`. A text may be a regular expression. */
  toShow(wanted: object, wish: Wish = {}): Tracked<Held> {
    return check(this.#run, shows(this.#resource, wanted), wish, toHeld)
  }

  toBeGone(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, isGone(this.#resource), wish, toHeld)
  }
}

export class ClusterExpect {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  /** The API refuses this edit (R14), and names the field that is at fault. It is really tried. */
  toRefuse(
    edit: { readonly kind: string; readonly name: string; readonly namespace?: string; readonly patch: unknown },
    wish: { readonly field: string; readonly name?: string },
  ): Tracked<Held> {
    const { lab } = this.#run
    const resource = new ResourceHandle(lab, edit)
    const sentence = `the API refuses another ${wish.field} of ${resource.text}`
    const ask = async (): Promise<Outcome> => {
      const reply = await lab.api.request(patchOf(resource, edit.patch))
      const fields = fieldsOf(reply)
      if (reply.status === 422 && fields.includes(wish.field)) return held(lab.now(), reply.at)
      const seen = succeeded(reply) ? 'accepted' : `${reply.status}: ${messageOf(reply)}`
      const row = { what: 'answer', expected: `422, for ${wish.field}`, seen, ok: false }
      const differences = [{ subject: resource.text, rows: [row], notes: [] }]
      return { holds: false, code: 'does-not-hold', message: seen, at: lab.now(), reference: reply.at, differences }
    }
    return this.#run.assert(wish.name ?? sentence, undefined, ask, toHeld)
  }
}

export interface Expect {
  (router: RouterHandle): RouterExpect
  (floatingIp: FloatingIpHandle): FloatingIpExpect
  (node: NodeHandle): NodeExpect
  (probe: ProbeHandle): ProbeExpect
  (program: ProgramHandle): ProgramExpect
  (resource: ResourceHandle): ResourceExpect
  (cluster: ClusterHandle): ClusterExpect
  /** `const { tor1 } = lab.routers` is possibly `undefined` to a strict compiler; at run time an unknown name has thrown before. */
  (router: RouterHandle | undefined): RouterExpect
  /** Over something already known: a measurement, a share. `seen` says what was there, should it fail. */
  that(name: string, holds: boolean, seen?: string): void
  always(floatingIp: FloatingIpHandle): FloatingIpAlways
  always(node: NodeHandle): NodeAlways
  always(router: RouterHandle | undefined): RouterAlways
  never(router: RouterHandle | undefined): RouterNever
}

export function expectOf(scene: Scene): Expect {
  const { run } = scene
  const nameOf = (router: RouterHandle | undefined) => {
    if (router === undefined) throw new ScenarioError('expect() was given no router')
    return router.name
  }
  type Subject = RouterHandle | NodeHandle | FloatingIpHandle | ProbeHandle | ProgramHandle | ResourceHandle | ClusterHandle | undefined
  function expect(subject: Subject) {
    if (subject instanceof NodeHandle) return new NodeExpect(run, subject.name)
    if (subject instanceof FloatingIpHandle) return new FloatingIpExpect(scene, subject.address)
    if (subject instanceof ProgramHandle) return new ProgramExpect(run, subject)
    if (subject instanceof ProbeHandle) return new ProbeExpect(run, subject)
    if (subject instanceof ResourceHandle) return new ResourceExpect(run, subject)
    if (subject instanceof ClusterHandle) return new ClusterExpect(run)
    return new RouterExpect(run, nameOf(subject))
  }
  return Object.assign(expect, {
    that(name: string, holds: boolean, seen?: string) {
      const at = run.lab.now()
      const message = seen ?? 'does not hold'
      run.assertNow(name, holds ? held(at, at) : { holds: false, code: 'does-not-hold', message, at, reference: at, differences: [] })
    },
    always(subject: RouterHandle | NodeHandle | FloatingIpHandle | undefined) {
      if (subject instanceof NodeHandle) return new NodeAlways(run, subject.name)
      return subject instanceof FloatingIpHandle ? new FloatingIpAlways(run, subject.address) : new RouterAlways(run, nameOf(subject))
    },
    never: (router: RouterHandle | undefined) => new RouterNever(run, nameOf(router)),
  }) as Expect
}
