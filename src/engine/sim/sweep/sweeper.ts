/**
 * Tries failures one after the other on one simulated lab: fail, wait until nothing changes any more, judge, repair, and go on from there where the
 * lab is as it was before. Where it is not, the next failure has a lab of its own. Synchronous.
 */
import {
  type BrokenPath,
  type Failure,
  type Micros,
  type NextHopChange,
  type Repair,
  SECOND,
  type SweepCase,
} from '../../../model/index.ts'
import type { Plan } from '../../../topology/plan.ts'
import { Simulation } from '../simulation.ts'
import { briefLosses, brokenPaths, deadSources, type Marker, markerOf } from './broken.ts'
import { inject, type Outcome, repair } from './faults.ts'
import type { WatchedFlow } from './flow.ts'
import { CanonicalState, type Compared, compareStates, type Lines } from './state.ts'
import { vipsOf, Watch, withProbePorts } from './watch.ts'

export interface SweeperOptions {
  /** Of every chance. Default: the plan's name. */
  readonly seed?: string
  /** True: every failure has a fresh lab. What is found is the same. */
  readonly alwaysFresh?: boolean
}

/** A lab that is not up by then never is. */
const UP: Micros = 300 * SECOND
/** Sessions that failed at first have been tried again. */
const QUIET_AT_FIRST: Micros = 20 * SECOND
/** Nobody waits for a timer where everybody was told of the failure. */
const QUIET_WHERE_TOLD: Micros = 15 * SECOND
/** First packets and what they wait for. */
const FIRST_PACKETS: Micros = 4 * SECOND
/** Longer than hold time and lease, after which nothing happens any more. */
const MARGIN: Micros = 10 * SECOND
/** What is as it was stays so. */
const QUIET_AFTER_REPAIR: Micros = 5 * SECOND
/**
 * Where something is not as before: a session whose peer took the connection and did not answer is waited for up to four minutes (RFC 4271 §8.2.2), and
 * then tried again.
 */
const QUIET_WHILE_MENDING: Micros = 260 * SECOND
/** What has not come to rest by then never does. */
const UNREST: Micros = 1_200 * SECOND
const SLICE: Micros = SECOND / 4

interface Standing {
  readonly simulation: Simulation
  readonly state: CanonicalState
  readonly baseline: Lines
  readonly markers: Marker[]
}

export class Sweeper {
  readonly #plan: Plan
  readonly #seed: string
  readonly #alwaysFresh: boolean
  readonly #quiet: Micros
  #standing: Standing | undefined
  /** How many labs it has brought up. */
  labs = 0

  constructor(plan: Plan, { seed = plan.name, alwaysFresh = false }: SweeperOptions = {}) {
    this.#plan = withProbePorts(plan)
    this.#seed = seed
    this.#alwaysFresh = alwaysFresh
    this.#quiet = Math.max(plan.timers.holdTimeSeconds * SECOND, plan.timers.leaseDuration) + MARGIN
  }

  /** Pairs between which nothing gets through although nothing has failed. */
  lostBefore(): BrokenPath[] {
    const lab = this.#lab()
    const watch = new Watch(lab.simulation)
    this.#advance(lab, watch, lab.simulation.now + FIRST_PACKETS)
    const flows = watch.flows.filter((flow) => flow.lost)
    const broken = brokenPaths({
      plan: this.#plan,
      failures: [],
      flows,
      before: new Map(flows.map((flow) => [flow, []])),
      markers: [],
      now: lab.simulation.now,
    })
    watch.close()
    return broken
  }

  run(failures: readonly Failure[]): SweepCase {
    const lab = this.#lab()
    const { simulation, markers } = lab
    const name = failures.map((each) => each.name).join(' + ')
    const notThere = failures.find((each) => each.kind === 'session' && !isUp(simulation, each))
    if (notThere !== undefined) return skipped(name, failures, `${notThere.name} is not up`)
    simulation.fabric.forgetFlows(`${this.#seed} ${name}`)
    const watch = new Watch(simulation)
    this.#advance(lab, watch, simulation.now + FIRST_PACKETS)
    const before = new Map(watch.flows.filter((flow) => !flow.lost).map((flow) => [flow, flow.path]))
    for (const flow of watch.flows) flow.forget()
    const hopsBefore = this.#nextHops(simulation)
    markers.length = 0

    const at = simulation.now
    const gone = deadSources(this.#plan, failures)
    watch.mute(gone)
    const refused = this.#act(lab, watch, (outcome) => inject(simulation, failures, outcome))
    if (refused !== undefined) {
      watch.close()
      this.#standing = undefined
      return skipped(name, failures, refused)
    }
    for (const each of failures) if (each.kind === 'node') watch.died(each.device)
    const rest = this.#settle(lab, watch, failures.every(isTold) ? QUIET_WHERE_TOLD : this.#quiet)
    const judged = watch.flows.filter((flow) => !gone.has(flow.from))
    const broken = brokenPaths({ plan: this.#plan, failures, flows: judged, before, markers, now: simulation.now })
    const brief = briefLosses(judged)
    const ends = judged.flatMap((flow) => flow.outages.map(({ to }) => to))
    const convergence = Math.max(0, Math.max(lab.state.changed, ...ends) - at)
    watch.mute(new Set())
    const nextHops = changes(hopsBefore, this.#nextHops(simulation))
    const unassigned = simulation.view.floatingIps.filter(({ node }) => node === undefined).map(({ address }) => address)
    const mended = this.#repair(lab, watch, failures, before)
    watch.close()
    const differences = rest ? mended.differences : ['it did not come to rest', ...mended.differences]
    if (mended.state !== 'clean' || !rest) this.#standing = undefined
    const lost = broken.some((path) => path.forGood)
    return {
      name,
      failures,
      survival: lost ? 'lost' : broken.length > 0 ? 'outage' : 'none',
      broken,
      brief,
      outage: Math.max(0, ...broken.filter((path) => !path.forGood).map((path) => path.outage)),
      convergence,
      nextHops,
      unassigned,
      repair: { ...mended, differences, ...(!rest && { state: 'unclean' as const }) },
    }
  }

  #repair(lab: Standing, watch: Watch, failures: readonly Failure[], before: ReadonlyMap<WatchedFlow, unknown>): Repair {
    const { simulation, state } = lab
    const at = simulation.now
    const refused = this.#act(lab, watch, (outcome) => repair(simulation, failures, outcome))
    let left = whatIsLeft(lab, watch, before)
    let since: Micros | undefined
    const quiet = () => (left.equivalent ? this.#quiet : Math.max(this.#quiet, QUIET_WHILE_MENDING))
    // What a kernel has not from its daemon after all that the daemon knows is as before, it does not get (docs/routers.md).
    const mended = () => left.equal || left.kernelAlone
    while (simulation.now < Math.max(state.changed, at) + quiet() && simulation.now < at + UNREST) {
      this.#advance(lab, watch, simulation.now + SLICE)
      left = whatIsLeft(lab, watch, before)
      if (!mended()) since = undefined
      else since ??= simulation.now
      if (since !== undefined && simulation.now - since >= QUIET_AFTER_REPAIR) break
    }
    const after = Math.max(0, state.changed - at)
    const good = refused === undefined
    const differences = [...(good ? [] : [refused]), ...left.differences]
    return { state: good && left.equal ? 'clean' : good && left.equivalent ? 'moved' : 'unclean', after, differences }
  }

  /** Answers why it was refused. */
  #act(lab: Standing, watch: Watch, act: (outcome: Outcome) => void): string | undefined {
    let ended = false
    let why: string | undefined
    try {
      act({
        done: () => {
          ended = true
        },
        refused: (reason) => {
          ended = true
          why = reason
        },
      })
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    this.#advance(lab, watch, lab.simulation.now + UP, () => ended)
    return ended ? why : 'nothing came of it'
  }

  /** Until nothing has changed for longer than any timer; answers whether that came to pass. */
  #settle(lab: Standing, watch: Watch | undefined, quiet = this.#quiet): boolean {
    const { simulation, state } = lab
    const start = simulation.now
    for (;;) {
      const due = Math.max(start, state.changed) + quiet
      if (simulation.now >= due) return true
      if (simulation.now >= start + UNREST) return false
      this.#advance(lab, watch, Math.min(due, start + UNREST))
    }
  }

  #advance({ simulation: { queue } }: Pick<Standing, 'simulation'>, watch: Watch | undefined, to: Micros, done?: () => boolean): void {
    for (;;) {
      watch?.look()
      if (done?.()) return
      const { next } = queue
      if (next === undefined || next > to) break
      queue.step()
    }
    queue.advanceTo(to)
  }

  #lab(): Standing {
    if (this.#alwaysFresh) this.#standing = undefined
    this.#standing ??= this.#begin()
    return this.#standing
  }

  #begin(): Standing {
    this.labs++
    const simulation = new Simulation(this.#plan, { seed: this.#seed })
    const state = new CanonicalState()
    const markers: Marker[] = []
    simulation.log.subscribe((event) => {
      state.apply(event)
      const marker = markerOf(event)
      if (marker !== undefined) markers.push(marker)
    })
    const lab = { simulation, state, markers, baseline: new Map<string, string>() }
    let up = false
    simulation.launch(() => {
      up = true
    })
    this.#advance(lab, undefined, UP, () => up)
    if (!up) throw new Error(`${this.#plan.name} does not come up in the simulator within ${UP / SECOND} s`)
    this.#settle(lab, undefined, QUIET_AT_FIRST)
    return { ...lab, baseline: linesOf(lab) }
  }

  /** VIP → the nodes that routers send its packets to. */
  #nextHops(simulation: Simulation): Map<string, readonly string[]> {
    const names = new Map(this.#plan.nodes.map(({ address, name }) => [address, name]))
    const hops = (vip: string) =>
      this.#plan.routers.flatMap(({ name }) =>
        (simulation.view.fib(name, `${vip}/32`)?.nextHops ?? []).flatMap(({ via = '' }) => names.get(via) ?? []),
      )
    return new Map(vipsOf(this.#plan).map(({ vip }) => [vip, [...new Set(hops(vip))].sort()]))
  }
}

/** With the virtual gateways, of which no event tells. */
function linesOf({ simulation, state }: Pick<Standing, 'simulation' | 'state'>): Lines {
  const lines = new Map(state.lines())
  for (const { name } of simulation.plan.routers)
    for (const { interface: of, state: is } of simulation.machine(name).vrrp.gateways) lines.set(`${name} VRRP ${of}`, is)
  return lines
}

/** What is not as it was before the failure: flows that had an answer then and have none now, and the state. */
function whatIsLeft(lab: Standing, { flows }: Watch, before: ReadonlyMap<WatchedFlow, unknown>): Compared {
  const { equal, equivalent, kernelAlone, differences } = compareStates(lab.baseline, linesOf(lab))
  const silent = flows.filter((flow) => before.has(flow) && flow.unanswered(lab.simulation.now))
  const lost = new Set(silent.map(({ from, to, service }) => `${from} → ${to.address} (${service}): no answer`))
  const all = lost.size === 0
  return { equal: equal && all, equivalent: equivalent && all, kernelAlone: kernelAlone && all, differences: [...lost, ...differences] }
}

/** A session that is reset says so, and so does an edit. */
function isTold({ kind }: Failure): boolean {
  return kind === 'session' || kind === 'floating-ip'
}

function isUp(simulation: Simulation, { device, address = '' }: Failure): boolean {
  return simulation.view.session(device, address)?.state === 'Established'
}

function changes(before: ReadonlyMap<string, readonly string[]>, after: ReadonlyMap<string, readonly string[]>): NextHopChange[] {
  return [...before].flatMap(([vip, from]) => {
    const to = after.get(vip) ?? []
    return from.join() === to.join() ? [] : [{ vip, before: from, after: to }]
  })
}

function skipped(name: string, failures: readonly Failure[], why: string): SweepCase {
  const repaired: Repair = { state: 'clean', after: 0, differences: [] }
  const nothing = { broken: [], brief: [], outage: 0, convergence: 0, nextHops: [], unassigned: [], repair: repaired }
  return { name, failures, skipped: why, survival: 'none', ...nothing }
}
