import { describe, expect, it } from 'vitest'
import { openEngine } from '../../src/cli/engine.ts'
import { openSimulator } from '../../src/cli/simulator.ts'
import { TIMER_PROFILES } from '../../src/model/index.ts'
import { agrees, compareRuns } from '../../src/report/fidelity/index.ts'
import { runCompared, withoutMultipath } from '../cli/two-engines.ts'
import { peerlab } from './peerlab.ts'

const NAME = 'document-examples/peers-per-rack'

describe('--engine both', () => {
  it('finds that real routers and the simulator agree, and that a simulator without multipath does not', { timeout: 180_000 }, async () => {
    const real = await (await openEngine()).runner()
    const simulator = await openSimulator()
    const { runs, logs } = await runCompared([NAME], 'mixed', real, simulator)
    expect(runs).toMatchObject([{ name: NAME, differences: [], verdicts: { a: 'passed', b: 'passed' } }])
    expect(runs.every(agrees)).toBe(true)
    expect(runs[0]!.compared.fib!.same).toBeGreaterThan(80)
    expect(runs[0]!.compared.shares!.same).toBeGreaterThan(0)

    const wrong = await runCompared([NAME], 'mixed', withoutMultipath(simulator), simulator)
    const log = wrong.logs[`${NAME} real`]!
    const { differences } = compareRuns(logs[`${NAME} real`]!, log, TIMER_PROFILES.fast)
    const found = differences.filter(({ behaviour }) => behaviour === 'fib')
    expect(found).toContainEqual(
      expect.objectContaining({ where: 'tor1', what: '10.0.0.8/32', a: 'next hops 10.0.1.10, 10.0.1.11', b: 'next hops 10.0.1.10' }),
    )
  })

  it('says so, and ends with 0', { timeout: 180_000 }, async () => {
    const run = peerlab(['scenario', 'ecmp-fan-out', '--engine', 'both', '--routers', 'frr'])
    expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining('1 of 1 the same on real routers and in the simulator')])
    expect(run.output()).toMatch(/= real routers and the simulator agree: \d+ things the same/)
  })
})
