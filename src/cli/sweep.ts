/** `peerlab sweep TOPOLOGY…`: every single failure, or every pair, in the simulator: which VIPs survive it, and what would have saved the others. */
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { FAILURE_KINDS, type FailureKind, nearest, SECOND, type SweepCase, type SweepResult, type TimerProfile } from '../model/index.ts'
import { sweepLines, sweepPage } from '../report/sweep/index.ts'
import { planJobs, type RouterSet, topologyJob } from '../scenario/index.ts'
import type { Plan } from '../topology/plan.ts'
import { Ending, EXIT } from './exit.ts'
import { onInterrupt } from './interrupt.ts'
import { type Output, outputTo, printJson } from './output.ts'
import { Pool } from './sweep/pool.ts'
import { Progress } from './sweep/progress.ts'
import { ReportFolder } from './sweep/report.ts'
import { shownPath, Topologies, topologyFile } from './topology.ts'
import { oneSet } from './up.ts'

interface Options {
  readonly kinds: readonly FailureKind[]
  readonly together: 1 | 2
  readonly json?: true
  readonly report?: string
  readonly timers: TimerProfile['name']
  readonly routers?: RouterSet
  readonly seed?: string
}

const HELP = `
Kinds of failures: node and router (power), link (cable), session (reset at the router), floating-ip (taken out of the
gateway). A VIP is lost for good when a source that itself lives cannot reach it until somebody repairs.

Ends with 0 where no VIP is lost for good, with 1 where one is, and with 130 where it was interrupted.`

export function sweepCommand(): Command {
  return new Command('sweep')
    .description('try every failure of a topology in the simulator: which VIPs survive it, and what would have saved the others')
    .argument('<TOPOLOGY...>')
    .option('--kinds <KINDS>', `of failures: ${FAILURE_KINDS.join(',')} (default: all)`, kinds, FAILURE_KINDS)
    .addOption(new Option('-k, --together <K>', 'so many failures at one moment: 1 or 2').argParser(together).default(1))
    .option('--json', 'for machines')
    .option('--report <DIR>', 'write a page (sweep.html) and sweep.json there')
    .addOption(new Option('--timers <PROFILE>', 'BGP, lease and ARP timers').choices(['default', 'fast']).default('default'))
    .option('--routers <SET>', 'frr, gobgp, mixed, or tor1=frr,tor2=gobgp (default: as the topology says)', oneSet)
    .option('--seed <TEXT>', 'of every chance (default: the name of the topology)')
    .addHelpText('after', HELP)
    .action(async (topologies: string[], options: Options) => {
      process.exitCode = await sweep(topologies, options)
    })
}

function kinds(text: string): readonly FailureKind[] {
  const named = text.split(',').map((each) => each.trim())
  for (const each of named) {
    if (FAILURE_KINDS.some((kind) => kind === each)) continue
    const meant = nearest(each, FAILURE_KINDS)
    throw new InvalidArgumentError(
      `there is no kind ${JSON.stringify(each)}; ${meant === undefined ? `there are ${FAILURE_KINDS.join(', ')}` : `did you mean ${meant}?`}`,
    )
  }
  return FAILURE_KINDS.filter((kind) => named.includes(kind))
}

function together(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('write 1 or 2.')
  return text === '1' ? 1 : 2
}

function aboutOf({ name, holdTimeSeconds, leaseDuration }: TimerProfile): string {
  return `Simulated, with the timers "${name}": hold time ${holdTimeSeconds} s, lease ${leaseDuration / SECOND} s`
}

/** One topology that is to be swept. */
interface Subject {
  readonly name: string
  readonly plan: Plan
  readonly texts: Topologies['texts']
  readonly report: ReportFolder | undefined
}

async function sweep(names: readonly string[], options: Options): Promise<number> {
  const output = outputTo(options.json ? process.stderr : process.stdout)
  const subjects: Subject[] = []
  for (const name of [...new Set(names)]) subjects.push(await subjectOf(name, names.length > 1, options, output))
  const progressOutput = outputTo(process.stderr)
  const interrupt = onInterrupt(progressOutput.aside)
  const pool = new Pool()
  // One record for one topology; a list where several were asked for.
  const records: unknown[] = []
  const print = () => options.json && records.length > 0 && printJson(names.length === 1 ? records[0] : records)
  let code: number = EXIT.pass
  try {
    for (const [index, subject] of subjects.entries()) {
      if (index > 0 && !options.json) output.line()
      const verdict = await sweepOne(subject, options, {
        pool,
        output,
        progressOutput,
        signal: interrupt.signal,
        record: (each) => records.push(each),
      })
      code = Math.max(code, verdict)
      if (verdict === EXIT.interrupted) break
    }
  } catch (error) {
    // What was found before is not lost with a report that cannot be written.
    print()
    throw error
  } finally {
    await pool.close()
    interrupt.dispose()
  }
  print()
  return code
}

/** Reads a topology's files, and makes the place of its report. Ends where it cannot be swept. */
async function subjectOf(name: string, several: boolean, options: Options, output: Output): Promise<Subject> {
  const topologies = new Topologies(options.timers)
  const planned = await planJobs([topologyJob(name, options.routers)], topologies.load)
  topologies.check(planned.diagnostics, output)
  const plan = planned.jobs[0]?.plan
  if (plan === undefined || planned.unknown.length > 0) throw new Ending(EXIT.usage, planned.unknown.join('\n'))
  for (const { name: router, config } of plan.routers)
    if (config !== undefined)
      throw new Ending(
        EXIT.usage,
        `${router}: ${config.file} is a configuration for the daemon itself, and a sweep is simulated`,
        "leave the router's `config` out of the topology",
      )
  const folder = options.report === undefined || !several ? options.report : join(options.report, plan.name)
  return { name, plan, texts: topologies.texts, report: folder === undefined ? undefined : await ReportFolder.create(folder) }
}

interface Means {
  readonly pool: Pool
  readonly output: Output
  readonly progressOutput: Output
  readonly signal: AbortSignal
  /** Takes what machines are told. */
  readonly record: (found: unknown) => void
}

/** Answers its exit code. */
async function sweepOne({ name, plan, texts, report }: Subject, options: Options, means: Means): Promise<number> {
  const { pool, output, progressOutput, signal } = means
  const { batchesOf, combinations, explained, failuresOf, Files, worstFirst } = await import('../engine/sim/sweep/index.ts')
  const cases = combinations(failuresOf(plan, options.kinds), options.together)
  if (cases.length === 0) throw new Ending(EXIT.nothing, `${plan.name} has nothing of these kinds that could fail`)
  const started = performance.now()
  const progress = new Progress(progressOutput.screen, cases.length, () => performance.now())
  try {
    const onCase = (found: SweepCase) => progress.step(found.name)
    const { cases: tried, lostBefore } = await pool.sweep({ plan, seed: options.seed, batches: batchesOf(cases), signal, onCase })
    progress.end()
    const files = new Files({ topologyFile: shownPath(topologyFile(name)), clusterFile: plan.cluster.file, texts })
    const found = worstFirst(tried.map((each) => explained(plan, files, each)))
    const result: SweepResult = { topology: plan.name, cases: found, lostBefore }
    const wall = Math.round((performance.now() - started) * 1000)
    const record = { timers: plan.timers, duration: wall, complete: tried.length === cases.length, ...result }
    means.record(record)
    if (!options.json) for (const line of sweepLines(result, { style: output.style, wall })) output.line(line)
    if (report !== undefined) {
      await report.write({ page: sweepPage(result, { about: aboutOf(plan.timers) }), data: `${JSON.stringify(record, null, 2)}\n` })
      output.line(`  page: ${shownPath(report.page)}`)
    }
    if (signal.aborted) {
      output.error(`interrupted: ${tried.length} of ${cases.length} tried`)
      return EXIT.interrupted
    }
    return lostBefore.length > 0 || found.some((each) => each.survival === 'lost') ? EXIT.failed : EXIT.pass
  } finally {
    progress.end()
  }
}
