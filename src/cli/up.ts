/** `peerlab up`: brings a topology up and leaves it running, to look and to poke. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { RefusedFiles } from '../engine/refused.ts'
import type { TimerProfile } from '../model/index.ts'
import { TIMER_PROFILES } from '../model/index.ts'
import { keptLines, Terminal } from '../report/index.ts'
import { parseRouters, planJobs, type RouterSet, topologyJob } from '../scenario/index.ts'
import { openEngine } from './engine.ts'
import { Ending, EXIT } from './exit.ts'
import { onInterrupt } from './interrupt.ts'
import { outputTo, printJson } from './output.ts'
import { COMMAND, version } from './package.ts'
import { summaryOf } from './scenario.ts'
import { shownPath, Topologies } from './topology.ts'

interface Options {
  readonly timers: TimerProfile['name']
  readonly routers?: RouterSet
  readonly json?: true
}

export function upCommand(): Command {
  return new Command('up')
    .description('bring a topology up and leave it running')
    .argument('TOPOLOGY', 'a folder of topologies/, or a topology file')
    .addOption(new Option('--timers <PROFILE>', 'BGP, lease and ARP timers').choices(['default', 'fast']).default('fast'))
    .option('--routers <SET>', 'frr, gobgp, mixed, or tor1=frr,tor2=gobgp (default: as the topology says)', oneSet)
    .option('--json', 'for machines')
    .action(async (topology: string, options: Options) => {
      process.exitCode = await up(topology, options)
    })
}

export function oneSet(text: string): RouterSet {
  const parsed = parseRouters(text)
  if ('error' in parsed) throw new InvalidArgumentError(parsed.error)
  const [set] = parsed.sets
  if (set === undefined || parsed.sets.length > 1) throw new InvalidArgumentError('one lab has one set of routers.')
  return set
}

async function up(topology: string, options: Options): Promise<number> {
  const output = outputTo(options.json ? process.stderr : process.stdout)
  const topologies = new Topologies(options.timers)
  const planned = await planJobs([topologyJob(topology, options.routers)], topologies.load)
  topologies.check(planned.diagnostics, output)
  const [job] = planned.jobs
  if (job === undefined || planned.unknown.length > 0) throw new Ending(EXIT.usage, planned.unknown.join('\n'))
  const interrupt = onInterrupt(output.aside)
  try {
    const engine = await openEngine()
    const runner = await engine.runner()
    await engine.reap()
    const terminal = new Terminal(output.screen, { style: output.style, shown: shownPath, command: COMMAND })
    terminal.start(version(), engine.description, TIMER_PROFILES[options.timers])
    const started = performance.now()
    const lab = await runner.open(job.plan, { keep: true, signal: interrupt.signal, onProgress: (text) => terminal.progress(text) })
    terminal.lab({ ...summaryOf(lab), upTime: Math.round((performance.now() - started) * 1000) })
    if (options.json) printJson({ id: lab.id, engine: lab.engine, topology: job.plan.name, routers: lab.routerVersions })
    else for (const line of keptLines(lab.id, COMMAND)) output.line(`  ${line}`)
    return EXIT.pass
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted
    if (error instanceof Ending || error instanceof RefusedFiles) throw error
    throw new Ending(EXIT.environment, `the lab did not come up: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    interrupt.dispose()
  }
}
