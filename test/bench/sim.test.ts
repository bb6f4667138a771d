import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { aboutRun, tablesOf } from '../../lab/bench/sim/tables.ts'
import type { LargeSample, SimRecord } from '../../lab/bench/sim/terms.ts'
import { filesOf } from '../../lab/bench/sim/topology.ts'
import { TIMER_PROFILES } from '../../src/model/index.ts'
import { loadTopology } from '../../src/topology/load.ts'

describe('npm run bench -- sim', () => {
  test('its topologies have no errors, at any size', () => {
    const { topology, cluster } = filesOf({ nodes: 40, tors: 6, vips: 30, nextHops: 8 })
    const read = (name: string) => (name === 'cluster.yaml' ? { file: name, text: cluster } : undefined)
    const { plan, diagnostics } = loadTopology({ file: 'topology.yaml', text: topology, read }, { timers: TIMER_PROFILES.fast })
    expect(diagnostics.filter((each) => each.severity === 'error')).toEqual([])
    expect([plan?.nodes.length, plan?.routers.length, plan?.cluster.services.length]).toEqual([40, 7, 30])
    expect(plan?.nodes.filter((node) => node.roles.loadBalancer)).toHaveLength(8)
    expect(new Set(plan?.cluster.services.map((service) => service.vip)).size).toBe(30)
  })

  test('one lab converges, in a process of its own, and tells what it took', { timeout: 60_000 }, async () => {
    const program = fileURLToPath(new URL('../../lab/bench/sim/large.ts', import.meta.url))
    const args = ['--conditions=peerlab-source', program, '20', '4', '10', '8']
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const sample = JSON.parse(stdout) as LargeSample
    // Two floating IPs and four ToRs; three control-plane nodes and the first two ToRs; each ToR and the core, seen from both ends.
    expect(sample).toMatchObject({ type: 'large', nodes: 20, sessions: 2 * 4 + 3 * 2 + 2 * 4 })
    expect(sample.paths).toBeGreaterThan(4 * 2 * 10 * 8)
  })

  test('its tables say what each size took', () => {
    const size = { nodes: 1000, tors: 32, vips: 1000, nextHops: 8 }
    const took = { planSeconds: 1, seconds: 8, cpuSeconds: 10, peakBytes: 7e8, virtualSeconds: 3, sessions: 134, paths: 500_000, events: 9 }
    const record: SimRecord = {
      measuredAt: '2021-06-14T22:09:36Z',
      machine: { cpu: 'a core', cores: 2, memoryBytes: 8e9, node: '26.0.0' },
      runs: 1,
      samples: [
        { type: 'first-verdict', scenario: 'x', seconds: 0.4 },
        { type: 'all', scenarios: 22, seconds: 2 },
        { type: 'large', ...size, ...took },
      ],
    }
    expect(aboutRun(record)).toContain('2021-06-14 on 2 × a core')
    const [small, large] = tablesOf(record)
    expect(small?.rows.map((row) => row[1])).toEqual(['400 ms', '2.00 s'])
    expect(large?.rows).toEqual([['1000', '32', '1000 × 8', '134', '500000', '8.00 s', '10.0 s', '20.0 µs', '700 MB']])
  })
})
