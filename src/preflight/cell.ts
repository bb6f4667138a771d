/** One cell: only this node announces, only to this peer; then every other node and the clients send to the VIP. */
import {
  type AnnouncementFacts,
  type Cell,
  judgeAnnouncement,
  type PeerRouter,
  type ReachFacts,
  sightOf,
} from '../cluster/preflight/index.ts'
import { formatDuration } from '../model/index.ts'
import { announcedAt } from './observe.ts'
import { type Rehearsing, shownCell } from './run.ts'
import { holdsWithin } from './wait.ts'

interface CellTry {
  readonly announcement: AnnouncementFacts
  readonly reach?: readonly ReachFacts[]
}

/** The VIP comes before the route and goes after it, so that nobody is led to a node that does not have it. */
export async function tryCell(run: Rehearsing, cell: Cell, router: PeerRouter | undefined): Promise<CellTry> {
  const { lab, vip } = run
  run.progress(`${shownCell(cell, router)}: announcing ${vip}`)
  await lab.rehearsal.hold(cell.node, vip)
  try {
    const announcement = await announce(run, cell, router)
    if (judgeAnnouncement(cell, router, vip, announcement) !== undefined) return { announcement }
    run.progress(`${shownCell(cell, router)}: sending to ${vip} from every other node`)
    return { announcement, reach: await reach(run, cell) }
  } finally {
    await lab.rehearsal.announce(cell.node, cell.peerIP, undefined)
    await run.quiet()
    await lab.rehearsal.release(cell.node, vip)
  }
}

async function announce(run: Rehearsing, cell: Cell, router: PeerRouter | undefined): Promise<AnnouncementFacts> {
  const { lab, prefix, patience, signal } = run
  const { sent } = await lab.rehearsal.announce(cell.node, cell.peerIP, prefix)
  if (router === undefined || !sent) return { sent, outcome: await lab.rehearsal.outcome(cell.node, cell.peerIP) }
  const taken = () => {
    const path = lab.view.route(router.name, prefix)?.paths.find((each) => each.from === cell.localIP)
    return path?.multipath === true && lab.view.fib(router.name, prefix) !== undefined
  }
  await holdsWithin(lab, patience.announcement, taken, signal)
  const table = await announcedAt(lab, router, cell, prefix)
  run.note(cell, `${router.name}: ${tableWords(table)}`)
  return { sent, outcome: await lab.rehearsal.outcome(cell.node, cell.peerIP), ...(table && { table }) }
}

async function reach(run: Rehearsing, cell: Cell): Promise<ReachFacts[]> {
  const { lab, vip, patience } = run
  const senders = [...lab.plan.nodes.filter((node) => node.name !== cell.node), ...lab.plan.clients]
  const token = (from: string) => `${cell.localIP} ${cell.peerIP} ${from}`
  const results = await Promise.all(
    senders.map(({ name, address }) =>
      lab.rehearsal.send(name, { from: address, vip, token: token(name), flows: 1, within: patience.reach }),
    ),
  )
  const arrived = await lab.rehearsal.arrived(cell.node, vip)
  const tracer = run.tracer()
  const facts: ReachFacts[] = []
  for (const [index, { name, address }] of senders.entries()) {
    const seen = { from: name, fromIP: address, result: results[index]!, arrived: arrived[token(name)] ?? 0 }
    const sight = sightOf(seen)
    run.note(cell, `from ${name}: ${reachWords(seen)}`)
    if (sight === 'ok' || seen.result.heldHere) facts.push(seen)
    else if (sight === 'not-reached') facts.push({ ...seen, way: await tracer.trace(name, vip) })
    else facts.push({ ...seen, back: await tracer.trace(cell.node, address) })
  }
  return facts
}

function reachWords(facts: ReachFacts): string {
  const { sent, answered, after, heldHere, error } = facts.result
  if (heldHere) return 'it has the VIP itself'
  const words = { ok: 'answered', 'no-answer': 'arrived, not answered', 'not-reached': 'not arrived' }[sightOf(facts)]
  const counts = `${sent} sent, ${facts.arrived} arrived, ${answered} answered`
  return `${words} (${counts}${after === undefined ? '' : `, after ${formatDuration(after)}`}${error === undefined ? '' : `, ${error}`})`
}

function tableWords(table: AnnouncementFacts['table']): string {
  if (table === undefined) return 'cannot be read'
  const { path, others, installed, remark } = table
  const own = path === undefined ? 'no path of this node' : path.used ? 'path used' : `path not used: ${path.whyNot ?? 'no reason told'}`
  const also = others.length === 0 ? '' : `; uses ${others.join(', ')}`
  return `${own}${also}; FIB: ${installed.join(', ') || 'nothing'}${remark === undefined ? '' : `; ${remark}`}`
}
