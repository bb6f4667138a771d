/** The run: sessions, then one cell after the other, then all nodes at once. What was begun is ended, whatever happens. */
import {
  type Cell,
  type CellFacts,
  cellName,
  cellsOf,
  judge,
  type PreflightReport,
  type TogetherFacts,
} from '../cluster/preflight/index.ts'
import { type Lab, rehearsalName } from '../engine/lab.ts'
import { type Micros, SECOND, type TimerProfile } from '../model/index.ts'
import { tryCell } from './cell.ts'
import { peerRouter } from './observe.ts'
import { openSessions } from './sessions.ts'
import { tryTogether } from './together.ts'
import { Tracer } from './trace.ts'
import { holdsWithin, orAborted } from './wait.ts'

/** How long each thing may take before it counts as failed. */
export interface Patience {
  /** Longer than GoBGP's 5 s in Idle after an older session. */
  readonly session: Micros
  /** From the UPDATE to the peer's kernel. */
  readonly announcement: Micros
  /** Until a datagram has come through: routers need a moment to pass the route on. */
  readonly reach: Micros
  /** Until routers have forgotten a withdrawn VIP. */
  readonly quiet: Micros
}

export const DEFAULT_PATIENCE: Patience = { session: 12 * SECOND, announcement: 6 * SECOND, reach: 5 * SECOND, quiet: 5 * SECOND }

/** With the default timers an attempt to connect takes five times as long. */
export function patienceOf(timers: TimerProfile): Patience {
  return timers.name === 'fast' ? DEFAULT_PATIENCE : { ...DEFAULT_PATIENCE, session: 30 * SECOND }
}

export interface PreflightOptions {
  /** Default: every control-plane node with every peer of it (R12). */
  readonly cells?: readonly Cell[]
  readonly patience?: Partial<Patience>
  readonly signal?: AbortSignal
  readonly progress?: (text: string) => void
}

/** What the parts of one run share. */
export interface Rehearsing {
  readonly lab: Lab
  /** `10.0.0.8` */
  readonly vip: string
  /** `10.0.0.8/32` */
  readonly prefix: string
  readonly patience: Patience
  readonly signal: AbortSignal | undefined
  readonly tracer: () => Tracer
  readonly progress: (text: string) => void
  /** A line in the cell's own log. */
  note(cell: Cell, line: string): void
  /** Until no router has the VIP any more but those that had it before. */
  quiet(): Promise<void>
}

export interface PreflightRun {
  readonly report: PreflightReport
  readonly cells: readonly CellFacts[]
  readonly together: readonly TogetherFacts[]
}

/** Rejects with the signal's reason when it is aborted; sessions are ended and addresses removed either way. */
export async function preflight(lab: Lab, options: PreflightOptions = {}): Promise<PreflightRun> {
  const { model } = lab.plan.cluster
  const cells = options.cells ?? cellsOf(model)
  const run = rehearsing(lab, options)
  const nodes = [...new Set(cells.map((cell) => cell.node))]
  try {
    const sessions = await openSessions(run, cells)
    const facts: CellFacts[] = []
    for (const [index, cell] of cells.entries()) {
      const session = sessions[index]!
      const router = peerRouter(lab, cell.peerIP)
      const base = { cell, ...(router && { router }), session }
      if (session.outcome.state !== 'Established') facts.push(base)
      else facts.push({ ...base, ...(await orAborted(tryCell(run, cell, router), run.signal)) })
    }
    const together = await tryTogether(run, facts)
    const outcomes = await Promise.all(facts.map((each) => lastOutcome(run, each)))
    const ended = facts.map((each, index) => outcomes[index] ?? each)
    return { report: judge(run.vip, ended, together), cells: ended, together }
  } finally {
    await Promise.allSettled(cells.map((cell) => lab.rehearsal.close(cell.node, cell.peerIP)))
    await Promise.allSettled(nodes.map((node) => lab.rehearsal.release(node, run.vip)))
  }
}

/** A session that was up and did not last is no good one. */
async function lastOutcome({ lab }: Rehearsing, facts: CellFacts): Promise<CellFacts | undefined> {
  if (facts.announcement?.outcome.state !== 'Established') return undefined
  const outcome = await lab.rehearsal.outcome(facts.cell.node, facts.cell.peerIP)
  return outcome.state === 'Established' && outcome.failures.length === facts.session.outcome.failures.length
    ? undefined
    : { ...facts, session: { ...facts.session, outcome: { ...outcome, state: outcome.state === 'Established' ? 'Idle' : outcome.state } } }
}

function rehearsing(lab: Lab, options: PreflightOptions): Rehearsing {
  const vip = lab.plan.cluster.model.cpVip
  const prefix = `${vip}/32`
  const { signal } = options
  const patience = { ...patienceOf(lab.plan.timers), ...options.patience }
  const having = () => lab.plan.routers.filter((router) => lab.view.fib(router.name, prefix) !== undefined).map((router) => router.name)
  const before = new Set(having())
  return {
    lab,
    vip,
    prefix,
    patience,
    signal,
    tracer: () => new Tracer(lab),
    progress: options.progress ?? (() => {}),
    note: (cell, line) =>
      void lab.events.emit({ type: 'output', device: cell.node, program: rehearsalName(cell.peerIP), line: `preflight: ${line}` }),
    quiet: async () => void (await holdsWithin(lab, patience.quiet, () => having().every((router) => before.has(router)), signal)),
  }
}

/** `node-01 → tor1 10.8.0.10` */
export function shownCell(cell: Cell, router: { readonly name: string } | undefined): string {
  return router === undefined ? cellName(cell) : `${cell.node} → ${router.name} ${cell.peerIP}`
}
