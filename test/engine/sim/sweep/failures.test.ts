import { describe, expect, test } from 'vitest'
import { batchesOf } from '../../../../src/engine/sim/sweep/batches.ts'
import { combinations, failuresOf } from '../../../../src/engine/sim/sweep/failures.ts'
import { FAILURE_KINDS } from '../../../../src/model/index.ts'
import { load } from './lab.ts'

const { plan } = load('shared-peers')
const names = (kinds: readonly (typeof FAILURE_KINDS)[number][]) => failuresOf(plan, kinds).map(({ name }) => name)

describe('the failures of a topology', () => {
  test('every device, cable, session and floating IP, each once', () => {
    expect(names(['node'])).toEqual(plan.nodes.map(({ name }) => name))
    expect(names(['router'])).toEqual(['tor1', 'tor2', 'core'])
    expect(names(['link'])).toHaveLength(plan.links.length)
    expect(names(['link'])).toContain('link rack1–tor1')
    expect(names(['floating-ip'])).toEqual(['floating IP 10.0.1.100', 'floating IP 10.0.2.100'])
    // Three control-plane nodes and two floating IPs at each ToR; core's with each ToR count once.
    expect(names(['session']).filter((name) => name.startsWith('session tor1–10.0'))).toHaveLength(5)
    expect(names(['session']).filter((name) => name.includes('core'))).toEqual(['session core–tor1', 'session core–tor2'])
    const all = names(FAILURE_KINDS)
    expect(new Set(all).size).toBe(all.length)
  })

  test('a link is taken down at a device, not at a port of its rack', () => {
    const link = failuresOf(plan, ['link']).find(({ name }) => name === 'link rack1–node-04')
    expect(link).toMatchObject({ device: 'node-04', interface: 'eth0', far: 'rack1' })
  })

  test('pairs: each once, and none of which one includes the other', () => {
    const failures = failuresOf(plan, FAILURE_KINDS)
    const pairs = combinations(failures, 2).map((pair) => pair.map(({ name }) => name).join(' + '))
    expect(new Set(pairs).size).toBe(pairs.length)
    expect(pairs).toContain('node-01 + node-02')
    expect(pairs).toContain('tor1 + session tor2–10.0.1.10')
    // Whose floating IP it is then shows only once it runs.
    expect(pairs).toContain('node-05 + session tor1–10.0.1.100')
    for (const nonsense of [
      'node-04 + link rack1–node-04',
      'tor1 + link rack1–tor1',
      'core + link tor1–core',
      'tor1 + session tor1–10.0.1.10',
      'node-01 + session tor1–10.0.1.10',
      'tor1 + session core–tor1',
      'core + session core–tor1',
      'session tor1–10.0.1.100 + floating IP 10.0.1.100',
    ])
      expect(pairs).not.toContain(nonsense)
  })

  test('batches hold every case once, however many run at a time', () => {
    const cases = Array.from({ length: 41 }, (_, index) => index)
    const batches = batchesOf(cases)
    expect(batches.flat().sort((a, b) => a - b)).toEqual(cases)
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(12)
    expect(batchesOf([])).toEqual([])
  })
})
