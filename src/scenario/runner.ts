/** Runs jobs one after the other, each on a fresh lab, and tells a reporter. Knows the engine only as a port. */
import type { Lab } from '../engine/lab.ts'
import { RefusedFiles } from '../engine/refused.ts'
import type { Diagnostic, LabEvent, Micros, ScenarioResult } from '../model/index.ts'
import type { Plan } from '../topology/plan.ts'
import { audit } from './audit.ts'
import { controlMode, judgeControl } from './controls.ts'
import type { Need, TopologyOptions } from './definition.ts'
import { describeError, type Executed, execute, type OnStray } from './execute.ts'
import { torNames } from './handles.ts'
import type { Job } from './select.ts'
import type { Alarm } from './wait.ts'

/** What the runner needs of an engine. */
export interface Engine {
  /** `Docker 20.10 at /var/run/docker.sock` */
  readonly description: string
  open(plan: Plan, options: OpenOptions): Promise<Lab>
  /** What of this lab is still there. */
  leftovers(lab: string): Promise<readonly string[]>
  /** What scenarios may need and it does not have. */
  readonly lacks?: readonly Need[]
  /** Asked after a run that did not pass: nothing can run on it any more. */
  lost?(): Promise<boolean>
  /** Of every chance in its labs, where it was named. */
  readonly seed?: string
}

export interface OpenOptions {
  readonly keep: boolean
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
}

export type LoadPlan = (
  topology: string,
  options: TopologyOptions,
) => Promise<{ readonly plan?: Plan; readonly diagnostics: readonly Diagnostic[] }>

/** A job whose topology has been worked out. */
export interface PlannedJob {
  readonly job: Job
  readonly plan: Plan
}

export interface Reporter {
  /** A lab is coming up for this job, or has come further. */
  onProgress?(job: Job, text: string): void
  onUp?(job: Job, lab: Pick<Lab, 'id' | 'plan' | 'engine' | 'routerVersions'>, upTime: number): void
  onEvent?(job: Job, event: LabEvent): void
  onResult?(result: ScenarioResult, events: readonly LabEvent[], kept: string | undefined): void
}

export interface RunnerOptions {
  readonly engine: Engine
  readonly reporter: Reporter
  readonly signal: AbortSignal
  /** Leave every lab running, faults in force. */
  readonly keep: boolean
  /** Bring the next lab up while a scenario runs: sooner done, and what is measured meanwhile has less of the machine. Not with `keep`. */
  readonly ahead?: boolean
  /** Leave each lab alone after its scenario, faults in force, until nothing changes any more. */
  readonly rest?: boolean
  /** Where a job's event log goes; answers how to end it, and its path. */
  readonly log?: (job: Job) => { write(event: LabEvent): void; close(): Promise<string> }
  readonly alarm?: Alarm
  readonly onStray?: OnStray
}

/** A job that an engine does not run, and why, in words. */
export interface Unfit {
  readonly job: Job
  readonly why: string
}

const NEEDS: Readonly<Record<Need, string>> = { shell: 'a real shell on its devices' }

/** Those that the engine can run, and those that it cannot: never to be counted as passed. */
export function fitFor({ lacks = [] }: Pick<Engine, 'lacks'>, jobs: readonly PlannedJob[]) {
  const lacking = ({ job }: PlannedJob) => (job.found.scenario.needs ?? []).filter((need) => lacks.includes(need))
  const unfit = jobs.filter((each) => lacking(each).length > 0)
  return {
    fit: jobs.filter((each) => !unfit.includes(each)),
    unfit: unfit.map(
      (each): Unfit => ({
        job: each.job,
        why: `needs ${lacking(each)
          .map((need) => NEEDS[need])
          .join(' and ')}`,
      }),
    ),
  }
}

export interface PlannedJobs {
  readonly jobs: readonly PlannedJob[]
  /** Of the topologies' files. */
  readonly diagnostics: readonly Diagnostic[]
  /** Routers that were named and are not there, in words. */
  readonly unknown: readonly string[]
}

/** Works out every job's plan before anything is started, so that bad input is found first. */
export async function planJobs(jobs: readonly Job[], load: LoadPlan): Promise<PlannedJobs> {
  const planned: PlannedJob[] = []
  const unknown = new Set<string>()
  const diagnostics = new Map<string, Diagnostic>()
  const cache = new Map<string, Awaited<ReturnType<LoadPlan>>>()
  const loadOnce = async (topology: string, options: TopologyOptions) => {
    const key = JSON.stringify([topology, options])
    const loaded = cache.get(key) ?? (await load(topology, options))
    cache.set(key, loaded)
    for (const each of loaded.diagnostics) diagnostics.set(JSON.stringify(each), each)
    return loaded.plan
  }
  for (const job of jobs) {
    const { topology } = job.found.scenario
    // Once as it stands, for the names of its ToRs; then with their kinds.
    const plain = await loadOnce(topology, job.topology)
    if (plain === undefined) continue
    const routers = { ...job.routers.kinds(torNames(plain)), ...job.topology.routers }
    const names = plain.routers.map((router) => router.name)
    for (const name of Object.keys(routers))
      if (!names.includes(name)) unknown.add(`${topology} has no router ${name}; it has ${names.join(', ')}`)
    const plan = await loadOnce(topology, { ...job.topology, routers })
    if (plan !== undefined) planned.push({ job, plan })
  }
  return { jobs: planned, diagnostics: [...diagnostics.values()], unknown: [...unknown] }
}

/** @throws RefusedFiles the user's own file for a router is wrong: nothing has run on it, and nothing will. */
export async function runJobs(jobs: readonly PlannedJob[], options: RunnerOptions): Promise<ScenarioResult[]> {
  const { signal, keep, reporter } = options
  const results: ScenarioResult[] = []
  let next: Promise<Opened> | undefined
  let lost = false
  try {
    for (const [index, planned] of jobs.entries()) {
      if (signal.aborted) break
      reporter.onProgress?.(planned.job, 'bringing the lab up')
      const opened = await (next ?? openLab(planned.plan, options, (text) => reporter.onProgress?.(planned.job, text)))
      const following = options.ahead === true && !keep ? jobs[index + 1] : undefined
      // Its progress would be taken for that of the scenario that runs.
      next = following === undefined ? undefined : openLab(following.plan, options, () => {})
      const result = await runJob(planned, opened, options)
      results.push(result)
      lost = result.verdict !== 'passed' && (await options.engine.lost?.()) === true
      if (lost) break
    }
  } finally {
    const waiting = await next
    // Of an engine that is lost nothing can be closed.
    if (!lost) await waiting?.lab?.close()
  }
  return results
}

/** A lab that is up, or why it is not. */
interface Opened {
  readonly lab?: Lab
  readonly error?: unknown
  readonly upTime: Micros
}

async function openLab(plan: Plan, { engine, signal, keep }: RunnerOptions, onProgress: (text: string) => void): Promise<Opened> {
  const began = performance.now()
  const upTime = () => Math.round((performance.now() - began) * 1000)
  try {
    const lab = await engine.open(plan, { keep, signal, onProgress })
    return { lab, upTime: upTime() }
  } catch (error) {
    return { error, upTime: upTime() }
  }
}

async function runJob({ job, plan }: PlannedJob, { lab, error, upTime }: Opened, options: RunnerOptions): Promise<ScenarioResult> {
  const { engine, reporter, signal, keep } = options
  if (error instanceof RefusedFiles) throw error
  const log = options.log?.(job)
  let executed: Executed | undefined
  const problems: string[] = []
  if (lab === undefined) {
    if (!signal.aborted) problems.push(`the lab did not come up: ${describeError(error)}`)
  } else {
    for (const event of lab.events.all) log?.write(event)
    lab.events.subscribe((event) => {
      log?.write(event)
      reporter.onEvent?.(job, event)
    })
    reporter.onUp?.(job, lab, upTime)
    try {
      executed = await execute(job.found.scenario, lab, {
        signal,
        keepFaults: keep,
        audit: (running) => audit(running, options.alarm),
        ...(options.alarm && { alarm: options.alarm }),
        ...(options.rest && { rest: options.rest }),
        ...(options.onStray && { onStray: options.onStray }),
        ...(job.variant && { variant: job.variant.name }),
        ...(job.control && { control: controlMode(job.control) }),
      })
    } catch (thrown) {
      if (!signal.aborted) problems.push(describeError(thrown))
    }
  }
  const events = lab?.events.all ?? []
  if (lab !== undefined && !keep) problems.push(...(await closeLab(lab, engine)))
  const path = await log?.close()
  const result = resultOf(job, plan, engine, lab, executed, problems, signal.aborted, upTime, path)
  reporter.onResult?.(result, events, keep ? lab?.id : undefined)
  return result
}

async function closeLab(lab: Lab, engine: Engine): Promise<string[]> {
  try {
    await lab.close()
    return (await engine.leftovers(lab.id)).map((what) => `left behind: ${what}`)
  } catch (error) {
    return [`the lab ${lab.id} was not removed: ${describeError(error)}`]
  }
}

function resultOf(
  job: Job,
  plan: Plan,
  engine: Engine,
  lab: Lab | undefined,
  executed: Executed | undefined,
  ownProblems: readonly string[],
  cancelled: boolean,
  upTime: number,
  log: string | undefined,
): ScenarioResult {
  const control = job.control
  const judged = executed === undefined ? [] : control === undefined ? executed.problems : judgeControl(control, executed)
  const problems = [...judged, ...ownProblems]
  const failed = control === undefined && executed?.assertions.some((assertion) => !assertion.holds) === true
  const passed = executed !== undefined && problems.length === 0 && !failed
  const wrong = control !== undefined || (failed && problems.length === 0) ? 'failed' : 'error'
  return {
    name: job.name,
    title: job.title,
    file: job.found.file,
    topology: plan.name,
    ...(control && { control: control.name }),
    repetition: job.repetition,
    ...(engine.seed !== undefined && { seed: engine.seed }),
    engine: engine.description,
    routerSet: job.routers.name,
    routers: Object.fromEntries(
      plan.routers.map((router) => [router.name, lab?.routerVersions[router.name]?.replace(`${router.name} `, '') ?? router.kind]),
    ),
    verdict: cancelled ? 'cancelled' : passed ? 'passed' : wrong,
    problems,
    upTime,
    duration: executed === undefined ? 0 : executed.ended - executed.started,
    assertions: executed?.assertions ?? [],
    measurements: executed?.measurements ?? {},
    // What a scenario tells of a run that is meant to fail would mislead.
    summary: executed === undefined ? [] : control === undefined ? executed.summary : [failedAsMeant(executed.assertions)],
    ...(log !== undefined && { log }),
  }
}

function failedAsMeant(assertions: Executed['assertions']): string {
  const names = assertions.filter((assertion) => !assertion.holds).map((assertion) => assertion.name)
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
  return `fails at: ${names.length === 0 ? 'nothing' : shown.join(' · ')}`
}
