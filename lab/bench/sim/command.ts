/** `npm run bench -- sim`: how fast the simulator is. Needs nothing but this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { replaceBetweenMarks } from '../document.ts'
import { asMarkdown, asText } from '../text.ts'
import { aboutRun, tablesOf } from './tables.ts'
import type { AllSample, FirstVerdictSample, LargeSample, Sample, SimRecord, SweepSample } from './terms.ts'
import type { Size } from './topology.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGE = `${ROOT}docs/simulator.md`
const SMALLEST = 'ecmp-fan-out'
const EXAMPLES = ['shared-peers', 'peers-per-rack', 'split-planes']

const SIZES: readonly Size[] = [
  { nodes: 50, tors: 4, vips: 50, nextHops: 8 },
  { nodes: 250, tors: 8, vips: 250, nextHops: 8 },
  { nodes: 500, tors: 16, vips: 500, nextHops: 8 },
  { nodes: 1000, tors: 32, vips: 1000, nextHops: 8 },
]

const USAGE = `npm run bench -- sim [--json FILE] [--document] [--quick] [--runs N]

  --json FILE    writes every sample, and where and when it was measured
  --document     writes the tables into docs/simulator.md
  --quick        the smallest size, one run: whether it works, not how fast anything is
  --runs N       of each measurement; 3 where absent`

/** Its exit code: 0, 1 where a measurement failed, 2 usage. */
export async function simBench(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const { runs, sizes, json, document } = options
  const samples: Sample[] = []
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs}`)
    samples.push(await firstVerdict(), await allScenarios(), await sweeps())
    for (const size of sizes) samples.push(await large(size))
  }
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryBytes: totalmem(), node: process.versions.node }
  const record: SimRecord = { measuredAt: new Date().toISOString(), machine, runs, samples }
  const tables = tablesOf(record)
  console.log(`\n${aboutRun(record)}\n\n${tables.map(asText).join('\n\n')}`)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(record, undefined, 1)}\n`)
  if (document) {
    const content = [aboutRun(record), ...tables.map(asMarkdown)].join('\n\n')
    writeFileSync(PAGE, replaceBetweenMarks(readFileSync(PAGE, 'utf8'), 'figures', content))
  }
  return 0
}

/** Throws in words for the user. */
function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      document: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
    },
  })
  const runs = Number(values.runs ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(runs) || runs < 1 || runs > 100) throw new TypeError(`--runs ${values.runs}: 1 to 100`)
  return { runs, sizes: values.quick ? SIZES.slice(0, 1) : SIZES, json: values.json, document: values.document }
}

async function firstVerdict(): Promise<FirstVerdictSample> {
  const began = performance.now()
  let seconds: number | undefined
  await ended(peerlab('scenario', SMALLEST, '--engine', 'sim', '--routers', 'frr'), (text) => {
    if (text.includes('✓')) seconds ??= (performance.now() - began) / 1000
  })
  if (seconds === undefined) throw new Error(`${SMALLEST} did not pass`)
  return { type: 'first-verdict', scenario: SMALLEST, seconds }
}

async function allScenarios(): Promise<AllSample> {
  const began = performance.now()
  const out = await ended(peerlab('scenario', '--engine', 'sim', '--routers', 'mixed'))
  return { type: 'all', scenarios: out.match(/✓/g)?.length ?? 0, seconds: (performance.now() - began) / 1000 }
}

async function sweeps(): Promise<SweepSample> {
  const began = performance.now()
  // 1: a VIP is lost for good somewhere, as it is in each of them.
  const out = await ended(peerlab('sweep', ...EXAMPLES, '--json'), () => {}, [0, 1])
  const failures = (JSON.parse(out) as { readonly cases: readonly unknown[] }[]).reduce((sum, { cases }) => sum + cases.length, 0)
  return { type: 'sweep', failures, seconds: (performance.now() - began) / 1000 }
}

async function large({ nodes, tors, vips, nextHops }: Size): Promise<LargeSample> {
  const program = fileURLToPath(new URL('large.ts', import.meta.url))
  return JSON.parse(await ended(node(program, ...[nodes, tors, vips, nextHops].map(String)))) as LargeSample
}

function peerlab(...args: string[]): ChildProcess {
  return node('bin/peerlab.js', ...args)
}

function node(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=peerlab-source', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What it printed; rejects where it failed. */
function ended(child: ChildProcess, heard: (text: string) => void = () => {}, fine: readonly number[] = [0]): Promise<string> {
  let out = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
    heard(out)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code !== null && fine.includes(code) ? resolve(out) : reject(new Error(`${child.spawnargs.join(' ')}: exit code ${code}\n${out}`)),
    )
  })
}
