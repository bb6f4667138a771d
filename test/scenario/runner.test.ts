import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROGRAM_ENDED } from '../../src/engine/view.ts'
import type { ScenarioResult } from '../../src/model/index.ts'
import { type Scenario, scenario } from '../../src/scenario/definition.ts'
import { findScenarios } from '../../src/scenario/host/index.ts'
import { type Engine, planJobs, runJobs } from '../../src/scenario/runner.ts'
import { type Found, parseRouters, ROUTER_SETS, type Selection, selectJobs } from '../../src/scenario/select.ts'
import { FakeLab, smallPlan } from './fake-lab.ts'

function found(name: string, more: Partial<Scenario> = {}): Found {
  return {
    name,
    file: `${name}.ts`,
    scenario: { title: `about ${name}`, topology: 'shared-peers', body: async () => {}, place: undefined, ...more },
  }
}

const everything: Selection = { names: [], controls: false, routers: [ROUTER_SETS[0]!], repeat: 1 }
const withVariants = found('node-failure', {
  variants: [
    { name: 'lb', title: 'an LB node', topology: { initialPlacement: { '10.0.1.100': 'node-04' } } },
    { name: 'cp', title: 'a CP node' },
  ],
  controls: [
    { name: 'no fault', mustFail: ['x'] },
    { name: 'all', mustFail: ['x'], variants: ['lb'], topology: { hashSeeds: false } },
  ],
})

describe('selection', () => {
  const names = (selection: Partial<Selection>) =>
    selectJobs([withVariants, found('add-path')], { ...everything, ...selection }).map((job) => [
      job.name,
      job.control?.name,
      job.routers.name,
    ])

  test('by name, by variant, and by pattern', () => {
    expect(names({}).map(([name]) => name)).toEqual(['node-failure/lb', 'node-failure/cp', 'add-path'])
    expect(names({ names: ['node-failure'] })).toHaveLength(2)
    expect(names({ names: ['node-failure/cp'] })).toHaveLength(1)
    expect(names({ names: ['node'] })).toEqual([])
    expect(names({ grep: 'ABOUT ADD' })).toHaveLength(1)
    expect(names({ grep: '[' })).toEqual([])
  })

  test('a slow variant runs only when it is asked for by its whole name', () => {
    const slow = found('long', {
      variants: [
        { name: 'quick', title: 'q' },
        { name: 'default', title: 'd', slow: true },
      ],
    })
    const chosen = (selection: Partial<Selection>) => selectJobs([slow], { ...everything, ...selection }).map((job) => job.name)
    expect(chosen({})).toEqual(['long/quick'])
    expect(chosen({ names: ['long'] })).toEqual(['long/quick'])
    expect(chosen({ names: ['long/default'] })).toEqual(['long/default'])
    expect(chosen({ slow: true })).toEqual(['long/quick', 'long/default'])
  })

  test('controls take the place of the runs, each with its own variants', () => {
    expect(names({ controls: true }).map(([name, control]) => `${name} ${control}`)).toEqual([
      'node-failure/lb no fault',
      'node-failure/lb all',
      'node-failure/cp no fault',
    ])
    const [, all] = selectJobs([withVariants], { ...everything, controls: true })
    expect(all?.topology).toEqual({ hashSeeds: false, initialPlacement: { '10.0.1.100': 'node-04' } })
  })

  test('every router set, every repetition', () => {
    expect(names({ names: ['add-path'], routers: ROUTER_SETS, repeat: 2 }).map(([, , set]) => set)).toEqual([
      'frr',
      'frr',
      'gobgp',
      'gobgp',
      'mixed',
      'mixed',
    ])
  })

  test('router sets', () => {
    const kinds = (text: string) => {
      const parsed = parseRouters(text)
      return 'error' in parsed ? parsed.error : parsed.sets.map((set) => set.kinds(['tor1', 'tor2']))
    }
    expect(kinds('all')).toEqual([
      { tor1: 'frr', tor2: 'frr' },
      { tor1: 'gobgp', tor2: 'gobgp' },
      { tor1: 'frr', tor2: 'gobgp' },
    ])
    expect(kinds('tor2=gobgp')).toEqual([{ tor2: 'gobgp' }])
    expect(kinds('tor1=bird')).toContain('write frr, gobgp, mixed, all')
  })
})

describe('runs', () => {
  const labs: FakeLab[] = []
  const engine: Engine = {
    description: 'memory',
    open: async (plan) => {
      const lab = new FakeLab(plan)
      labs.push(lab)
      return lab
    },
    leftovers: async () => [],
  }
  const load = async () => ({ plan: smallPlan(), diagnostics: [] })

  async function runs(each: Found, more: { engine?: Engine; keep?: boolean; signal?: AbortSignal } = {}): Promise<ScenarioResult> {
    const { jobs } = await planJobs(selectJobs([each], everything), load)
    const [result] = await runJobs(jobs, { engine, reporter: {}, signal: new AbortController().signal, keep: false, ...more })
    return result!
  }

  test('each on a lab of its own, removed at its end', async () => {
    const body: Scenario['body'] = async ({ expect: sure, measure }) => {
      measure('n', 3)
      sure.that('fine', true)
    }
    const result = await runs(found('a', { body }))
    expect(result).toMatchObject({
      name: 'a',
      verdict: 'passed',
      engine: 'memory',
      routerSet: 'frr',
      routers: { tor1: 'FRR 8.4.4', tor2: 'GoBGP 3.10.0', core: 'frr' },
      measurements: { n: 3 },
      problems: [],
    })
    expect(labs.at(-1)?.closed).toBe(true)
  })

  test('a failure, an error, a lab that does not come up, and what is left behind', async () => {
    expect((await runs(found('a', { body: async ({ expect: sure }) => sure.that('no', false) }))).verdict).toBe('failed')
    expect((await runs(found('a', { body: () => Promise.reject(new Error('bad')) }))).verdict).toBe('error')
    const broken = await runs(found('a'), { engine: { ...engine, open: () => Promise.reject(new Error('no memory')) } })
    expect(broken).toMatchObject({ verdict: 'error', problems: [expect.stringContaining('the lab did not come up: no memory')] })
    const dirty = await runs(found('a'), { engine: { ...engine, leftovers: async () => ['container x'] } })
    expect(dirty).toMatchObject({ verdict: 'error', problems: ['left behind: container x'] })
  })

  test('an engine that is lost: nothing further is tried on it, and the results so far are told', async () => {
    const body = () => Promise.reject(new Error('socket hang up'))
    const jobs = (await planJobs(selectJobs([found('a', { body }), found('b')], everything), load)).jobs
    const asked: string[] = []
    const gone: Engine = {
      ...engine,
      open: async (plan, options) => {
        asked.push('open')
        return engine.open(plan, options)
      },
      lost: async () => asked.push('lost') > 0,
    }
    for (const ahead of [false, true]) {
      asked.length = 0
      const results = await runJobs(jobs, { engine: gone, reporter: {}, signal: new AbortController().signal, keep: false, ahead })
      expect(results.map((result) => [result.name, result.verdict])).toEqual([['a', 'error']])
      expect(asked).toEqual(ahead ? ['open', 'open', 'lost'] : ['open', 'lost'])
    }
    const there = { ...gone, lost: async () => false }
    const results = await runJobs(jobs, { engine: there, reporter: {}, signal: new AbortController().signal, keep: false })
    expect(results.map((result) => result.verdict)).toEqual(['error', 'passed'])
  })

  test('a state that events do not tell is found at the end', async () => {
    const stale: Engine = {
      ...engine,
      open: async (plan) => {
        const lab = new FakeLab(plan)
        lab.fib('tor1', '10.0.0.1/32', ['10.0.1.20'])
        lab.fresh.fib = []
        return lab
      },
    }
    const { jobs } = await planJobs(selectJobs([found('a')], everything), load)
    // Its safety net lets a second pass between two looks: here at once.
    const alarm = (_: number, callback: () => void) => {
      const timer = setImmediate(callback)
      return () => clearImmediate(timer)
    }
    const [result] = await runJobs(jobs, { engine: stale, reporter: {}, signal: new AbortController().signal, keep: false, alarm })
    expect(result?.problems).toHaveLength(1)
    expect(result?.problems[0]).toMatch(/^tor1, fib 10\.0\.0\.1\/32: the events add up to .*10\.0\.1\.20.*, the device says nothing$/)
  })

  test('--keep leaves the lab and its faults', async () => {
    const result = await runs(found('a', { body: async ({ lab }) => void (await lab.node('node-04').powerOff()) }), { keep: true })
    expect(result.verdict).toBe('passed')
    expect(labs.at(-1)).toMatchObject({ closed: false, calls: ['off node-04'] })
  })

  test('an interruption stops before the next', async () => {
    const interrupt = new AbortController()
    const jobs = (await planJobs(selectJobs([found('a', { body: async () => interrupt.abort() }), found('b')], everything), load)).jobs
    const results = await runJobs(jobs, { engine, reporter: {}, signal: interrupt.signal, keep: false })
    expect(results.map((result) => result.verdict)).toEqual(['cancelled'])
    expect(labs.at(-1)?.closed).toBe(true)
  })

  describe('ahead', () => {
    const story: string[] = []
    const telling: Engine = {
      ...engine,
      open: async (plan) => {
        const lab = await engine.open(plan, { keep: false, signal: new AbortController().signal, onProgress: () => {} })
        const number = story.filter((line) => line.startsWith('open')).length + 1
        story.push(`open ${number}`)
        const close = lab.close.bind(lab)
        return Object.assign(lab, {
          close() {
            story.push(`close ${number}`)
            return close()
          },
        })
      },
    }
    const told = async (name: string) => {
      await new Promise((resolve) => setImmediate(resolve))
      story.push(name)
    }
    const three = async (second: Scenario['body']) =>
      (
        await planJobs(
          selectJobs(
            [found('a', { body: () => told('a') }), found('b', { body: second }), found('c', { body: () => told('c') })],
            everything,
          ),
          load,
        )
      ).jobs

    test('the next lab, and no more than that one, comes up while a scenario runs', async () => {
      story.length = 0
      const options = { engine: telling, reporter: {}, signal: new AbortController().signal, keep: false }
      await runJobs(await three(() => told('b')), { ...options, ahead: true })
      expect(story).toEqual(['open 1', 'open 2', 'a', 'close 1', 'open 3', 'b', 'close 2', 'c', 'close 3'])
      story.length = 0
      await runJobs(await three(() => told('b')), options)
      expect(story).toEqual(['open 1', 'a', 'close 1', 'open 2', 'b', 'close 2', 'open 3', 'c', 'close 3'])
    })

    test('an interruption closes the lab that nobody came to use', async () => {
      story.length = 0
      const interrupt = new AbortController()
      const jobs = await three(async () => interrupt.abort())
      const results = await runJobs(jobs, { engine: telling, reporter: {}, signal: interrupt.signal, keep: false, ahead: true })
      expect(results.map((result) => result.verdict)).toEqual(['passed', 'cancelled'])
      expect([...story].sort()).toEqual(['a', 'close 1', 'close 2', 'close 3', 'open 1', 'open 2', 'open 3'])
    })

    test('a lab that lost a device while it waited fails its scenario', async () => {
      const wounded: Engine = {
        ...engine,
        open: async (plan) => {
          const lab = new FakeLab(plan)
          lab.emit({ type: 'fault', device: 'tor1', fault: PROGRAM_ENDED, detail: 'tor1 has ended' })
          return lab
        },
      }
      const result = await runs(found('a', { body: () => new Promise(() => {}) }), { engine: wounded })
      expect(result).toMatchObject({ verdict: 'error', problems: [expect.stringContaining('tor1 has ended; nobody asked it to')] })
    })
  })

  test('bad input and unknown routers are found before anything starts', async () => {
    const parsed = parseRouters('tor9=frr')
    const routers = 'sets' in parsed ? parsed.sets : []
    const planned = await planJobs(selectJobs([found('a')], { ...everything, routers }), load)
    expect(planned.unknown).toEqual(['shared-peers has no router tor9; it has tor1, tor2, core'])
    const diagnostic = { severity: 'error', code: 'x', file: 'f', line: 1, column: 1, path: '', message: 'm' } as const
    const bad = await planJobs(selectJobs([found('a'), found('b')], everything), async () => ({ diagnostics: [diagnostic] }))
    expect(bad).toMatchObject({ jobs: [], diagnostics: [diagnostic] })
  })
})

test('scenario files are found by name; one that does not load is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerlab-scenarios-'))
  try {
    await writeFile(join(folder, 'b.ts'), "throw new Error('half written')\n")
    await writeFile(
      join(folder, 'a.mjs'),
      "globalThis[Symbol.for('peerlab.scenarios')].push({ title: 'one', topology: 't', body: async () => {} })\n",
    )
    const { found: all, failures } = await findScenarios(folder)
    expect(all.map((each) => [each.name, each.scenario.title])).toEqual([['a', 'one']])
    expect(failures.map((failure) => failure.file)).toEqual([join(folder, 'b.ts')])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a declaration without a topology or a body says how it is written', () => {
  const declare = scenario as unknown as (...args: unknown[]) => unknown
  expect(() => declare('no options', async () => {})).toThrow(/write scenario\('what it shows', \{ topology/)
  expect(() => declare('no body', { topology: 'shared-peers' })).toThrow(/write scenario/)
})
