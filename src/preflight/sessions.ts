/** The sessions of all cells, at once: they announce nothing yet, so none of them disturbs another. */
import type { Cell, SessionFacts, SessionOutcome } from '../cluster/preflight/index.ts'
import { neighborFacts, peerRouter } from './observe.ts'
import type { Rehearsing } from './run.ts'
import { orAborted } from './wait.ts'

export async function openSessions(run: Rehearsing, cells: readonly Cell[]): Promise<SessionFacts[]> {
  const { lab, patience, signal, progress } = run
  const { holdTimeSeconds, keepaliveSeconds, connectRetrySeconds } = lab.plan.timers
  let settled = 0
  const tell = () => progress(`sessions: ${settled} of ${cells.length}`)
  tell()
  const outcomes = await orAborted(
    Promise.all(
      cells.map(async ({ node, ...cell }): Promise<SessionOutcome> => {
        const session = { ...cell, holdTimeSeconds, keepaliveSeconds, connectRetrySeconds, within: patience.session }
        const outcome = await lab.rehearsal.open(node, session)
        settled++
        tell()
        return outcome
      }),
    ),
    signal,
  )
  const facts: SessionFacts[] = []
  for (const [index, cell] of cells.entries()) {
    const outcome = outcomes[index]!
    facts.push(outcome.state === 'Established' ? { outcome } : await orAborted(investigate(run, cell, outcome), signal))
  }
  return facts
}

/** What else can be seen of a session that does not come up. The attempts end first: their own packets would be counted along. */
async function investigate(run: Rehearsing, cell: Cell, outcome: SessionOutcome): Promise<SessionFacts> {
  const { lab } = run
  const router = peerRouter(lab, cell.peerIP)
  run.progress(`${cell.node} → ${router?.name ?? cell.peerIP}: no session, looking why`)
  // First, while the peer still shows what it makes of this neighbor.
  const neighbor = router === undefined ? undefined : await neighborFacts(lab, router, cell)
  await lab.rehearsal.close(cell.node, cell.peerIP)
  // Somebody spoke BGP: the network is all right.
  if (outcome.notifications.length > 0 || outcome.upAfter !== undefined) return { outcome, ...(neighbor && { neighbor }) }
  const look = await lab.rehearsal.look(cell.node, cell.localIP, cell.peerIP)
  const tracer = run.tracer()
  const way = await tracer.trace(cell.node, cell.peerIP)
  const back = router === undefined ? undefined : await tracer.trace(router.name, cell.localIP)
  run.note(cell, `looked: ${JSON.stringify({ ...look, way: way.end, ...(back && { back: back.end }) })}`)
  return { outcome, look, ...(neighbor && { neighbor }), way, ...(back && { back }) }
}
