/** What the lab can read of the peers, beyond what any node sees. */
import type { AnnouncementFacts, Cell, NeighborFacts, PeerRouter, TogetherFacts } from '../cluster/preflight/index.ts'
import type { Lab } from '../engine/lab.ts'
import { fibNextHops } from '../model/index.ts'
import { devicesWith } from './route-get.ts'

/** The router of the plan that has the peer's address. */
export function peerRouter({ plan }: Pick<Lab, 'plan'>, peerIP: string): PeerRouter | undefined {
  const names = devicesWith(plan, peerIP)
  const found = plan.routers.find((router) => names.includes(router.name))
  return found && { name: found.name, kind: found.kind }
}

/** `undefined` where the router cannot be read. */
export async function neighborFacts(lab: Lab, router: PeerRouter, cell: Cell): Promise<NeighborFacts | undefined> {
  try {
    const sessions = await lab.tables.sessions(router.name)
    const running = sessions.length === 0 || sessions.some((session) => !/ is not running$/.test(session.reason ?? ''))
    const found = sessions.find((session) => session.peerAddress === cell.localIP)
    if (found === undefined) return { running }
    const { localAsn, peerAsn, state, reason } = found
    return { running, neighbor: { localAsn, peerAsn, state, ...(reason !== undefined && { reason }) } }
  } catch {
    return undefined
  }
}

export async function announcedAt(lab: Lab, router: PeerRouter, cell: Cell, prefix: string): Promise<AnnouncementFacts['table']> {
  const [routes, fib, neighbor] = await Promise.all([
    lab.tables.routes(router.name, prefix),
    lab.tables.fib(router.name, prefix),
    neighborFacts(lab, router, cell),
  ])
  const paths = routes.find((route) => route.prefix === prefix)?.paths ?? []
  const own = paths.find((path) => path.from === cell.localIP)
  const remark = neighbor?.neighbor?.reason
  return {
    ...(own && { path: { valid: own.valid, used: own.multipath || own.best, ...(own.whyNot !== undefined && { whyNot: own.whyNot }) } }),
    others: [...new Set(paths.filter((path) => path !== own && (path.best || path.multipath)).map((path) => path.nextHop))],
    installed: fibNextHops(fib.find((route) => route.prefix === prefix)),
    ...(remark !== undefined && { remark }),
  }
}

export async function pathsAt(lab: Lab, router: PeerRouter, prefix: string): Promise<Pick<TogetherFacts, 'paths' | 'installed'>> {
  const [routes, fib] = await Promise.all([lab.tables.routes(router.name, prefix), lab.tables.fib(router.name, prefix)])
  const paths = routes.find((route) => route.prefix === prefix)?.paths ?? []
  return {
    paths: paths.map(({ nextHop, valid, multipath, whyNot }) => ({
      nextHop,
      valid,
      used: multipath,
      ...(whyNot !== undefined && { whyNot }),
    })),
    installed: fibNextHops(fib.find((route) => route.prefix === prefix)),
  }
}
