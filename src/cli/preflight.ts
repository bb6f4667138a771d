/** `peerlab preflight`: tries on the network alone what a cluster's control plane will need of it (R34), and says what is wrong and what to do. */
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { cellsOf, type PreflightReport } from '../cluster/preflight/index.ts'
import type { Lab } from '../engine/lab.ts'
import { RefusedFiles } from '../engine/refused.ts'
import { TIMER_PROFILES, type TimerProfile } from '../model/index.ts'
import { preflight } from '../preflight/index.ts'
import { Terminal } from '../report/index.ts'
import { type Engine, planJobs, type RouterSet, topologyJob } from '../scenario/index.ts'
import type { Plan } from '../topology/plan.ts'
import { Ending, EXIT } from './exit.ts'
import { type Interrupt, onInterrupt } from './interrupt.ts'
import { type Output, outputTo, printJson } from './output.ts'
import { COMMAND, version } from './package.ts'
import { interruptedLine, matrixLines, verdictLine } from './preflight-lines.ts'
import { PreflightLog } from './preflight-log.ts'
import { summaryOf } from './scenario.ts'
import { shownPath, Topologies } from './topology.ts'
import { oneSet } from './up.ts'
import { ENGINES, type EngineName, type Machine, openRunner, whichEngine } from './which-engine.ts'
import { checkWritable } from './writable.ts'

interface Options {
  readonly timers: TimerProfile['name']
  readonly routers?: RouterSet
  readonly workspace: string
  readonly engine?: EngineName
  readonly json?: string
}

export function preflightCommand(machine: Machine): Command {
  return new Command('preflight')
    .description('try on the network alone, before there is a cluster, what its control plane will need: every node with every peer')
    .argument('TOPOLOGY', 'a folder of topologies/, or a topology file')
    .addOption(new Option('--timers <PROFILE>', 'BGP timers').choices(['default', 'fast']).default('fast'))
    .option('--routers <SET>', 'frr, gobgp, mixed, or tor1=frr,tor2=gobgp (default: as the topology says)', oneSet)
    .addOption(
      new Option('--engine <ENGINE>', 'what the lab runs on (default: docker; where there is no Docker engine, sim)').choices([...ENGINES]),
    )
    .option('--workspace <FOLDER>', 'where <cluster>/log/ gets a folder for this run', 'out')
    .option('--json <FILE>', 'write the report there too; - is standard output')
    .action(async (topology: string, options: Options) => {
      process.exitCode = await runPreflight(topology, options, machine)
    })
}

async function runPreflight(topology: string, options: Options, machine: Machine): Promise<number> {
  const output = outputTo(options.json === '-' ? process.stderr : process.stdout)
  const plan = await planOf(topology, options, output)
  if (options.json !== undefined && options.json !== '-') await checkWritable('--json', options.json)
  const interrupt = onInterrupt(output.aside)
  try {
    const choice = whichEngine(options.engine, `preflight ${topology}`, machine)
    if (choice.notice !== undefined) output.line(choice.notice)
    return await onLab(plan, await openRunner(choice.engine), options, output, interrupt)
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    interrupt.dispose()
  }
}

async function planOf(topology: string, options: Options, output: Output): Promise<Plan> {
  const topologies = new Topologies(options.timers)
  const job = { ...topologyJob(topology, options.routers), topology: { agents: false } }
  const planned = await planJobs([job], topologies.load)
  topologies.check(planned.diagnostics, output)
  const plan = planned.jobs[0]?.plan
  if (plan === undefined || planned.unknown.length > 0) throw new Ending(EXIT.usage, planned.unknown.join('\n'))
  if (cellsOf(plan.cluster.model).length === 0)
    throw new Ending(
      EXIT.usage,
      `no control-plane node of ${plan.cluster.name} has a BGP peer: there is nothing to try`,
      'see spec.loadBalancer.bgpPeers',
    )
  return plan
}

async function onLab(plan: Plan, runner: Engine, options: Options, output: Output, interrupt: Interrupt): Promise<number> {
  const started = performance.now()
  const startedAt = new Date()
  const terminal = new Terminal(output.screen, { style: output.style, shown: shownPath, command: COMMAND })
  terminal.start(version(), runner.description, TIMER_PROFILES[options.timers])
  const folder = await logFolder(join(options.workspace, plan.cluster.name, 'log'), startedAt)
  const lab = await opened(
    () => runner.open(plan, { keep: false, signal: interrupt.signal, onProgress: (text) => terminal.progress(text) }),
    interrupt,
  )
  const log = new PreflightLog(folder, lab)
  const run = (left: readonly string[]) => ({
    length: Math.round((performance.now() - started) * 1000),
    left: left.length,
    log: shownPath(log.path),
  })
  let report: PreflightReport
  try {
    terminal.lab({ ...summaryOf(lab), upTime: Math.round((performance.now() - started) * 1000) })
    ;({ report } = await log.around(() => preflight(lab, { signal: interrupt.signal, progress: (text) => terminal.progress(text) })))
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    await lab.close()
    output.line(interruptedLine(run(await runner.leftovers(lab.id)), output.style))
    return EXIT.interrupted
  } finally {
    await lab.close()
  }
  const left = await runner.leftovers(lab.id)
  const document = documentOf(plan, lab, options, startedAt, report, left)
  await log.report(document, options.json === '-' ? undefined : options.json)
  if (options.json === '-') printJson(document)
  terminal.progress('')
  for (const line of matrixLines(report, plan, output.style, output.screen.columns)) output.line(line)
  output.line()
  output.line(verdictLine(report, run(left), output.style))
  return report.passed && left.length === 0 ? EXIT.pass : EXIT.failed
}

/** Before there is a lab: what is wrong with the command line is told at once. */
async function logFolder(base: string, now: Date): Promise<string> {
  try {
    return await PreflightLog.folder(base, now)
  } catch (error) {
    throw new Ending(EXIT.usage, `--workspace: ${shownPath(base)} cannot be made: ${(error as Error).message}`)
  }
}

async function opened(open: () => Promise<Lab>, interrupt: Interrupt): Promise<Lab> {
  try {
    return await open()
  } catch (error) {
    if (interrupt.signal.aborted || error instanceof Ending || error instanceof RefusedFiles) throw error
    throw new Ending(EXIT.environment, `the lab did not come up: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function documentOf(plan: Plan, lab: Lab, options: Options, startedAt: Date, report: PreflightReport, left: readonly string[]) {
  return {
    peerlab: version(),
    cluster: plan.cluster.name,
    topology: plan.name,
    startedAt: startedAt.toISOString(),
    engine: lab.engine,
    routers: lab.routerVersions,
    timers: options.timers,
    ...report,
    leftBehind: left,
  }
}
