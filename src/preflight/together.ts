/** All nodes announce to all peers at once: does each peer use every one of them (R10)? */
import type { CellFacts, TogetherFacts } from '../cluster/preflight/index.ts'
import { pathsAt } from './observe.ts'
import type { Rehearsing } from './run.ts'
import { holdsWithin, orAborted } from './wait.ts'

/** Enough that a node with no flow is no accident of the hash. */
const FLOWS = 48
const TOKEN = 'together'

export async function tryTogether(run: Rehearsing, cells: readonly CellFacts[]): Promise<TogetherFacts[]> {
  const good = cells.filter((each) => each.reach !== undefined)
  const peers = [...new Set(good.map(({ cell }) => cell.peerIP))].filter(
    (peer) => good.filter(({ cell }) => cell.peerIP === peer).length > 1,
  )
  if (peers.length === 0) return []
  run.progress(`all nodes announce ${run.vip} at once`)
  return await orAborted(allAtOnce(run, good, peers), run.signal)
}

async function allAtOnce(run: Rehearsing, cells: readonly CellFacts[], peers: readonly string[]): Promise<TogetherFacts[]> {
  const { lab, vip, prefix, patience, signal } = run
  const nodes = [...new Set(cells.map(({ cell }) => cell.node))]
  await Promise.all(nodes.map((node) => lab.rehearsal.hold(node, vip)))
  try {
    await Promise.all(cells.map(({ cell }) => lab.rehearsal.announce(cell.node, cell.peerIP, prefix)))
    const announcing = (peer: string) => cells.filter(({ cell }) => cell.peerIP === peer)
    const allUsed = (peer: string) =>
      announcing(peer).every(({ cell, router }) => {
        const paths = router === undefined ? [] : (lab.view.route(router.name, prefix)?.paths ?? [])
        return router === undefined || paths.some((path) => path.nextHop === cell.localIP && path.multipath)
      })
    await holdsWithin(lab, patience.announcement, () => peers.every(allUsed), signal)
    const flows = await flowsOver(run, nodes)
    return await Promise.all(
      peers.map(async (peerIP): Promise<TogetherFacts> => {
        const own = announcing(peerIP)
        const router = own[0]?.router
        return {
          peerIP,
          ...(router && { router }),
          announcing: own.map(({ cell }) => ({ node: cell.node, address: cell.localIP })),
          ...(router && (await pathsAt(lab, router, prefix))),
          ...(flows && { flows }),
        }
      }),
    )
  } finally {
    await Promise.allSettled(cells.map(({ cell }) => lab.rehearsal.announce(cell.node, cell.peerIP, undefined)))
    await run.quiet()
    await Promise.allSettled(nodes.map((node) => lab.rehearsal.release(node, vip)))
  }
}

/** From a client, which stands beyond the peers; from a node that announces nothing where there is none. */
async function flowsOver({ lab, vip, patience }: Rehearsing, nodes: readonly string[]): Promise<TogetherFacts['flows']> {
  const sender = [...lab.plan.clients, ...lab.plan.nodes.filter((node) => !nodes.includes(node.name))][0]
  if (sender === undefined) return undefined
  await lab.rehearsal.send(sender.name, { from: sender.address, vip, token: TOKEN, flows: FLOWS, within: patience.reach })
  const byNode: Record<string, number> = {}
  for (const node of nodes) {
    const arrived = Object.keys(await lab.rehearsal.arrived(node, vip)).filter((token) => token.startsWith(TOKEN))
    if (arrived.length > 0) byNode[node] = arrived.length
  }
  return { from: sender.name, sent: FLOWS, byNode }
}
