/**
 * How a condition is waited for: once, eventually within, stays for, and never not. Woken by the lab's events; a deadline is one timer.
 * The verdict rests on the records' own stamps, so it does not depend on when the scenario comes round to ask.
 */
import type { Lab } from '../engine/lab.ts'
import { type AssertionResult, type Difference, formatDuration, type LabEvent, type Micros } from '../model/index.ts'
import { type Condition, type Evaluation, vacuousAt } from './condition.ts'
import { Cancelled } from './errors.ts'
import { freshState } from './fresh.ts'
import { inOrder, StateFold, stateAt, trueSince } from './state.ts'

/** Calls back once the lab's time has reached an instant; answers how to stop that. */
export type Alarm = (instant: Micros, callback: () => void) => () => void

export interface Watching {
  readonly lab: Lab
  readonly alarm: Alarm
  readonly signal: AbortSignal
}

export type Outcome = Omit<AssertionResult, 'name' | 'place' | 'within'>

export function held(at: Micros, reference: Micros, more: Partial<Outcome> = {}): Outcome {
  return { holds: true, at, reference, differences: [], ...more }
}

/** By the lab's own time where that is virtual, else by this machine's. */
export function alarmOf(lab: Pick<Lab, 'now' | 'virtualTime'>): Alarm {
  const { virtualTime } = lab
  if (virtualTime !== undefined) return (instant, callback) => virtualTime.alarm(instant, callback)
  return (instant, callback) => {
    const timer = setTimeout(callback, Math.max(0, (instant - lab.now()) / 1000))
    return () => clearTimeout(timer)
  }
}

/** The differences of a failed evaluation, each row with the instant since which it has been so. */
export function explain(lab: Lab, condition: Condition, evaluation: Evaluation): Difference[] {
  return evaluation.differences.map((difference) => ({
    ...difference,
    rows: difference.rows.map(({ same, ...row }) => {
      const since = same === undefined || row.ok ? undefined : trueSince(lab.events.all, condition.concerns, same)
      return since === undefined ? row : { ...row, since }
    }),
  }))
}

/** A change after `since` must be possible: else the assertion could not fail. */
function vacuous({ lab }: Watching, condition: Condition, since: Micros): Outcome | undefined {
  const reason = vacuousAt(condition, stateAt(lab.events.all, since))
  if (reason === undefined) return undefined
  const message = `vacuous: ${reason}; there is no change after \`since\` to wait for`
  return { holds: false, code: 'vacuous', message, at: lab.now(), reference: since, differences: [] }
}

/** Checked once, on a fresh read. */
export async function once(watching: Watching, condition: Condition, since?: Micros): Promise<Outcome> {
  const { lab } = watching
  const reference = since ?? lab.now()
  const empty = since === undefined ? undefined : vacuous(watching, condition, since)
  if (empty !== undefined) return empty
  const evaluation = condition.evaluate(await freshState(lab, condition.reads))
  if (watching.signal.aborted) throw new Cancelled()
  if (evaluation.holds) return held(lab.now(), reference)
  const differences = explain(lab, condition, evaluation)
  return { holds: false, code: 'does-not-hold', message: 'does not hold', at: lab.now(), reference, differences }
}

/** Holds at some instant from `since` (or from now) to `within` after it. */
export function eventually(watching: Watching, condition: Condition, within: Micros, since?: Micros): Promise<Outcome> {
  const { lab, alarm, signal } = watching
  const start = since ?? lab.now()
  const deadline = start + within
  const empty = since === undefined ? undefined : vacuous(watching, condition, since)
  if (empty !== undefined) return Promise.resolve(empty)

  const late = (state: StateFold): Outcome => {
    const evaluation = condition.evaluate(state)
    const differences = explain(lab, condition, evaluation)
    const message = evaluation.holds ? `held only after ${formatDuration(within)}` : `not within ${formatDuration(within)}`
    return { holds: false, code: 'not-in-time', message, at: lab.now(), reference: start, differences }
  }

  // The past first: what the log already holds, in the order in which it happened.
  const state = new StateFold()
  const past = inOrder(lab.events.all)
  let next = 0
  for (; next < past.length && past[next]!.at <= start; next++) state.apply(past[next]!)
  if (condition.evaluate(state).holds) return Promise.resolve(held(start, start, { timeToHold: 0 }))
  const step = (event: LabEvent): Outcome | undefined => {
    state.apply(event)
    if (event.at > deadline || !condition.concerns(event) || !condition.evaluate(state).holds) return undefined
    const at = Math.max(event.at, start)
    return held(at, start, { timeToHold: at - start, ...(event.type === 'route' && { uncertainty: event.uncertainty }) })
  }
  for (; next < past.length; next++) {
    const outcome = step(past[next]!)
    if (outcome !== undefined) return Promise.resolve(outcome)
  }
  if (lab.now() >= deadline) return Promise.resolve(late(state))

  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      unsubscribe()
      stopAlarm()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(new Cancelled()))
    const unsubscribe = lab.events.subscribe((event) => {
      const outcome = step(event)
      if (outcome !== undefined) end(() => resolve(outcome))
    })
    const stopAlarm = alarm(deadline, () => end(() => resolve(late(state))))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}

/** Watches a condition that must hold at every change from now on; `stop` ends it and answers how it went. */
export interface Invariant {
  stop(): Outcome
}

export function always({ lab }: Pick<Watching, 'lab'>, condition: Condition, onBroken: (outcome: Outcome) => void = () => {}): Invariant {
  const start = lab.now()
  const state = stateAt(lab.events.all, Number.POSITIVE_INFINITY)
  let broken: Outcome | undefined
  let concerning: LabEvent | undefined
  const check = (at: Micros) => {
    const evaluation = condition.evaluate(state)
    if (evaluation.holds || broken !== undefined) return
    const message =
      concerning === undefined ? 'did not hold when it was asked for' : `broken ${formatDuration(at - start)} after it was asked for`
    broken = { holds: false, code: 'violated', message, at, reference: start, differences: explain(lab, condition, evaluation) }
    onBroken(broken)
  }
  check(start)
  const unsubscribe = lab.events.subscribe((event) => {
    state.apply(event)
    if (broken !== undefined || !condition.concerns(event)) return
    concerning = event
    check(event.at)
  })
  return {
    stop() {
      unsubscribe()
      return broken ?? held(lab.now(), start)
    },
  }
}

/** Holds now and at every change for `length`. */
export function staysFor(watching: Watching, condition: Condition, length: Micros): Promise<Outcome> {
  const { lab, alarm, signal } = watching
  const start = lab.now()
  return new Promise((resolve, reject) => {
    let broken: Outcome | undefined
    let onBroken = (outcome: Outcome) => {
      broken = outcome
    }
    const invariant = always(watching, condition, (outcome) => onBroken(outcome))
    if (broken !== undefined) {
      invariant.stop()
      resolve(broken)
      return
    }
    const end = (settle: () => void) => {
      invariant.stop()
      stopAlarm()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    // At once, so that virtual time stands still at the change that broke it.
    onBroken = (outcome) => end(() => resolve(outcome))
    const onAbort = () => end(() => reject(new Cancelled()))
    const stopAlarm = alarm(start + length, () => end(() => resolve(invariant.stop())))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}
