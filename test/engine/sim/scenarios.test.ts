import { describe, expect, test } from 'vitest'
import type { ScenarioResult } from '../../../src/model/index.ts'
import { runInSimulator } from './run.ts'

/** Only what did not end as it should, and why. */
function wrong(results: readonly ScenarioResult[]): string[] {
  return results
    .filter((result) => result.verdict !== 'passed')
    .map((result) => {
      const failed = result.assertions.filter((assertion) => !assertion.holds).map(({ name, message }) => `${name}: ${message}`)
      return `${result.name} ${result.routerSet} ${result.control ?? ''}: ${[...result.problems, ...failed].join('; ')}`
    })
}

const PATIENCE = 240_000

describe('scenarios in the simulator', () => {
  test.each(['frr', 'gobgp'])('every one passes on %s', { timeout: PATIENCE }, async (routers) => {
    const ran = await runInSimulator({ routers })
    expect(wrong(ran.map(({ result }) => result))).toEqual([])
    expect(ran.length).toBeGreaterThan(20)
  })

  test.each(['1', '2', '3', '4', '5'])('every one passes on both together, seed %s', { timeout: PATIENCE }, async (seed) => {
    const ran = await runInSimulator({ routers: 'mixed', seed })
    expect(wrong(ran.map(({ result }) => result))).toEqual([])
  })

  test('every negative control fails at its named assertions, and nowhere else', { timeout: PATIENCE }, async () => {
    const ran = await runInSimulator({ controls: true })
    expect(wrong(ran.map(({ result }) => result))).toEqual([])
    expect(ran.length).toBeGreaterThan(30)
  })
})
