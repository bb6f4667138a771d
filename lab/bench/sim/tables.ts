/** What the samples come to, as tables. */
import { spreadOf } from '../statistics.ts'
import { duration, memory, type Table, withSpread } from '../text.ts'
import type { LargeSample, SimRecord } from './terms.ts'

export function aboutRun({ measuredAt, machine, runs }: SimRecord): string {
  const { cpu, cores, memoryBytes, node } = machine
  return `Measured ${measuredAt.slice(0, 10)} on ${cores} × ${cpu}, ${memory(memoryBytes)}, Node ${node}; ${runs} run(s) of each, one process at a time.`
}

export function tablesOf({ samples }: SimRecord): Table[] {
  const large = samples.filter((sample): sample is LargeSample => sample.type === 'large')
  const first = samples.filter((sample) => sample.type === 'first-verdict')
  const all = samples.filter((sample) => sample.type === 'all')
  const small = [
    [`from the start of the command line to the first verdict (${first[0]?.scenario ?? 'none'})`, shown(first.map((each) => each.seconds))],
    [`all ${all[0]?.scenarios ?? 0} scenarios, one of each router, one process`, shown(all.map((each) => each.seconds))],
  ]
  const sweeps = samples.filter((sample) => sample.type === 'sweep')
  if (sweeps.length > 0)
    small.push([`all ${sweeps[0]?.failures} single failures of the three examples, one command`, shown(sweeps.map((each) => each.seconds))])
  return [{ title: 'scenarios', columns: ['what', 'wall'], rows: small }, largeTable(large)]
}

function largeTable(samples: readonly LargeSample[]): Table {
  const sizes = [...Map.groupBy(samples, ({ nodes, tors, vips, nextHops }) => `${nodes} ${tors} ${vips} ${nextHops}`).values()]
  return {
    title: 'converge from cold',
    columns: ['nodes', 'ToRs', 'VIPs × next hops', 'sessions', 'paths', 'wall', 'CPU of the process', 'CPU per path', 'peak memory'],
    rows: sizes.map((of) => {
      const [one] = of
      if (one === undefined) return []
      const { nodes, tors, vips, nextHops, sessions, paths } = one
      return [
        String(nodes),
        String(tors),
        `${vips} × ${nextHops}`,
        String(sessions),
        String(paths),
        shown(of.map((each) => each.seconds)),
        shown(of.map((each) => each.cpuSeconds)),
        `${((1e6 * (spreadOf(of.map((each) => each.cpuSeconds))?.median ?? 0)) / paths).toFixed(1)} µs`,
        withSpread(spreadOf(of.map((each) => each.peakBytes))!, memory),
      ]
    }),
    notes: [
      'Agents on all nodes, the VIPs’ rules on the load-balancer nodes, the API in band. Sessions are counted at the routers, those among them at both ends.',
      'Paths: in the routers’ BGP tables at the end.',
    ],
  }
}

function shown(values: readonly number[]): string {
  const spread = spreadOf(values)
  return spread === undefined ? 'not measured' : withSpread(spread, duration)
}
