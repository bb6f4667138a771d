/** `peerlab scenario`: runs scenarios, or their negative controls, and says how they ended. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type ScenarioResult, TIMER_PROFILES, type TimerProfile } from '../model/index.ts'
import { agrees, type ComparedRun, comparisonLines, type FidelityReport } from '../report/fidelity/index.ts'
import { runReport, Terminal } from '../report/index.ts'
import { findScenarios } from '../scenario/host/index.ts'
import {
  type Found,
  fitFor,
  type Job,
  parseRouters,
  planJobs,
  type Reporter,
  type RouterSet,
  runJobs,
  selectJobs,
  type Unfit,
} from '../scenario/index.ts'
import { fitForBoth, runBoth, SIDES } from './both.ts'
import { lostEngine } from './engine.ts'
import { Ending, EXIT } from './exit.ts'
import { onInterrupt } from './interrupt.ts'
import { type Output, outputTo, printJson } from './output.ts'
import { COMMAND, packageRoot, version } from './package.ts'
import { RunFolder } from './run-folder.ts'
import { runSeeds } from './seeds.ts'
import { onStray } from './stray.ts'
import { shownPath, Topologies } from './topology.ts'
import { ENGINES, type EngineName, type Machine, openRunner, whichEngine } from './which-engine.ts'
import { checkWritable } from './writable.ts'

interface Options {
  readonly list?: true
  readonly grep?: string
  readonly json?: string
  readonly keep?: true
  readonly ahead?: true
  readonly repeatEach: number
  readonly timers: TimerProfile['name']
  readonly routers?: readonly RouterSet[]
  readonly controls?: true
  readonly scenarios?: string
  readonly engine?: EngineName | 'both'
  readonly seed?: string
  readonly seeds?: number
}

export function scenarioCommand(machine: Machine): Command {
  return new Command('scenario')
    .description('run scenarios on real routers or in the simulator, each on a lab of its own')
    .argument('[NAME...]', 'scenarios, or one variant of one: node-failure, node-failure/lb-node, or a file')
    .option('-l, --list', 'say which there are, and run none')
    .option('-g, --grep <PATTERN>', 'only those whose name or title has it')
    .option('--json <FILE>', 'write the report there too; - is standard output')
    .option('--keep', 'leave the labs running, faults in force')
    .option('--ahead', 'bring the next lab up while a scenario runs: sooner done, times less exact')
    .option('--repeat-each <N>', 'run each N times', positive, 1)
    .addOption(new Option('--timers <PROFILE>', 'BGP, lease and ARP timers').choices(['default', 'fast']).default('fast'))
    .option('--routers <SET>', 'frr, gobgp, mixed, all, or tor1=frr,tor2=gobgp (default: all; with --controls: mixed)', routers)
    .option('--controls', 'run the negative controls: each must fail at its named assertions')
    .addOption(
      new Option(
        '--engine <ENGINE>',
        'what labs run on; both: each on real routers and simulated, and what differs (default: docker; where there is no Docker engine, sim)',
      ).choices([...ENGINES, 'both']),
    )
    .option('--seed <TEXT>', 'of every chance, latency and moment of a start; with --engine sim')
    .option('--seeds <N>', 'run each over seeds 1 to N, until one breaks it; with --engine sim', positive)
    .option('--scenarios <FOLDER>', 'where scenario files are (default: ./scenarios)')
    .action(async (names: string[], options: Options) => {
      process.exitCode = await runScenarios(names, options, machine)
    })
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('write a number from 1.')
  return Number(text)
}

function routers(text: string): readonly RouterSet[] {
  const parsed = parseRouters(text)
  if ('error' in parsed) throw new InvalidArgumentError(parsed.error)
  return parsed.sets
}

async function runScenarios(names: readonly string[], options: Options, machine: Machine): Promise<number> {
  const output = outputTo(options.json === '-' ? process.stderr : process.stdout)
  const found = await loadScenarios(names, options.scenarios)
  const chosen = names.filter((name) => !namesFile(name))
  const controls = options.controls === true
  // A lab with one router of each kind shows every assertion failing at both.
  const sets = options.routers ?? setsOf(controls ? 'mixed' : 'all')
  const grep = options.grep === undefined ? {} : { grep: options.grep }
  const both = options.engine === 'both'
  const choice = options.engine === 'both' ? BOTH : whichEngine(options.engine, ['scenario', ...names].join(' '), machine)
  const jobs = selectJobs(found, {
    names: chosen,
    ...grep,
    controls,
    routers: sets,
    repeat: options.repeatEach,
    // In virtual time nothing takes long.
    slow: options.list === true || choice.engine === 'sim',
  })
  if (jobs.length === 0) {
    const all = found.map((each) => each.name).join(', ')
    throw new Ending(EXIT.nothing, 'no scenario matches', all === '' ? 'there are no scenario files' : `there are: ${all}`)
  }
  if (options.list) {
    list(jobs, choice.engine === 'sim', output)
    return EXIT.pass
  }

  const keep = options.keep === true
  checkFor(options.engine ?? choice.engine, options)
  const topologies = new Topologies(options.timers)
  const planned = await planJobs(jobs, topologies.load)
  topologies.check(planned.diagnostics, output)
  if (planned.unknown.length > 0) throw new Ending(EXIT.usage, planned.unknown.join('\n'))

  const interrupt = onInterrupt(output.aside)
  try {
    if (choice.notice !== undefined) output.line(choice.notice)
    const told = (line: string) => output.error(line)
    const { seed } = options
    const seeded = seed === undefined ? {} : { seed }
    const engine = await openRunner(choice.engine, seeded, told)
    const simulator = both ? await openRunner('sim', seeded, told) : undefined
    if (options.json !== undefined && options.json !== '-') await checkWritable('--json', options.json)
    const { fit, unfit } = simulator === undefined ? fitFor(engine, planned.jobs) : fitForBoth(engine, simulator, planned.jobs)
    const notRun = notRunLines(unfit)
    if (fit.length === 0)
      throw new Ending(EXIT.nothing, `nothing that ${both ? 'both engines' : `the ${choice.engine} engine`} can run: ${notRun.join('; ')}`)

    const started = performance.now()
    const startedAt = new Date()
    const folder = await RunFolder.create(startedAt)
    const timers = TIMER_PROFILES[options.timers]
    const terminal = new Terminal(output.screen, {
      style: output.style,
      shown: shownPath,
      command: COMMAND,
      chosenBy: (name) => wordsFor(name, names, found, options),
      names: fit.map(({ job }) => job.name),
      simulated: choice.engine === 'sim',
    })
    const description = both ? `${engine.description}, and simulated` : engine.description
    terminal.start(version(), description, timers)
    const running = {
      signal: interrupt.signal,
      ahead: options.ahead === true,
      onStray,
      reporter: {
        onProgress: (job, text) => terminal.progress(`${job.name}: ${text}`),
        onUp: (_, lab, upTime) => terminal.lab({ ...summaryOf(lab), upTime }),
        onEvent: (job, event) => {
          if (event.type === 'step' && event.phase === 'start') terminal.progress(`${job.name} › ${event.name}`)
        },
        onResult: (result, events, kept) => terminal.result(result, events, kept),
      } satisfies Reporter,
    }
    const { seeds } = options
    const runs: ComparedRun[] = []
    const onCompared = (run: ComparedRun) => {
      runs.push(run)
      terminal.note(comparisonLines(run, SIDES, output.style))
    }
    const alone = { ...running, keep, log: (job: Job) => folder.log(job) }
    const results =
      simulator !== undefined
        ? await runBoth(fit, { ...running, real: engine, simulator, timers, log: (job, side) => folder.log(job, side), onCompared })
        : seeds === undefined
          ? await runJobs(fit, { ...alone, engine })
          : await runSeeds(fit, { ...alone, seeds, engineFor: (each) => openRunner('sim', { seed: each }) })
    const interrupted = interrupt.signal.aborted
    const duration = Math.round((performance.now() - started) * 1000)
    const about = {
      peerlab: version(),
      startedAt: startedAt.toISOString(),
      engine: description,
      timers,
      duration,
      controls,
      interrupted,
      notRun,
    }
    const report = runReport(about, results)
    await folder.report(report, options.json === '-' ? undefined : options.json)
    if (options.json === '-') printJson(report)
    if (both)
      await folder.json('fidelity.json', { peerlab: version(), startedAt: about.startedAt, timers, runs, notRun } satisfies FidelityReport)
    for (const line of notRun) output.line(`  – ${line}`)
    if (both) output.line(`\n  ${runs.filter(agrees).length} of ${runs.length} the same on ${SIDES.a} and in ${SIDES.b}`)
    terminal.end(results, duration, shownPath(join(folder.path, '..', 'last', 'report.json')), keep)
    const code = runs.every(agrees) ? exitCode(results, interrupted) : EXIT.failed
    const lost = code === EXIT.failed ? await lostEngine() : undefined
    if (lost !== undefined) throw lost
    return code
  } finally {
    interrupt.dispose()
  }
}

/** Where a simulator runs beside it, real routers come first. */
const BOTH = { engine: 'docker', notice: undefined } as const

/** What an engine does not have is said before anything runs. */
function checkFor(engine: EngineName | 'both', { keep, seed, seeds, controls }: Options): void {
  if (engine === 'both')
    for (const [option, given] of Object.entries({ '--keep': keep, '--seeds': seeds, '--controls': controls }))
      if (given !== undefined)
        throw new Ending(EXIT.usage, `${option}: not with --engine both, which compares runs that pass`, 'choose sim or docker')
  if (engine === 'sim' && keep === true)
    throw new Ending(EXIT.usage, '--keep: a simulated lab ends with this process', 'run it with --engine docker to look into it afterwards')
  if (engine === 'docker' && (seed !== undefined || seeds !== undefined))
    throw new Ending(EXIT.usage, `${seed === undefined ? '--seeds' : '--seed'}: real routers have none`, 'run it with --engine sim')
  if (seed !== undefined && seeds !== undefined)
    throw new Ending(EXIT.usage, '--seed names one seed, --seeds runs over many: give one of them')
}

/** Each job once, whatever its routers. */
function notRunLines(unfit: readonly Unfit[]): string[] {
  return [
    ...new Set(
      unfit.map(
        ({ job, why }) => `${job.name}${job.control === undefined ? '' : ` (${job.control.name})`} not run: it ${why}: --engine docker`,
      ),
    ),
  ]
}

/** What chooses this scenario anew: its name finds it only where this command looked for it. */
export function wordsFor(
  name: string,
  given: readonly string[],
  found: readonly Pick<Found, 'name' | 'file'>[],
  { scenarios, timers }: Pick<Options, 'scenarios' | 'timers'>,
): string[] {
  const { file } = found.find((each) => name === each.name || name.startsWith(`${each.name}/`)) ?? {}
  const path = given.find((each) => namesFile(each) && resolve(each) === file)
  const where = path !== undefined ? [path] : scenarios === undefined ? [] : ['--scenarios', scenarios]
  return [...where, name, ...(timers === 'fast' ? [] : ['--timers', timers])]
}

export function exitCode(results: readonly Pick<ScenarioResult, 'verdict'>[], interrupted: boolean): number {
  if (interrupted) return EXIT.interrupted
  return results.every((result) => result.verdict === 'passed') ? EXIT.pass : EXIT.failed
}

function setsOf(name: string): readonly RouterSet[] {
  const parsed = parseRouters(name)
  return 'sets' in parsed ? parsed.sets : []
}

function namesFile(name: string): boolean {
  return /\.(?:ts|js|mjs)$/.test(name)
}

async function loadScenarios(names: readonly string[], folder: string | undefined): Promise<readonly Found[]> {
  const files = names.filter(namesFile)
  for (const file of files) if (!existsSync(file)) throw new Ending(EXIT.usage, `there is no file ${file}`)
  if (folder !== undefined && !existsSync(folder)) throw new Ending(EXIT.usage, `there is no folder ${folder}`)
  const own = [join(process.cwd(), 'scenarios'), join(packageRoot, 'dist/scenarios'), join(packageRoot, 'scenarios')]
  const places = files.length > 0 ? files : [folder ?? own.find((place) => existsSync(place)) ?? own[0]!]
  const loaded = await Promise.all(places.map((place) => findScenarios(place)))
  for (const { file, error } of loaded.flatMap((each) => each.failures)) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new Ending(EXIT.usage, `${shownPath(file)}${placeIn(file, error)} cannot be loaded: ${why}`)
  }
  return loaded.flatMap((each) => each.found)
}

/** `:4:1`, as far as the error says where in the file it is: a syntax error's stack begins with it, others have it in a frame. */
export function placeIn(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = stack.indexOf(`${file}:`)
  return at < 0 ? '' : (/^(?::\d+){1,2}/.exec(stack.slice(at + file.length))?.[0] ?? '')
}

/** `all`: also the slow ones run without being asked for. */
function list(jobs: readonly Job[], all: boolean, output: Output): void {
  const seen = new Set<string>()
  const width = Math.max(...jobs.map((job) => job.name.length))
  for (const job of jobs) {
    const line = `${job.name.padEnd(width)}  ${job.control === undefined ? job.title : `control: ${job.control.name}`}${job.variant?.slow === true && !all ? ' (slow: only by its whole name)' : ''}`
    if (seen.has(line)) continue
    seen.add(line)
    output.line(line)
  }
}

/** What the heading of a lab says. */
export function summaryOf(lab: Pick<import('../engine/lab.ts').Lab, 'plan' | 'routerVersions'>) {
  const { plan } = lab
  return {
    topology: plan.name,
    routers: plan.routers
      .filter((router) => router.neighbors.some((neighbor) => neighbor.passive))
      .map((router) => lab.routerVersions[router.name] ?? `${router.name} ${router.kind}`),
    nodes: plan.nodes.length,
    floatingIps: plan.cluster.model.floatingIPs.length,
    vips: new Set(plan.cluster.services.map((service) => service.vip)).size,
  }
}
