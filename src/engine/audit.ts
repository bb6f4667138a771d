/**
 * Does the state built from events equal what the devices say now? A difference is a bug of ours: an event that was missed, or one that
 * told something wrong. For the end of a run, when nothing is expected to move.
 */
import type { FibRoute, Route, Session } from '../model/index.ts'
import type { Lab } from './lab.ts'

export interface AuditDifference {
  readonly device: string
  readonly table: 'session' | 'route' | 'fib'
  /** The peer's address, or the prefix. */
  readonly key: string
  /** JSON of what the events add up to, and of what the device says; absent where there is nothing. */
  readonly view?: string
  readonly fresh?: string
}

/** How often a difference has to be seen: what is only on its way is gone at the next look. */
const LOOKS = 3

/** Compares every router that has power. Empty means that both agree. */
export async function auditView(
  lab: Lab,
  routers: readonly string[] = lab.plan.routers.map((router) => router.name),
): Promise<readonly AuditDifference[]> {
  let differences: readonly AuditDifference[] = []
  for (let look = 0; look < LOOKS; look++) {
    differences = (await Promise.all(routers.map((router) => auditRouter(lab, router)))).flat()
    if (differences.length === 0) break
  }
  return differences
}

async function auditRouter(lab: Lab, device: string): Promise<AuditDifference[]> {
  const [sessions, routes, fib] = await Promise.all([lab.tables.sessions(device), lab.tables.routes(device), lab.tables.fib(device)])
  return [
    ...compare(device, 'session', texts(lab.view.sessionsOf(device), sessionKey, sessionText), texts(sessions, sessionKey, sessionText)),
    ...compare(device, 'route', texts(lab.view.routesOf(device), prefixOf, routeText), texts(routes, prefixOf, routeText)),
    ...compare(device, 'fib', texts(lab.view.fibOf(device), prefixOf, fibText), texts(fib, prefixOf, fibText)),
  ]
}

function compare(
  device: string,
  table: AuditDifference['table'],
  view: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): AuditDifference[] {
  return [...new Set([...view.keys(), ...fresh.keys()])]
    .filter((key) => view.get(key) !== fresh.get(key))
    .map((key) => {
      const [told, seen] = [view.get(key), fresh.get(key)]
      return { device, table, key, ...(told === undefined ? {} : { view: told }), ...(seen === undefined ? {} : { fresh: seen }) }
    })
}

function texts<T>(items: readonly T[], key: (item: T) => string, text: (item: T) => string): Map<string, string> {
  return new Map(items.map((item) => [key(item), text(item)]))
}

function sessionKey(session: Session): string {
  return `${session.localAddress} ${session.peerAddress}`
}

/** Without what moves by itself: counters, the reason's wording, and the states below Established, of whose changes no daemon tells. */
function sessionText(session: Session): string {
  const up = session.state === 'Established'
  return JSON.stringify([up ? 'up' : 'down', session.establishedCount, up && session.addPath.receive, up && session.addPath.send])
}

function prefixOf(route: { readonly prefix: string }): string {
  return route.prefix
}

function routeText(route: Route): string {
  const path = (one: Route['paths'][number]) =>
    JSON.stringify([one.from, one.pathId ?? null, one.nextHop, one.asPath, one.valid, one.best, one.multipath])
  return route.paths.map(path).sort().join(' ')
}

function fibText(route: FibRoute): string {
  const hops = route.nextHops.map((hop) => JSON.stringify([hop.via ?? null, hop.interface, hop.weight])).sort()
  return JSON.stringify([route.protocol, route.metric, hops])
}
