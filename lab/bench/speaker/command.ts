/** `npm run bench -- speaker`: measures in a container of its own, prints tables, writes what it is asked to. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { connectEngine } from '../../../src/engine/docker/client.ts'
import { daemonImage } from '../../daemons/image.ts'
import { replaceBetweenMarks } from '../document.ts'
import { asMarkdown, asText } from '../text.ts'
import { startContainer } from './container.ts'
import { type BenchOptions, readOptions, USAGE } from './options.ts'
import { aboutRun, tablesOf } from './tables.ts'
import type { BenchPlan, BenchRecord, Sample } from './terms.ts'

const PAGE = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url))

/** Its exit code: 0, 1 where a measurement failed, 2 usage, 3 no engine or image, 130 interrupted. */
export async function speakerBench(args: readonly string[]): Promise<number> {
  let options: BenchOptions
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const record = options.from === undefined ? await measure(options.plan) : (JSON.parse(readFileSync(options.from, 'utf8')) as BenchRecord)
  if (typeof record === 'number') return record
  const tables = tablesOf(record)
  console.log(`\n${aboutRun(record)}\n\n${tables.map(asText).join('\n\n')}`)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(record, undefined, 1)}\n`)
  if (options.document) {
    const content = [aboutRun(record), ...tables.map(asMarkdown)].join('\n\n')
    writeFileSync(PAGE, replaceBetweenMarks(readFileSync(PAGE, 'utf8'), 'figures', content))
  }
  for (const { what, why } of record.failures) console.error(`failed: ${what}: ${why}`)
  return record.failures.length > 0 ? 1 : 0
}

/** The record, or the exit code with which there is none. */
async function measure(asked: Omit<BenchPlan, 'cores'>): Promise<BenchRecord | number> {
  const [other, measured] = allowedCores()
  if (other === undefined || measured === undefined) {
    console.error('one core is all there is: the measured and the rest would share it, and nothing could be compared')
    return 3
  }
  const engine = await connectEngine()
  if (!engine.ok) return refuse(engine)
  const image = await daemonImage(engine, (line) => console.error(line))
  if (!image.ok) return refuse(image)
  const plan: BenchPlan = { ...asked, cores: { measured, other } }
  const samples: Sample[] = []
  const failures: { what: string; why: string }[] = []
  let versions: BenchRecord['versions'] = {}
  let done = false
  const container = await startContainer(engine.docker, image.name, plan, (line) => {
    if (line.type === 'versions') versions = line.versions
    else if (line.type === 'note') console.error(line.text)
    else if (line.type === 'failed') failures.push(line)
    else if (line.type === 'done') done = true
    else samples.push(line)
  })
  let interrupted = false
  const interrupt = () => {
    interrupted = true
    void container.remove()
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const lastWords = await container.ended
  await container.remove()
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  if (interrupted) return 130
  if (!done) failures.push({ what: 'the program in the container', why: `it ended early: ${lastWords}` })
  return { measuredAt: new Date().toISOString(), machine: machine(), plan, versions, samples, failures }
}

function refuse({ message, suggestion }: { readonly message: string; readonly suggestion: string }): number {
  console.error(`${message}\n${suggestion}`)
  return 3
}

/** The first two that this process may use: `0-1`, `2,5-7`. The container gets the same, where the engine is this machine's. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  return list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

function machine(): BenchRecord['machine'] {
  const all = cpus()
  return { cpu: all[0]?.model ?? '?', cores: all.length, memoryBytes: totalmem(), kernel: release() }
}
