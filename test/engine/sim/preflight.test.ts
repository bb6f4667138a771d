import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { type Cause, type Cell, cellsOf, type Finding } from '../../../src/cluster/preflight/index.ts'
import type { Lab } from '../../../src/engine/lab.ts'
import { createSimLab } from '../../../src/engine/sim/driver/index.ts'
import { SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { type PreflightOptions, preflight } from '../../../src/preflight/index.ts'
import { loadTopology } from '../../../src/topology/index.ts'
import type { NeighborPlan, Plan } from '../../../src/topology/plan.ts'

/**
 * The faults of test/containers/preflight.test.ts, as far as they can be made here: each leads to the very diagnosis that it leads to on real
 * routers. tor1 is FRR, tor2 GoBGP.
 */
let lab: Lab
afterEach(() => lab.close())

function plan(): Plan {
  const folder = fileURLToPath(new URL('../../containers/preflight/', import.meta.url))
  const read = (name: string) => ({ file: name, text: readFileSync(`${folder}${name}`, 'utf8') })
  return loadTopology({ ...read('topology.yaml'), read }, { timers: TIMER_PROFILES.fast, agents: false }).plan!
}

/** The plan with one router's neighbors changed. */
function edited(router: string, change: (neighbors: readonly NeighborPlan[]) => readonly NeighborPlan[], of: Plan = plan()): Plan {
  return { ...of, routers: of.routers.map((each) => (each.name === router ? { ...each, neighbors: change(each.neighbors) } : each)) }
}

const without = (address: string) => (neighbors: readonly NeighborPlan[]) => neighbors.filter((each) => each.address !== address)
const cell = (node: string): Cell => cellsOf(lab.plan.cluster.model).find((each) => each.node === node)!
const HOPELESS = { session: 4 * SECOND }

async function run(nodes: readonly string[], { patience, ...options }: PreflightOptions = {}) {
  return await preflight(lab, { cells: nodes.map(cell), patience: { session: 9 * SECOND, reach: 3 * SECOND, ...patience }, ...options })
}

async function filter(device: string, hook: 'input' | 'forward', ...rules: readonly string[]): Promise<void> {
  const text = `table ip fault {\n chain ${hook} { type filter hook ${hook} priority 0; ${rules.map((rule) => `${rule};`).join(' ')} }\n}\n`
  await lab.shell.copy(device, '/tmp/fault.nft', text)
  expect((await lab.shell.exec(device, ['nft', '-f', '/tmp/fault.nft'])).code).toBe(0)
}

const codes = (findings: readonly Finding[]): Record<string, Cause> =>
  Object.fromEntries(
    findings.map((finding) => [
      `${finding.nodes.join(' ')}${finding.from === undefined ? '' : ` from ${finding.from.join(' ')}`}`,
      finding.code,
    ]),
  )

describe('R34: preflight on a simulated network', () => {
  test('all good: sessions, announcements, the VIP from everywhere, every node used, and nothing left', async () => {
    lab = await createSimLab(plan())
    const { report } = await preflight(lab)
    expect([report.passed, codes(report.findings)]).toEqual([true, {}])
    expect(report.cells.every((row) => row.reach?.every((each) => each.sight === 'ok'))).toBe(true)
    expect(lab.view.fib('core', '10.0.0.8/32')).toBeUndefined()
    const lines = lab.events.all.flatMap((event) => (event.type === 'output' ? [`${event.program} ${event.line}`] : []))
    expect(lines.some((line) => /^preflight 10\.0\.1\.254 .*BGP_FSM_ESTABLISHED/.test(line))).toBe(true)
  })

  test('a wrong AS number is told with its side', async () => {
    lab = await createSimLab(edited('tor1', (all) => all.map((each) => (each.address === '10.0.1.10' ? { ...each, asn: 65009 } : each))))
    const { report } = await run([], { cells: [cell('node-01'), { ...cell('node-04'), peerASN: 65099 }] })
    expect(codes(report.findings)).toEqual({ 'node-01': 'peer-expects-other-asn', 'node-04': 'peer-has-other-asn' })
  })

  test('TCP 179 that is dropped', async () => {
    lab = await createSimLab(plan())
    await filter('tor2', 'input', 'ip saddr 10.0.2.11 tcp dport 179 drop')
    const { report } = await run(['node-04'], { patience: HOPELESS })
    expect(codes(report.findings)).toEqual({ 'node-04': 'tcp-179-dropped' })
  })

  test('a peer that has no such neighbor', async () => {
    lab = await createSimLab(edited('tor2', without('10.0.2.10'), edited('tor1', without('10.0.1.10'))))
    const { report } = await run(['node-01', 'node-03'], { patience: HOPELESS })
    expect(codes(report.findings)).toEqual({ 'node-01': 'neighbor-not-configured', 'node-03': 'neighbor-not-configured' })
  })

  test('no ECMP shows only when all nodes announce at once', async () => {
    const { routers, ...rest } = plan()
    lab = await createSimLab({ ...rest, routers: routers.map((each) => (each.name === 'tor1' ? { ...each, maximumPaths: 1 } : each)) })
    const { report } = await run(['node-01', 'node-02'])
    expect(report.cells.every((row) => row.reach?.every((each) => each.sight === 'ok'))).toBe(true)
    expect(codes(report.findings)).toEqual({ 'node-01 node-02': 'no-ecmp' })
  })

  test('packet filters on the way there and back, and a VIP that was left on another node (R43)', async () => {
    lab = await createSimLab(plan())
    await filter('tor2', 'forward', 'ip daddr 10.0.0.8 drop')
    await filter('tor1', 'forward', 'ip saddr 10.0.0.8 oifname core drop')
    await lab.shell.exec('node-02', ['ip', 'address', 'add', '10.0.0.8/32', 'dev', 'lo'])
    const { report } = await run(['node-01'])
    expect(codes(report.findings)).toEqual({
      'node-01 from node-02': 'vip-held-elsewhere',
      'node-01 from node-03 node-04': 'lost-on-the-way',
      'node-01 from client': 'answer-lost',
    })
  })

  test('a peer over a router that is not configured for multihop (R6)', async () => {
    const far = (address: string, updateSource: string) => (all: readonly NeighborPlan[]) => [
      ...all,
      { ...all.find((each) => each.passive)!, address, updateSource, multihop: false },
    ]
    lab = await createSimLab(edited('tor2', far('10.0.1.10', '10.0.2.254'), edited('tor1', far('10.0.2.10', '10.0.1.254'))))
    const cells = [
      { ...cell('node-03'), peerIP: '10.0.1.254' },
      { ...cell('node-01'), peerIP: '10.0.2.254' },
    ]
    const { report } = await run([], { cells, patience: HOPELESS })
    expect(codes(report.findings)).toEqual({ 'node-03': 'multihop-missing', 'node-01': 'multihop-missing' })
  })

  test('a BGP daemon that is not running, and a peer that is not there, are no filters', async () => {
    lab = await createSimLab(plan())
    await lab.processes.kill('tor1')
    await lab.links.down('tor2', 'rack2')
    const { report } = await run(['node-01', 'node-03'], { patience: HOPELESS })
    expect(codes(report.findings)).toEqual({ 'node-01': 'daemon-not-running', 'node-03': 'peer-unreachable' })
  })
})
