import { expect, test } from 'vitest'
import { fitForBoth, runBoth } from '../../src/cli/both.ts'
import { EXIT } from '../../src/cli/index.ts'
import { openSimulator } from '../../src/cli/simulator.ts'
import { Topologies } from '../../src/cli/topology.ts'
import { type LabEvent, TIMER_PROFILES } from '../../src/model/index.ts'
import { agrees, type ComparedRun } from '../../src/report/fidelity/index.ts'
import { findScenarios } from '../../src/scenario/host/index.ts'
import { type Engine, parseRouters, planJobs, selectJobs } from '../../src/scenario/index.ts'
import type { Plan } from '../../src/topology/index.ts'
import { run } from './command-line.ts'

const FOLDER = new URL('../../scenarios/', import.meta.url).pathname
const TIMEOUT = { timeout: 120_000 }

/** Two simulators side by side, the second one in the place of the simulator. */
async function compared(names: readonly string[], routers: string, simulator: Engine) {
  const { found } = await findScenarios(FOLDER)
  const parsed = parseRouters(routers)
  if ('error' in parsed) throw new Error(parsed.error)
  const { jobs } = await planJobs(
    selectJobs(found, { names, controls: false, routers: parsed.sets, repeat: 1 }),
    new Topologies('fast').load,
  )
  const real = await openSimulator({ seed: 'one' })
  const runs: ComparedRun[] = []
  const logs: Record<string, LabEvent[]> = {}
  const results = await runBoth(fitForBoth(real, simulator, jobs).fit, {
    real,
    simulator,
    timers: TIMER_PROFILES.fast,
    signal: new AbortController().signal,
    reporter: {},
    log: (job, side) => {
      const log: LabEvent[] = []
      logs[`${job.name} ${side}`] = log
      return { write: (event) => void log.push(event), close: async () => '' }
    },
    onCompared: (each) => void runs.push(each),
  })
  return { runs, results, logs }
}

test('two runs with other latencies and chances agree, in every scenario', TIMEOUT, async () => {
  const { runs, results } = await compared([], 'mixed', await openSimulator({ seed: 'two' }))
  expect(runs.filter((each) => !agrees(each))).toEqual([])
  expect(runs.length).toBeGreaterThan(20)
  expect(results).toHaveLength(2 * runs.length)
})

test('after its scenario a lab comes to rest, faults in force', TIMEOUT, async () => {
  const { logs } = await compared(['node-failure/other-node'], 'frr', await openSimulator({ seed: 'two' }))
  for (const side of ['real', 'simulated']) {
    const log = logs[`node-failure/other-node ${side}`]!
    const rest = log.findIndex((event) => event.type === 'step' && event.name === 'come to rest' && event.phase === 'end')
    // The dead node's own session ends with its hold time, long after the scenario.
    const down = log.findLastIndex((event) => event.type === 'session' && event.session.peerAddress === '10.0.1.10')
    expect(log[down]).toMatchObject({ session: { state: expect.not.stringMatching('Established') } })
    expect(rest).toBeGreaterThan(down)
    expect(log.findIndex((event) => event.type === 'fault' && event.fault === 'power-on')).toBeGreaterThan(rest)
  }
})

test('a simulator whose routers use one path only is found out', TIMEOUT, async () => {
  const simulator = await openSimulator({ seed: 'two' })
  const singlePath = (plan: Plan): Plan => ({ ...plan, routers: plan.routers.map((router) => ({ ...router, maximumPaths: 1 })) })
  const wrong: Engine = { ...simulator, open: (plan, options) => simulator.open(singlePath(plan), options) }
  const { runs } = await compared(['document-examples/shared-peers', 'ecmp-fan-out'], 'frr', wrong)
  expect(runs).not.toEqual([])
  for (const each of runs) {
    expect(agrees(each)).toBe(false)
    const vip = each.differences.filter(({ behaviour, what }) => behaviour === 'fib' && what === '10.0.0.1/32')
    expect(vip).toContainEqual(
      expect.objectContaining({
        where: 'tor1',
        a: 'next hops 10.0.1.20, 10.0.1.21, 10.0.2.20',
        b: expect.stringMatching(/^next hops 10\.0\.[12]\.2\d$/),
      }),
    )
  }
})

test.each([['--keep'], ['--seeds', '3'], ['--controls']])('%s makes no sense with both', async (...option) => {
  const { code, err } = await run('scenario', 'ecmp-fan-out', '--engine', 'both', ...option)
  expect(code).toBe(EXIT.usage)
  expect(err).toContain(`${option[0]}: not with --engine both`)
})
