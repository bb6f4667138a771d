/** One run's books: what was asserted, started, broken and measured; and the way back. */
import type { Lab } from '../engine/lab.ts'
import { type AssertionResult, duration, type Micros, type SourcePlace } from '../model/index.ts'
import { AssertionFailed, Cancelled } from './errors.ts'
import type { Fault, FaultKind } from './faults/index.ts'
import { callPlace } from './place.ts'
import { Tracked } from './tracked.ts'
import { type Alarm, alarmOf, type Invariant, type Outcome, type Watching } from './wait.ts'

/** `'15s'`, or microseconds. */
export type Length = string | Micros

export function lengthOf(length: Length): Micros {
  return typeof length === 'number' ? length : duration(length)
}

/** What a negative control does to a run. */
export interface ControlMode {
  readonly name: string
  readonly mustFail: readonly (string | RegExp)[]
  readonly leaveOut: readonly FaultKind[]
  /** How long the assertions that must fail are given at most. */
  readonly patience?: Micros
}

export interface RunOptions {
  readonly control?: ControlMode
  readonly signal?: AbortSignal
  readonly alarm?: Alarm
}

/** What a fault answers: the moment at which it took effect, and where. */
export interface Injected {
  readonly at: Micros
  readonly device: string
}

/** How something that is watched stands now. */
export interface Kept {
  readonly holds: boolean
}

export function matches(patterns: readonly (string | RegExp)[], name: string): boolean {
  return patterns.some((pattern) => (typeof pattern === 'string' ? pattern === name : pattern.test(name)))
}

export class Run {
  readonly lab: Lab
  readonly control: ControlMode | undefined
  readonly assertions: AssertionResult[] = []
  readonly measurements: Record<string, unknown> = {}
  readonly summary: string[] = []
  readonly watching: Watching
  readonly #ending = new AbortController()
  readonly #tracked: Tracked<unknown>[] = []
  readonly #invariants: { readonly name: string; readonly place: SourcePlace | undefined; readonly invariant: Invariant }[] = []
  readonly #programs = new Map<string, number>()
  #undo: { readonly key: string; readonly what: string; run(): Promise<unknown> }[] = []

  constructor(lab: Lab, options: RunOptions = {}) {
    this.lab = lab
    this.control = options.control
    const signal = options.signal === undefined ? this.#ending.signal : AbortSignal.any([this.#ending.signal, options.signal])
    this.watching = { lab, alarm: options.alarm ?? alarmOf(lab), signal }
  }

  /** Remembers something that must be awaited. */
  track<T>(what: string, work: () => Promise<T>): Tracked<T> {
    const place = callPlace()
    const tracked = new Tracked(what, place, work())
    this.#tracked.push(tracked)
    return tracked
  }

  /** Runs one assertion; `value` is what a scenario gets from it. In a negative control it goes on although an assertion failed. */
  assert<T>(
    name: string,
    within: Length | undefined,
    check: (within: Micros | undefined) => Promise<Outcome>,
    value: (outcome: Outcome) => T,
  ) {
    const asked = within === undefined ? undefined : lengthOf(within)
    const cap = this.control !== undefined && matches(this.control.mustFail, name) ? this.control.patience : undefined
    const given = asked === undefined || cap === undefined ? asked : Math.min(asked, cap)
    const place = callPlace()
    return this.track(name, async () => {
      const outcome = await check(given)
      this.#decide({ name, ...(place && { place }), ...(given !== undefined && { within: given }), ...outcome })
      return value(outcome)
    })
  }

  /** An assertion over something already known. */
  assertNow(name: string, outcome: Outcome): void {
    const place = callPlace()
    this.#decide({ name, ...(place && { place }), ...outcome })
  }

  /** Takes an invariant until the end of the run. */
  keep(name: string, start: (onBroken: (outcome: Outcome) => void) => Invariant): Kept {
    const place = callPlace()
    let broken = false
    const invariant = start((outcome) => {
      broken = true
      this.#emit({ name, ...outcome })
    })
    this.#invariants.push({ name, place, invariant })
    return {
      get holds() {
        return !broken
      },
    }
  }

  #decide(result: AssertionResult): void {
    this.assertions.push(result)
    this.#emit(result)
    if (!result.holds && this.control === undefined) throw new AssertionFailed(result)
  }

  #emit(result: AssertionResult): void {
    const difference = result.holds ? undefined : (result.message ?? 'does not hold')
    this.lab.events.emit({ type: 'assertion', name: result.name, holds: result.holds, ...(difference !== undefined && { difference }) })
  }

  /** Injects a fault; its undo is queued before it starts. A control may leave it out: then only the moment passes. */
  inject(fault: Fault): Tracked<Injected> {
    const { device } = fault
    return this.track(`${fault.kind} of ${device}`, async () => {
      if (this.watching.signal.aborted) throw new Cancelled()
      if (this.control?.leaveOut.includes(fault.kind)) {
        const event = this.lab.events.emit({ type: 'log', device, level: 'info', message: `left out: ${fault.kind}` })
        return { at: event.at, device }
      }
      const undo = fault.undo?.bind(fault)
      if (fault.cure) this.#undo = this.#undo.filter((entry) => entry.key !== fault.key)
      else if (undo !== undefined) this.onEnd(fault.key, `undo ${fault.kind} of ${device}`, undo)
      return { at: await fault.inject(), device }
    })
  }

  /** A name for a program on a device that no other in this run has there. */
  programName(device: string, name: string): string {
    const key = `${device} ${name}`
    const count = (this.#programs.get(key) ?? 0) + 1
    this.#programs.set(key, count)
    return count === 1 ? name : `${name}-${count}`
  }

  /** Queues clean-up; the last queued runs first. */
  onEnd(key: string, what: string, run: () => Promise<unknown>): void {
    this.#undo.push({ key, what, run })
  }

  /** What goes on, in words: at the body's end, what only a function that nobody awaits still waits for. */
  unfinished(): string[] {
    const open = this.#tracked.filter((each) => each.awaited && !each.ended)
    return open.map(({ what, place }) => (place === undefined ? what : `${what} (line ${place.line})`))
  }

  /**
   * Ends what is still being watched: invariants get their verdict, and whatever was not awaited is told. `stalled`: some of what goes on waits for
   * what never comes, so it is not waited for.
   */
  async finish(completed: boolean, stalled = false): Promise<void> {
    const forgotten = completed ? this.#tracked.filter((each) => !each.awaited) : []
    this.#ending.abort()
    if (!stalled) await Promise.all(this.#tracked.map((each) => each.settled()))
    for (const each of forgotten) {
      const at = this.lab.now()
      const message = `nobody waited for it: write \`await\` before it`
      const result: AssertionResult = {
        name: each.what,
        ...(each.place && { place: each.place }),
        holds: false,
        code: 'not-awaited',
        message,
        at,
        reference: at,
        differences: [],
      }
      this.assertions.push(result)
      this.#emit(result)
    }
    for (const { name, place, invariant } of this.#invariants) {
      const outcome = invariant.stop()
      this.assertions.push({ name, ...(place && { place }), ...outcome })
      if (outcome.holds) this.#emit({ name, ...outcome })
    }
    this.#invariants.length = 0
  }

  /** Undoes every fault that is still in force, the last first; answers what went wrong in that. */
  async undo(): Promise<string[]> {
    const problems: string[] = []
    for (let entry = this.#undo.pop(); entry !== undefined; entry = this.#undo.pop()) {
      try {
        await entry.run()
      } catch (error) {
        problems.push(`${entry.what}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    return problems
  }
}
