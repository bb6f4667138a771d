/**
 * Runs beside one real daemon in its container: starts it with six neighbors, sets our speakers up against it, walks through the faults, and
 * prints what came of each, one JSON object in all. Arguments: the daemon, and where the speakers' program is.
 */
import { daemons } from './daemons/index.ts'
import { type Came, STEPS, type Step } from './faults.ts'
import { inNamespaceOf, Ours } from './ours.ts'
import { run, wire } from './process.ts'
import type { Side } from './sides.ts'
import { CELLS, type DaemonKind, type Findings, type Outcome, ROUTER, ROUTER_ID } from './terms.ts'
import { Theirs } from './theirs.ts'

const [kind, program] = process.argv.slice(2) as [DaemonKind, string]
const started = performance.now()
const namespace = await wire(
  ROUTER,
  ROUTER_ID,
  CELLS.map(({ address }) => address),
)
const theirs = new Theirs(kind, daemons[kind])
await theirs.start()
const ours = new Ours(inNamespaceOf(namespace, program))
await ours.start()

/** What came, or what went wrong, of each session. */
function settled<T>(work: readonly Promise<T>[]): Promise<(T | Error)[]> {
  return Promise.all(work.map((one) => one.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))))
}

function sidesOf(sides: readonly Side[], since: number): Side[] {
  return sides.map((side) => ({ ...side, elapsed: () => Math.round(performance.now() - since) }))
}

async function walk({ fault, all, each, end, after }: Step): Promise<Outcome[]> {
  const sides = CELLS.map((cell, index): Side => {
    const session = ours.sessions[index]!
    return { index, cell, ours, theirs, session, from: session.events.length, count: session.established, elapsed: () => 0 }
  })
  const begun = performance.now()
  await all?.(ours, theirs)
  const first = await settled(sidesOf(sides, begun).map(each))
  const ended = performance.now()
  await end?.(ours, theirs)
  const second = after === undefined ? [] : await settled(sidesOf(sides, ended).map(after))
  return CELLS.map(({ addPath, mode }, i) => ({ addPath, mode, fault, ...resultOf(first[i]!, second[i]) }))
}

function resultOf(first: Came | Error, second: Came | Error = {}): Omit<Outcome, 'addPath' | 'mode' | 'fault'> {
  const wrong = first instanceof Error ? first : second instanceof Error ? second : undefined
  if (wrong !== undefined) return { result: 'failed', note: wrong.message }
  const { impossible, ...came }: Came = { ...(first as Came), ...(second as Came) }
  return { result: impossible ? 'impossible' : 'passed', ...came }
}

const outcomes: Outcome[] = []
for (const step of STEPS) {
  outcomes.push(...(await walk(step)))
  if (process.env.WALK)
    console.error(step.fault, Math.round(performance.now() - started), ...outcomes.slice(-6).map((o) => `\n   ${JSON.stringify(o)}`))
}

/** What the daemon said on the two sessions that we opened. */
const said = (addPath: boolean) => [...ours.frames[CELLS.findIndex((cell) => cell.mode === 'we connect' && cell.addPath === addPath)]!]
const notifications = ours.sessions.flatMap(({ events }) => events.flatMap(({ notification = '' }) => notification))
const findings: Findings = {
  daemon: kind,
  version: await theirs.daemon.version(run),
  seconds: Math.round((performance.now() - started) / 1000),
  outcomes,
  said: { 'add-path': said(true), 'one path': said(false) },
  collisions: {
    ours: notifications.filter((text) => text.startsWith('sent 6/7')).length,
    theirs: notifications.filter((text) => text.startsWith('received 6/7')).length,
  },
}
process.stdout.write(`${JSON.stringify(findings)}\n`)
process.exit(0)
