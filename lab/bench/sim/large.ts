/** Measures one large lab in a process of its own, and prints the sample. `node … large.ts NODES TORS VIPS NEXT_HOPS` */
import { Simulation } from '../../../src/engine/sim/simulation.ts'
import { SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { loadTopology } from '../../../src/topology/load.ts'
import type { LargeSample } from './terms.ts'
import { filesOf, VIPS } from './topology.ts'

const [nodes = 0, tors = 0, vips = 0, nextHops = 0] = process.argv.slice(2).map(Number)
const size = { nodes, tors, vips, nextHops }
/** Longer than any network takes from cold. */
const PATIENCE = 120 * SECOND
/** Between two looks. */
const STEP = SECOND / 50

const files = filesOf(size)
const began = performance.now()
const { plan, diagnostics } = loadTopology(
  {
    file: 'topology.yaml',
    text: files.topology,
    read: (name) => (name === 'cluster.yaml' ? { file: name, text: files.cluster } : undefined),
  },
  { timers: TIMER_PROFILES.default },
)
if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
const planned = performance.now()

const simulation = new Simulation(plan)
const { queue, view } = simulation
const routers = plan.routers.map((router) => router.name)
const torNames = routers.filter((name) => name !== 'core')
const isVip = (prefix: string) => prefix.startsWith(VIPS)

function converged(): boolean {
  return (
    routers.every((name) => view.fibOf(name).filter((route) => isVip(route.prefix)).length >= vips) &&
    torNames.every((name) =>
      view
        .routesOf(name)
        .every(
          (route) =>
            !isVip(route.prefix) || new Set(usedHops(route.paths)).size === nextHops || route.prefix === `${plan!.cluster.model.cpVip}/32`,
        ),
    )
  )
}

function usedHops(paths: readonly { readonly nextHop: string; readonly multipath: boolean }[]): string[] {
  return paths.filter((path) => path.multipath).map((path) => path.nextHop)
}

simulation.launch(() => {})
let holds = false
for (let look = STEP; !holds && look <= PATIENCE; look += STEP) {
  for (let next = queue.next; next !== undefined && next <= look; next = queue.next) queue.step()
  holds = converged()
}
if (!holds) throw new Error(`not converged after ${PATIENCE / SECOND} s of virtual time`)
const ended = performance.now()
const { user, system } = process.cpuUsage()
const sessions = routers.flatMap((name) => view.sessionsOf(name)).filter((session) => session.state === 'Established')
const sample: LargeSample = {
  type: 'large',
  ...size,
  planSeconds: (planned - began) / 1000,
  seconds: (ended - planned) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  virtualSeconds: simulation.now / SECOND,
  sessions: sessions.length,
  paths: routers.flatMap((name) => view.routesOf(name)).reduce((sum, route) => sum + route.paths.length, 0),
  events: simulation.log.all.length,
}
console.log(JSON.stringify(sample))
