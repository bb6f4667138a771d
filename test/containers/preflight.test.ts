import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Cause, type Cell, cellsOf, type Finding } from '../../src/cluster/preflight/index.ts'
import type { Lab } from '../../src/engine/lab.ts'
import { SECOND, TIMER_PROFILES } from '../../src/model/index.ts'
import { type PreflightOptions, preflight } from '../../src/preflight/index.ts'
import { loadTopology } from '../../src/topology/index.ts'
import { labs, loaded, testEngine } from './support.ts'

/** One lab, tor1 FRR and tor2 GoBGP; faults come and go, and each must lead to its own diagnosis and to no other. */
const open = labs('all')
let lab: Lab
let cells: readonly Cell[]

beforeAll(async () => {
  lab = await open(await testEngine(), plan())
  cells = cellsOf(lab.plan.cluster.model)
})

function plan() {
  const folder = fileURLToPath(new URL('./preflight/', import.meta.url))
  const read = (name: string) => ({ file: name, text: readFileSync(`${folder}${name}`, 'utf8') })
  return loaded(loadTopology({ ...read('topology.yaml'), read }, { timers: TIMER_PROFILES.fast, agents: false }))
}

const cell = (node: string): Cell => cells.find((each) => each.node === node)!

/** GoBGP waits 5 s in Idle after every session; where none can come up there is no need for that. */
const HOPELESS = { session: 4 * SECOND }

async function run(nodes: readonly string[], { patience, ...options }: PreflightOptions = {}) {
  return await preflight(lab, { cells: nodes.map(cell), patience: { session: 9 * SECOND, reach: 3 * SECOND, ...patience }, ...options })
}

async function on(device: string, ...commands: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await lab.shell.exec(device, ['sh', '-ec', commands.join('\n')])
  expect([code, `${stdout}${stderr}`]).toEqual([0, expect.anything()])
}

/** Lines below `router bgp`, by the daemon's own shell. */
const frr = (router: string, asn: number, ...lines: readonly string[]) =>
  on(router, `vtysh ${['configure terminal', `router bgp ${asn}`, ...lines].map((line) => `-c '${line}'`).join(' ')}`)

/** A packet filter of its own table; `nft delete table ip fault` undoes it. */
const filter = (device: string, hook: 'input' | 'forward', ...rules: readonly string[]) =>
  on(
    device,
    'nft add table ip fault',
    `nft 'add chain ip fault ${hook} { type filter hook ${hook} priority 0; }'`,
    ...rules.map((rule) => `nft add rule ip fault ${hook} ${rule}`),
  )
const unfilter = (device: string) => on(device, 'nft delete table ip fault')

const codes = (findings: readonly Finding[]): Record<string, Cause> =>
  Object.fromEntries(
    findings.map((finding) => [
      `${finding.nodes.join(' ')}${finding.from === undefined ? '' : ` from ${finding.from.join(' ')}`}`,
      finding.code,
    ]),
  )

async function nothingLeft(): Promise<void> {
  for (const node of lab.plan.nodes) {
    const { stdout } = await lab.shell.exec(node.name, [
      'sh',
      '-c',
      'ip -4 -o address show to 10.0.0.8; ss -Htn state established sport = :179 or dport = :179',
    ])
    expect([node.name, stdout]).toEqual([node.name, ''])
  }
}

describe('R34: preflight tries every control-plane node with every peer of it', () => {
  it('R12 R34: all good where the network is: sessions, announcements, the VIP from every other node and the client, every node used', async () => {
    const lines: string[] = []
    const stop = lab.events.subscribe((event) => event.type === 'output' && lines.push(`${event.device} ${event.program} ${event.line}`))
    const { report } = await run(['node-01', 'node-02', 'node-03', 'node-04'])
    stop()
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ vip: '10.0.0.8', passed: true })
    expect(
      report.cells.map(({ cell: { node, peerIP }, router, session, announcement }) => [node, router, peerIP, session.ok, announcement?.ok]),
    ).toEqual([
      ['node-01', 'tor1', '10.0.1.254', true, true],
      ['node-02', 'tor1', '10.0.1.254', true, true],
      ['node-03', 'tor2', '10.0.2.254', true, true],
      ['node-04', 'tor2', '10.0.2.254', true, true],
    ])
    expect(report.cells[0]?.reach?.map(({ from, sight }) => [from, sight])).toEqual([
      ['node-02', 'ok'],
      ['node-03', 'ok'],
      ['node-04', 'ok'],
      ['client', 'ok'],
    ])
    expect(report.together).toEqual([
      { peerIP: '10.0.1.254', router: 'tor1', announcing: ['node-01', 'node-02'], used: 2, ok: true },
      { peerIP: '10.0.2.254', router: 'tor2', announcing: ['node-03', 'node-04'], used: 2, ok: true },
    ])
    for (const text of ['BGP_FSM_ESTABLISHED', 'sent update', 'nlri="[10.0.0.8/32]"', 'withdrawals="[10.0.0.8/32]"'])
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^node-01 preflight 10.0.1.254 .*${text.replace(/[.[\]/]/g, '\\$&')}`)))
    await nothingLeft()
  })

  it('R34: a wrong AS number is told with its side: the peer expects another, or the file has another', async () => {
    await frr('tor1', 65002, 'neighbor 10.0.1.10 remote-as 65009')
    await on('tor2', 'gobgp neighbor del 10.0.2.10', 'gobgp neighbor add 10.0.2.10 as 65009')
    const wrong = ['node-02', 'node-04'].map((node) => ({ ...cell(node), peerASN: 65099 }))
    const { report } = await run([], { cells: [cell('node-01'), cell('node-03'), ...wrong] })
    await frr('tor1', 65002, 'neighbor 10.0.1.10 remote-as 65001')
    await on('tor2', 'gobgp neighbor del 10.0.2.10', 'gobgp neighbor add 10.0.2.10 as 65001')
    expect(codes(report.findings)).toEqual({
      'node-01': 'peer-expects-other-asn',
      'node-03': 'peer-expects-other-asn',
      'node-02': 'peer-has-other-asn',
      'node-04': 'peer-has-other-asn',
    })
  })

  it('R34: TCP 179 that is dropped, rejected with a RST, or rejected with either kind of ICMP error', async () => {
    await filter('tor1', 'input', 'ip saddr 10.0.1.10 tcp dport 179 reject with tcp reset', 'ip saddr 10.0.1.11 tcp dport 179 reject')
    await filter(
      'tor2',
      'input',
      'ip saddr 10.0.2.10 tcp dport 179 reject with icmp admin-prohibited',
      'ip saddr 10.0.2.11 tcp dport 179 drop',
    )
    const { report } = await run(['node-01', 'node-02', 'node-03', 'node-04'], { patience: HOPELESS })
    await unfilter('tor1')
    await unfilter('tor2')
    expect(codes(report.findings)).toEqual({
      'node-01': 'tcp-179-rejected',
      'node-02': 'tcp-179-rejected',
      'node-03': 'tcp-179-rejected',
      'node-04': 'tcp-179-dropped',
    })
  })

  it('R34: a peer that has no such neighbor, or has it without an address family', async () => {
    await frr('tor1', 65002, 'no neighbor 10.0.1.10', 'no neighbor 10.0.1.11', 'neighbor 10.0.1.11 remote-as 65001')
    await on('tor2', 'gobgp neighbor del 10.0.2.10')
    const { report } = await run(['node-01', 'node-02', 'node-03'], { patience: HOPELESS })
    const activate = ['address-family ipv4 unicast', 'neighbor 10.0.1.10 activate', 'neighbor 10.0.1.11 activate']
    await frr('tor1', 65002, 'neighbor 10.0.1.10 remote-as 65001', 'neighbor 10.0.1.10 passive', ...activate)
    await on('tor2', 'gobgp neighbor add 10.0.2.10 as 65001')
    expect(codes(report.findings)).toEqual({
      'node-01': 'neighbor-not-configured',
      'node-02': 'neighbor-not-activated',
      'node-03': 'neighbor-not-configured',
    })
  })

  it('R34: RFC 8212, and an import policy that refuses the route', async () => {
    await frr('tor1', 65002, 'bgp ebgp-requires-policy')
    await on('tor2', 'gobgp global policy import set default reject')
    const { report } = await run(['node-01', 'node-03'])
    await frr('tor1', 65002, 'no bgp ebgp-requires-policy')
    await on('tor2', 'gobgp global policy import set default accept')
    expect(codes(report.findings)).toEqual({ 'node-01': 'no-import-policy', 'node-03': 'route-not-accepted' })
  })

  it('R10 R34: no ECMP shows only when all nodes announce at once', async () => {
    await frr('tor1', 65002, 'address-family ipv4 unicast', 'maximum-paths 1')
    const { report } = await run(['node-01', 'node-02'])
    await frr('tor1', 65002, 'address-family ipv4 unicast', 'maximum-paths 16')
    expect(report.cells.every((row) => row.reach?.every((each) => each.sight === 'ok'))).toBe(true)
    expect(codes(report.findings)).toEqual({ 'node-01 node-02': 'no-ecmp' })
  })

  it('R8 R34: no return route, and no route to the VIP, each with the router that lacks it', async () => {
    await on('tor1', 'ip route add unreachable 10.0.2.0/24 metric 1')
    await on('core', 'ip route add blackhole 10.0.0.8/32 metric 1')
    const back = await run(['node-01'])
    await on('core', 'ip route del blackhole 10.0.0.8/32 metric 1')
    const { report } = await run(['node-01'])
    await on('tor1', 'ip route del unreachable 10.0.2.0/24 metric 1')
    expect(codes(back.report.findings)).toEqual({ 'node-01 from node-03 node-04 client': 'no-route-to-vip' })
    expect(codes(report.findings)).toEqual({ 'node-01 from node-03 node-04': 'no-return-route' })
    expect(report.cells[0]?.reach?.map(({ from, sight }) => [from, sight])).toEqual([
      ['node-02', 'ok'],
      ['node-03', 'no-answer'],
      ['node-04', 'no-answer'],
      ['client', 'ok'],
    ])
  })

  it('R34 R43: packet filters on the way there and back, and a VIP that was left on another node', async () => {
    await filter('tor2', 'forward', 'ip daddr 10.0.0.8 drop')
    await filter('tor1', 'forward', 'ip saddr 10.0.0.8 iifname rack1 oifname core drop')
    await on('node-02', 'ip address add 10.0.0.8/32 dev lo')
    const { report } = await run(['node-01'])
    await unfilter('tor1')
    await unfilter('tor2')
    await on('node-02', 'ip address del 10.0.0.8/32 dev lo')
    expect(codes(report.findings)).toEqual({
      'node-01 from node-02': 'vip-held-elsewhere',
      'node-01 from node-03 node-04': 'lost-on-the-way',
      'node-01 from client': 'answer-lost',
    })
  })

  it('R6 R34: a peer over a router that is not configured for multihop', async () => {
    await frr('tor1', 65002, 'neighbor 10.0.2.10 remote-as 65001', 'address-family ipv4 unicast', 'neighbor 10.0.2.10 activate')
    await on('tor2', 'gobgp neighbor add 10.0.1.10 as 65001')
    const far = [
      { ...cell('node-03'), peerIP: '10.0.1.254' },
      { ...cell('node-01'), peerIP: '10.0.2.254' },
    ]
    const { report } = await run([], { cells: far, patience: HOPELESS })
    await frr('tor1', 65002, 'no neighbor 10.0.2.10')
    await on('tor2', 'gobgp neighbor del 10.0.1.10')
    expect(codes(report.findings)).toEqual({ 'node-03': 'multihop-missing', 'node-01': 'multihop-missing' })
  })

  it('R34: a BGP daemon that is not running, and a peer that is not there, are no filters', async () => {
    await lab.processes.kill('tor1')
    await lab.links.down('tor2', 'rack2')
    const { report } = await run(['node-01', 'node-03'], { patience: HOPELESS })
    expect(codes(report.findings)).toEqual({ 'node-01': 'daemon-not-running', 'node-03': 'peer-unreachable' })
    await nothingLeft()
  })
})
