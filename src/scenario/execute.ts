/** Runs one scenario on a lab that is up: from its first step to its verdict, the faults undone. */
import type { Lab } from '../engine/lab.ts'
import { PROGRAM_ENDED } from '../engine/view.ts'
import type { AssertionResult, LabEvent, Verdict } from '../model/index.ts'
import type { Context, Scenario } from './definition.ts'
import { AssertionFailed, Cancelled } from './errors.ts'
import { expectOf } from './expect/index.ts'
import { Scene } from './handles.ts'
import { comeToRest } from './rest.ts'
import { Run, type RunOptions } from './run.ts'

export interface Executed {
  readonly verdict: Verdict
  readonly problems: readonly string[]
  readonly assertions: readonly AssertionResult[]
  readonly measurements: Readonly<Record<string, unknown>>
  readonly summary: readonly string[]
  readonly started: number
  readonly ended: number
}

/** Hears of errors that reach nobody, until it is told to stop. */
export type OnStray = (listener: (error: unknown) => void) => () => void

export interface ExecuteOptions extends RunOptions {
  readonly variant?: string
  /** Leaves faults in force, so that someone can look. */
  readonly keepFaults?: boolean
  /** Runs after the body and before the faults are undone; answers what is wrong. */
  readonly audit?: (lab: Lab) => Promise<readonly string[]>
  /** Leaves the lab alone after the body, faults in force, until nothing changes any more. */
  readonly rest?: boolean
  readonly onStray?: OnStray
}

export async function execute(scenario: Scenario, lab: Lab, options: ExecuteOptions = {}): Promise<Executed> {
  const run = new Run(lab, options)
  const scene = new Scene(run)
  const problems: string[] = []
  const started = lab.now()
  let thrown: unknown
  let completed = false
  const strays: unknown[] = []
  let onFirst = (_error: unknown) => {}
  const stray = new Promise<never>((_, reject) => {
    onFirst = reject
  })
  // What it would still say of a lab with a dead device is worth nothing.
  const judge = (event: LabEvent) => {
    if (event.type === 'fault' && event.fault === PROGRAM_ENDED) onFirst(new Error(`${event.detail}; nobody asked it to`))
  }
  // A lab that was up early may have lost one already.
  lab.events.all.forEach(judge)
  const unsubscribe = lab.events.subscribe(judge)
  let stalled = false
  const stopStalls = lab.virtualTime?.onStall((error) => {
    stalled = true
    onFirst(error)
  })
  const release = options.onStray?.((error) => {
    strays.push(error)
    onFirst(error)
  })
  try {
    await Promise.race([aborted(scenario.body(contextOf(run, scene, options)), run.watching.signal), stray])
    completed = true
  } catch (error) {
    thrown = error
  }
  stray.catch(() => {})
  unsubscribe()
  stopStalls?.()
  const unfinished = completed ? run.unfinished() : []
  await run.finish(completed, stalled)
  const cancelled = options.signal?.aborted === true
  if (thrown !== undefined && !(thrown instanceof AssertionFailed) && !(thrown instanceof Cancelled)) problems.push(describeError(thrown))
  const ended = lab.now()

  if (!cancelled && completed && options.rest === true)
    await comeToRest(lab, run.watching.alarm, options.signal ?? new AbortController().signal)
  if (!cancelled && options.audit !== undefined) problems.push(...(await options.audit(lab)))
  for (const event of lab.events.all)
    if (event.type === 'missed-event') problems.push(`missed event at ${event.device}: ${event.what} (only the audit saw it)`)
  if (options.keepFaults !== true) problems.push(...(await run.undo()))
  release?.()
  for (const error of strays.filter((each) => each !== thrown && !(each instanceof AssertionFailed)))
    if (!(error instanceof Cancelled)) problems.push(describeError(error))
    else if (completed && !cancelled)
      problems.push(`the scenario ended before ${unfinished.join(', ')}: an \`await\` is missing before what waits for it`)

  const failed = run.assertions.some((assertion) => !assertion.holds)
  // In a negative control failing is the point: whoever asked for it judges.
  const verdict: Verdict = cancelled ? 'cancelled' : problems.length > 0 ? 'error' : failed ? 'failed' : 'passed'
  const { assertions, measurements, summary } = run
  return { verdict, problems, assertions, measurements, summary, started, ended }
}

/** The body's end, or the interruption: a scenario that waits for something of its own cannot hold the run up. */
async function aborted(body: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let onAbort = () => {}
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Cancelled())
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
  })
  try {
    await Promise.race([body, abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
    body.catch(() => {})
  }
}

function contextOf(run: Run, scene: Scene, options: ExecuteOptions): Context {
  const { lab } = run
  return {
    lab: scene,
    expect: expectOf(scene),
    variant: options.variant ?? '',
    control: options.control?.name,
    timers: lab.plan.timers,
    now: () => lab.now(),
    measure: (name, value) => void Object.assign(run.measurements, { [name]: value }),
    tell: (line) => void run.summary.push(line),
    step: (name, work) =>
      run.track(`step ${name}`, async () => {
        lab.events.emit({ type: 'step', name, phase: 'start' })
        let ok = false
        try {
          const value = await work()
          ok = true
          return value
        } finally {
          lab.events.emit({ type: 'step', name, phase: 'end', ok })
        }
      }),
  }
}

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const frame = error.stack?.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node:internal'))
  return `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}${frame === undefined ? '' : ` (${frame.trim()})`}`
}
