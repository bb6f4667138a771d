import { expect, test } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import { openSimulator } from '../../src/cli/simulator.ts'
import { agrees, type ComparedRun } from '../../src/report/fidelity/index.ts'
import { run } from './command-line.ts'
import { runCompared, withFrrOnly, withoutMultipath } from './two-engines.ts'

const TIMEOUT = { timeout: 120_000 }

test('two runs with other latencies and chances agree, in every scenario', TIMEOUT, async () => {
  const { runs, results } = await runCompared([], 'mixed', await openSimulator({ seed: 'one' }), await openSimulator({ seed: 'two' }))
  expect(runs.filter((each) => !agrees(each))).toEqual([])
  expect(runs.length).toBeGreaterThan(20)
  expect(results).toHaveLength(2 * runs.length)
})

test('after its scenario a lab comes to rest, faults in force', TIMEOUT, async () => {
  const { logs } = await runCompared(
    ['node-failure/other-node'],
    'frr',
    await openSimulator({ seed: 'one' }),
    await openSimulator({ seed: 'two' }),
  )
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
  const [real, simulator] = [await openSimulator({ seed: 'one' }), await openSimulator({ seed: 'two' })]
  const { runs } = await runCompared(['document-examples/shared-peers', 'ecmp-fan-out'], 'frr', real, withoutMultipath(simulator))
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

test('a simulator that takes GoBGP for FRR is found out: its sessions come back five seconds too soon', TIMEOUT, async () => {
  const [real, simulator] = [await openSimulator({ seed: 'one' }), await openSimulator({ seed: 'two' })]
  const { runs } = await runCompared(['node-failure/other-node'], 'gobgp', real, withFrrOnly(simulator))
  const [{ verdicts, differences }] = runs as [ComparedRun]
  expect(verdicts).toEqual({ a: 'passed', b: 'passed' })
  expect(differences).toContainEqual(
    expect.objectContaining({
      behaviour: 'times',
      where: 'tor1',
      what: '10.8.0.10 ↔ 10.0.1.100',
      when: 'after power-off of node-01',
      a: expect.stringMatching(/^back after [56]\.\d s$/),
      b: expect.stringMatching(/^back after (\d+ ms|[01]\.\d s)$/),
    }),
  )
})

test.each([['--keep'], ['--seeds', '3'], ['--controls']])('%s makes no sense with both', async (...option) => {
  const { code, err } = await run('scenario', 'ecmp-fan-out', '--engine', 'both', ...option)
  expect(code).toBe(EXIT.usage)
  expect(err).toContain(`${option[0]}: not with --engine both`)
})
