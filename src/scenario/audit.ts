/**
 * The end of a run: the state built from events must equal a fresh full read of every router. A difference that stays is a bug in our watching.
 * A safety net, and marked as such: nothing of a verdict rests on it.
 */
import type { Lab } from '../engine/lab.ts'
import { type FibRoute, fibNextHops, type LabEvent, type Micros, type Route, SECOND, type Session } from '../model/index.ts'
import { type Alarm, realAlarm } from './wait.ts'

/** What is still moving gets this many chances to come to rest, each woken by the next record or ended after a second. */
const CHANCES = 8

export async function audit(lab: Lab, alarm: Alarm = realAlarm(lab)): Promise<readonly string[]> {
  let differences: string[] = []
  for (let chance = 0; chance < CHANCES; chance++) {
    if (chance > 0) await nextChange(lab, alarm)
    differences = (await Promise.all(poweredRouters(lab).map((router) => auditRouter(lab, router)))).flat()
    if (differences.length === 0) return []
  }
  return differences.map((difference) => `the state built from events is not what the device says: ${difference}`)
}

function poweredRouters(lab: Lab): string[] {
  const off = new Set<string>()
  for (const event of lab.events.all) {
    if (event.type !== 'fault') continue
    if (event.fault === 'power-off') off.add(event.device)
    else if (event.fault === 'power-on') off.delete(event.device)
  }
  return lab.plan.routers.map((router) => router.name).filter((name) => !off.has(name))
}

async function auditRouter(lab: Lab, router: string): Promise<string[]> {
  const [sessions, routes, fib] = await Promise.all([lab.tables.sessions(router), lab.tables.routes(router), lab.tables.fib(router)])
  return [
    ...compare(router, 'session', sessions.map(sessionLine), lab.view.sessionsOf(router).map(sessionLine)),
    ...compare(router, 'route', routes.filter((route) => route.paths.length > 0).map(routeLine), lab.view.routesOf(router).map(routeLine)),
    ...compare(router, 'kernel route', fib.filter((route) => route.nextHops.length > 0).map(fibLine), lab.view.fibOf(router).map(fibLine)),
  ]
}

function compare(router: string, what: string, fresh: readonly string[], built: readonly string[]): string[] {
  const freshSet = new Set(fresh)
  const builtSet = new Set(built)
  return [
    ...fresh.filter((line) => !builtSet.has(line)).map((line) => `${router} has the ${what} ${line}; the events do not say so`),
    ...built.filter((line) => !freshSet.has(line)).map((line) => `the events say that ${router} has the ${what} ${line}; it does not`),
  ]
}

function sessionLine(session: Session): string {
  const { localAddress, peerAddress, state, addPath } = session
  // The states on the way up follow each other faster than two reads: they count as one.
  const shown = state === 'Established' ? `Established, ADD-PATH receive ${addPath.receive ? 'on' : 'off'}` : 'not Established'
  return `${localAddress} – ${peerAddress} (${shown})`
}

function routeLine(route: Route): string {
  const paths = route.paths.map((path) => `${path.nextHop} from ${path.from}${path.multipath ? ' used' : ''}`).sort()
  return `${route.prefix} via ${paths.join(', ')}`
}

function fibLine(route: FibRoute): string {
  return `${route.prefix} via ${fibNextHops(route).join(', ')}`
}

/** The next record that can change a table, or a second. */
function nextChange(lab: Lab, alarm: Alarm): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe()
      stop()
      resolve()
    }
    const unsubscribe = lab.events.subscribe((event: LabEvent) => {
      if (event.type === 'session' || event.type === 'route' || event.type === 'fib' || event.type === 'session-removed') end()
    })
    const deadline: Micros = lab.now() + SECOND
    const stop = alarm(deadline, end)
  })
}
