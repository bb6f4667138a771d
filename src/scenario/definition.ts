/** What a scenario file says: the scenario, its variants, and its negative controls. */
import type { Micros, SourcePlace, TimerProfile } from '../model/index.ts'
import type { ApiPath, RouterKind } from '../topology/plan.ts'
import type { Expect } from './expect/index.ts'
import type { FaultKind } from './faults/index.ts'
import type { Scene } from './handles.ts'
import { callPlace } from './place.ts'
import type { Length } from './run.ts'
import type { Tracked } from './tracked.ts'

/** What a scenario may set on its topology, without a file of its own. */
export interface TopologyOptions {
  readonly routers?: Readonly<Record<string, RouterKind>>
  /** Router → whether it accepts ADD-PATH from the cluster. */
  readonly addPath?: Readonly<Record<string, boolean>>
  /** False: every device hashes flows with the same seed. */
  readonly hashSeeds?: boolean
  readonly initialPlacement?: Readonly<Record<string, string>>
  /** What the routers are configured for beside the cluster file: what may be added while it runs (R19). */
  readonly prepared?: { readonly floatingIPs?: readonly string[]; readonly peers?: readonly string[] }
  /** False: no agent runs on any node, as before the cluster is created. */
  readonly agents?: boolean
  /** How nodes reach the resource API. */
  readonly api?: ApiPath
  /** Control-plane nodes withdraw the CP VIP while their API is not healthy. */
  readonly withdrawUnhealthy?: boolean
  /** Whatever the command says. */
  readonly timers?: TimerProfile['name']
}

export interface Variant {
  /** Short, part of the scenario's name: `worker`. */
  readonly name: string
  /** What is special in it, in words. */
  readonly title: string
  readonly topology?: TopologyOptions
  /** It takes minutes: it runs only when it is asked for by its whole name. */
  readonly slow?: boolean
}

/**
 * A run in which named assertions must fail, and no others: so it is known that they can. A control that passes, or fails elsewhere, is a failure.
 * Assertions do not stop such a run: it goes on to its end.
 */
export interface Control {
  readonly name: string
  /** The assertions, by their names. */
  readonly mustFail: readonly (string | RegExp)[]
  /** Faults of these kinds are not injected: only the moment passes. */
  readonly leaveOut?: readonly FaultKind[]
  readonly topology?: TopologyOptions
  /** The assertions that must fail are given this long at most, so that a control does not take as long as it takes to be sure. */
  readonly patience?: Length
  /** Only with these variants; with all of them where absent. */
  readonly variants?: readonly string[]
}

/** What not every engine has: `shell`, a real one on every device, with programs of its own. */
export type Need = 'shell'

export interface ScenarioOptions {
  /** A folder of `topologies/`, or a path to a topology file. */
  readonly topology: string
  readonly options?: TopologyOptions
  readonly variants?: readonly Variant[]
  readonly controls?: readonly Control[]
  /** The requirements of docs/requirements.md that it proves: `R17`. */
  readonly proves?: readonly string[]
  /** What it cannot do without: an engine that lacks it does not run it, and says so. */
  readonly needs?: readonly Need[]
}

export interface Context {
  readonly lab: Scene
  readonly expect: Expect
  /** Names a part of the scenario. */
  step<T>(name: string, work: () => PromiseLike<T> | T): Tracked<T>
  /** The variant's name; empty where there are none. */
  readonly variant: string
  /** The negative control's name in a run with `--controls`. A scenario may do something worse then. */
  readonly control: string | undefined
  readonly timers: TimerProfile
  /** A figure for the report. */
  measure(name: string, value: unknown): void
  /** One line for people under the scenario's verdict. */
  tell(line: string): void
  /** The lab's time. */
  now(): Micros
}

export type Body = (context: Context) => Promise<unknown>

export interface Scenario extends ScenarioOptions {
  readonly title: string
  readonly body: Body
  readonly place: SourcePlace | undefined
}

/** Kept across copies of this module: a scenario outside the package may import another copy than the one that runs it. */
const REGISTRY = Symbol.for('peerlab.scenarios')

function registry(): Scenario[] {
  const holder = globalThis as { [REGISTRY]?: Scenario[] }
  holder[REGISTRY] ??= []
  return holder[REGISTRY]
}

/** Declares a scenario; the runner finds it when it loads the file. */
export function scenario(title: string, options: ScenarioOptions, body: Body): Scenario {
  // Types are stripped, not checked, when a scenario runs.
  if (typeof title !== 'string' || typeof options?.topology !== 'string' || typeof body !== 'function')
    throw new TypeError("write scenario('what it shows', { topology: 'shared-peers' }, async ({ lab, expect }) => { … })")
  const declared: Scenario = { ...options, title, body, place: callPlace() }
  registry().push(declared)
  return declared
}

/** Takes what has been declared since the last call. */
export function takeScenarios(): Scenario[] {
  return registry().splice(0)
}
