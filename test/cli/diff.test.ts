import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import type { LabEvent } from '../../src/model/index.ts'
import { ndjsonLine } from '../../src/report/index.ts'
import { run } from './command-line.ts'

let folder: string
let log: string

const fib = (at: number, ...hops: string[]): LabEvent => ({
  type: 'fib',
  device: 'tor1',
  route: {
    device: 'tor1',
    prefix: '10.0.0.1/32',
    protocol: 'bgp',
    metric: 20,
    nextHops: hops.map((via) => ({ via, interface: 'rack1', weight: 1 })),
  },
  at,
})
const step = (at: number, name: string, phase: 'start' | 'end'): LabEvent => ({ type: 'step', name, phase, at })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerlab-diff-'))
  log = join(folder, 'run.ndjson')
  // Out of order, as records of several devices arrive.
  const events = [
    step(1_000_000, 'converge', 'start'),
    fib(2_000_000, '10.0.1.20', '10.0.1.21'),
    fib(900_000, '10.0.1.20'),
    step(3_000_000, 'converge', 'end'),
    { type: 'fault', device: 'node-04', fault: 'power-off', detail: '', at: 4_000_000 } satisfies LabEvent,
    fib(6_500_000, '10.0.1.21'),
  ]
  await writeFile(log, events.map(ndjsonLine).join(''))
})

afterAll(() => rm(folder, { recursive: true }))

/** The line about the kernel's route; undefined where nothing differs. */
async function between(a: string, b: string) {
  const { code, out } = await run('diff', a.startsWith('@') ? `${log}${a}` : a, b)
  const line = out.split('\n').find((text) => text.startsWith('  ~ tor1'))
  expect(code).toBe(line === undefined ? EXIT.pass : EXIT.failed)
  return line?.slice('  ~ tor1  10.0.0.1/32  next hops '.length)
}

describe('peerlab diff', () => {
  test('two moments of one run', async () => {
    expect(await between('@start', '@converge')).toBe('+10.0.1.21, 10.0.1.20')
    expect(await between('@converge', '@fault')).toBe(undefined)
    expect(await between('@fault', '@end')).toBe('−10.0.1.20, 10.0.1.21')
    expect(await between('@fault', '@+2.4s')).toBe(undefined)
    expect(await between('@-3.05s', '@+2.5s')).toBe('−10.0.1.20, +10.0.1.21')
    expect(await between('@start', log)).toBe('−10.0.1.20, +10.0.1.21')
  })

  test('for machines', async () => {
    const { code, out } = await run('diff', `${log}@fault`, '@end', '--json')
    expect([code, JSON.parse(out)]).toMatchObject([
      EXIT.failed,
      {
        a: `${log}, before its first fault`,
        differs: true,
        fib: {
          same: 0,
          changes: [
            {
              change: 'changed',
              device: 'tor1',
              what: '10.0.0.1/32',
              before: { 'next hops': ['10.0.1.20', '10.0.1.21'] },
              after: { 'next hops': ['10.0.1.21'] },
            },
          ],
        },
      },
    ])
  })

  test('what cannot be compared is said, with what there is', async () => {
    const bad = join(folder, 'bad.ndjson')
    await writeFile(bad, `${ndjsonLine(step(1, 'only', 'start'))}{"type":\n`)
    const still = join(folder, 'still.ndjson')
    await writeFile(still, ndjsonLine(fib(1, '10.0.1.20')))
    const empty = join(folder, 'empty.ndjson')
    await writeFile(empty, '')
    const cases: readonly [string, string, RegExp][] = [
      [`${log}@nowhere`, '@end', /has no step nowhere that came to its end\n {2}its steps: converge/],
      [`${log}@+3 apples`, '@end', /\+3 apples is no moment\n {2}write \+3\.2s/],
      [bad, log, /bad\.ndjson:2:1: no record of an event log/],
      [`${still}@fault`, log, /still\.ndjson has no fault/],
      [`${still}@start`, log, /still\.ndjson has no step/],
      [`${still}@+1s`, log, /no fault and no step to count from/],
      [empty, log, /is empty/],
      [folder, log, /is a folder\n {2}name one of the event logs/],
      ['none.ndjson', log, /there is no file none\.ndjson/],
      ['none.ndjson@end', log, /there is no file none\.ndjson\n/],
      ['@end', log, /@end is a moment/],
    ]
    for (const [a, b, message] of cases) {
      const { code, out, err } = await run('diff', a, b)
      expect([code, out, err]).toEqual([EXIT.usage, '', expect.stringMatching(message)])
    }
  })
})
