/** The command line of `npm run bench -- speaker`. */
import { parseArgs } from 'node:util'
import { type BenchPlan, RECEIVERS, SUBJECTS } from './terms.ts'

export const USAGE = `npm run bench -- speaker [--json FILE] [--document] [--quick] [--runs N] [--sizes N,…] [--only SUBJECT,…] [--measure a,b,d]
npm run bench -- speaker --from FILE [--document]

  --json FILE    writes every sample, and where and when it was measured
  --document     writes the tables into docs/performance.md
  --from FILE    measures nothing: takes what --json wrote
  --quick        tiny sizes, one run: whether it works, not how fast anything is
  --runs N       of each measurement, interleaved; 5 where absent
  --sizes N,…    prefixes of (a); 100000,500000,1000000 where absent
  --only S,…     of ${SUBJECTS.join(', ')}
  --measure …    a: receive; b: announce, with c: withdraw; d: keepalives while routes keep coming. All where absent`

export interface BenchOptions {
  readonly plan: Omit<BenchPlan, 'cores'>
  readonly json?: string
  readonly from?: string
  readonly document: boolean
}

/** Throws `TypeError` in words for the user. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      from: { type: 'string' },
      document: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
      sizes: { type: 'string' },
      only: { type: 'string' },
      measure: { type: 'string', default: 'a,b,d' },
    },
  })
  const { json, from, document, quick } = values
  const only = values.only?.split(',')
  const unknown = only?.find((name) => !SUBJECTS.some((subject) => subject === name))
  if (unknown !== undefined) throw new TypeError(`--only ${unknown}: one of ${SUBJECTS.join(', ')}`)
  const measure = values.measure.split(',')
  const strange = measure.find((name) => !['a', 'b', 'c', 'd'].includes(name))
  if (strange !== undefined) throw new TypeError(`--measure ${strange}: a, b, d`)
  const both = measure.includes('b') || measure.includes('c')
  const sizes = values.sizes?.split(',').map((text) => count('--sizes', text, 2, 4_000_000))
  return {
    plan: {
      runs: values.runs === undefined ? (quick ? 1 : 5) : count('--runs', values.runs, 1, 100),
      sizes: measure.includes('a') ? (sizes ?? (quick ? [1000] : [100_000, 500_000, 1_000_000])) : [],
      subjects: SUBJECTS.filter((subject) => only === undefined || only.includes(subject)),
      receivers: RECEIVERS,
      vips: both ? (quick ? 20 : 1000) : 0,
      nextHops: quick ? 4 : 16,
      stormSeconds: measure.includes('d') ? (quick ? 2 : 10) : 0,
      stormPrefixes: quick ? 1000 : 1_000_000,
      settleMs: quick ? 200 : 1500,
    },
    ...(json === undefined ? {} : { json }),
    ...(from === undefined ? {} : { from }),
    document,
  }
}

function count(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) throw new TypeError(`${option} ${text}: ${least} to ${most}`)
  return value
}
