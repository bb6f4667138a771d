import { describe, expect, test } from 'vitest'
import type { CausePlace, SweepCase } from '../../../../src/model/index.ts'
import { type Changes, fail, load } from './lab.ts'

interface Rule {
  readonly code: string
  readonly topology: string
  /** What makes the topology one that the failure breaks. */
  readonly broken?: Changes
  readonly failure: string
  readonly message: string
  readonly place: Pick<CausePlace, 'file' | 'path'>
  /** The cured topology: the place's line changed, and what has to follow from it elsewhere. */
  readonly cured: Changes
}

const WEB = 'name: default/web, port: 80, targetPort: 8081, backends: [node-07'
const ONE_LB = '        - address: 10.0.1.21\n        - address: 10.0.2.20\n'
const ONE_CP = '        - address: 10.0.1.11\n        - address: 10.0.2.10\n'
const POOL = '    - address: 10.0.1.22\n'
const CORE = 'core: { kind: frr, asn: 65003, connects: [tor1, tor2] }'
const CORE_OF_THREE = 'core: { kind: frr, asn: 65003, connects: [tor1, tor2, tor3] }'
const SECOND_PEER = '    - peerIP: 10.8.0.11\n      peerASN: 65002\n'
/** The second rack has one node, which takes traffic and may hold a floating IP. */
const ONE_NODE_IN_RACK2 = {
  'node-03: 10.0.2.10': 'node-03: 10.0.1.12',
  '        - address: 10.0.2.10\n': '        - address: 10.0.1.12\n',
  'node-08: 10.0.2.22': 'node-08: 10.0.1.23',
  '    - address: 10.0.2.22': '    - address: 10.0.1.23',
}

const RULES: readonly Rule[] = [
  {
    code: 'single-backend',
    topology: 'shared-peers',
    broken: { [`${WEB}, node-08]`]: `${WEB}]` },
    failure: 'node-07',
    message: 'node-07 is the only backend of default/web',
    place: { file: 'topology.yaml', path: 'services[1].backends' },
    cured: {},
  },
  {
    code: 'single-lb-node',
    topology: 'shared-peers',
    broken: { [ONE_LB]: '', [POOL]: `${POOL}    - address: 10.0.1.21\n    - address: 10.0.2.20\n` },
    failure: 'node-04',
    message: 'node-04 is the only load-balancer node',
    place: { file: 'cluster.yaml', path: 'spec.loadBalancer.nodePoolSpec.nodes' },
    cured: { [ONE_LB]: '        - address: 10.0.2.20\n', [POOL]: `${POOL}    - address: 10.0.1.21\n` },
  },
  {
    code: 'single-cp-node',
    topology: 'shared-peers',
    broken: { [ONE_CP]: '', [POOL]: `${POOL}    - address: 10.0.1.11\n    - address: 10.0.2.10\n` },
    failure: 'node-01',
    message: 'node-01 is the only control-plane node',
    place: { file: 'cluster.yaml', path: 'spec.controlPlane.nodePoolSpec.nodes' },
    cured: {},
  },
  {
    code: 'single-router',
    topology: 'split-planes',
    failure: 'tor1',
    message: 'tor1 is the only router of rack1',
    place: { file: 'topology.yaml', path: 'routers.tor2.racks' },
    cured: { 'racks: { rack2: 10.0.2.254 }': 'racks: { rack2: 10.0.2.254, rack1: 10.0.1.253 }' },
  },
  {
    code: 'single-uplink',
    topology: 'split-planes',
    broken: { [CORE_OF_THREE]: `${CORE_OF_THREE}\n  core2: { kind: frr, asn: 65004, connects: [core, tor3] }` },
    failure: 'link tor1–core',
    message: 'core is the only way on from tor1',
    place: { file: 'topology.yaml', path: 'routers.core2.connects' },
    cured: { [CORE_OF_THREE]: `${CORE_OF_THREE}\n  core2: { kind: frr, asn: 65004, connects: [core, tor1, tor3] }` },
  },
  {
    code: 'single-uplink',
    topology: 'peers-per-rack',
    broken: { [CORE]: `${CORE}\n  edge: { kind: frr, asn: 65009, connects: [core] }`, 'client: core': 'client: edge' },
    failure: 'link core–edge',
    message: 'core is the only way on from edge',
    place: { file: 'topology.yaml', path: 'routers.core' },
    cured: {
      [CORE]: `${CORE}\n  core2: { kind: frr, asn: 65004, connects: [core, tor1, tor2, edge] }\n  edge: { kind: frr, asn: 65009, connects: [core] }`,
      'client: core': 'client: edge',
    },
  },
  {
    code: 'single-uplink',
    topology: 'shared-peers',
    broken: { [CORE]: 'core: { kind: frr, asn: 65003, connects: [tor1] }' },
    failure: 'link tor1–core',
    message: 'core is the only way on from tor1',
    // A link from core to tor2 saves nothing: tor1 stays the gateway of rack1.
    place: { file: 'topology.yaml', path: 'routers.core' },
    cured: { [CORE]: 'core: { kind: frr, asn: 65003, connects: [tor1] }\n  core2: { kind: frr, asn: 65004, connects: [core, tor1] }' },
  },
  {
    code: 'single-router',
    topology: 'split-planes',
    broken: { 'tor1: { kind: frr': 'tor1: { kind: gobgp' },
    failure: 'link rack1–tor1',
    message: 'tor1 is the only router of rack1',
    place: { file: 'topology.yaml', path: 'routers.tor2.racks' },
    cured: { 'racks: { rack2: 10.0.2.254 }': 'racks: { rack2: 10.0.2.254, rack1: 10.0.1.253 }' },
  },
  {
    code: 'lost-rack-announced',
    topology: 'shared-peers',
    broken: { 'tor1: { kind: frr': 'tor1: { kind: gobgp' },
    failure: 'link rack2–tor1',
    message: 'tor1 goes on announcing rack2, which it has no cable to any more (GoBGP 3.10)',
    place: { file: 'topology.yaml', path: 'routers.tor1.kind' },
    cured: {},
  },
  {
    code: 'default-without-way-on',
    topology: 'peers-per-rack',
    broken: { [CORE]: `${CORE}\n  core2: { kind: frr, asn: 65004, connects: [tor1, tor2] }` },
    failure: 'link tor1–core',
    message: 'core still gives tor2 a default route although it has lost the way to rack1',
    place: { file: 'topology.yaml', path: 'routers.core2.connects' },
    cured: { [CORE]: `${CORE}\n  core2: { kind: frr, asn: 65004, connects: [tor1, tor2, core] }` },
  },
  {
    code: 'gateway-without-way-on',
    topology: 'shared-peers',
    broken: { [CORE]: `${CORE}\n  core2: { kind: frr, asn: 65004, connects: [tor2] }` },
    failure: 'link tor1–core',
    message: 'tor1 stays the gateway of a rack although it has lost its way on',
    place: { file: 'topology.yaml', path: 'routers.core2.connects' },
    cured: { [CORE]: `${CORE}\n  core2: { kind: frr, asn: 65004, connects: [tor1, tor2] }` },
  },
  {
    code: 'single-peer',
    topology: 'shared-peers',
    broken: { [SECOND_PEER]: '' },
    failure: 'tor1',
    message: 'tor1 is the only peer of the services',
    place: { file: 'cluster.yaml', path: 'spec.peers' },
    cured: {},
  },
  {
    code: 'no-floating-ip',
    topology: 'shared-peers',
    broken: { ...ONE_NODE_IN_RACK2, '    - 10.0.1.100\n': '' },
    failure: 'node-06',
    message: 'no node can hold a floating IP any more (10.0.2.100)',
    place: { file: 'cluster.yaml', path: 'spec.floatingIPs' },
    cured: ONE_NODE_IN_RACK2,
  },
]

function causesOf(found: SweepCase): string[] {
  return [...new Set(found.broken.filter((path) => path.forGood).map((path) => path.cause?.code ?? 'none'))]
}

function causesBack(found: SweepCase): string[] {
  return [...new Set(found.broken.filter((path) => !path.forGood).map((path) => path.cause?.code ?? 'none'))]
}

describe('what is lost for good names the line that would have saved it', () => {
  test.each(RULES)('$code: $failure of $topology', ({ code, topology, broken, failure, message, place, cured }) => {
    const found = fail(load(topology, broken), failure)
    expect(found.survival).toBe('lost')
    expect(causesOf(found)).toEqual([code])
    const [{ cause } = {}] = found.broken
    expect(cause).toMatchObject({ message, place })
    expect(cause?.place?.line).toBeGreaterThan(1)

    const saved = fail(load(topology, cured), failure)
    expect(causesOf(saved)).not.toContain(code)
    expect(saved.broken.filter((path) => path.forGood)).toEqual([])
  })
})

test('a client whose only router is gone: a topology has no words for a second one', () => {
  const found = fail(load('shared-peers'), 'core')
  expect(causesOf(found)).toEqual(['single-way-in'])
  expect(found.broken[0]?.cause?.message).toBe('core is the only way in of client: a client of a topology is behind one router')
  expect(found.broken[0]?.cause).not.toHaveProperty('place')
})

test('a rack whose only router is also the only peer needs both lines', () => {
  const router = { 'racks: { rack1: 10.0.1.254 }': 'racks: { rack1: 10.0.1.254, rack3: 10.0.3.253 }' }
  const peer = '    - peerIP: 10.0.3.254\n      peerASN: 65002\n'
  const found = fail(load('split-planes'), 'tor3')
  expect(found.broken.find(({ from }) => from === 'client')?.cause).toMatchObject({
    code: 'single-router',
    cure: 'rack3 among the racks of tor1, and a peer on it (cluster.yaml:68:3)',
  })
  expect(causesOf(fail(load('split-planes', router), 'tor3'))).toEqual(['single-peer'])
  expect(fail(load('split-planes', { ...router, [peer]: `${peer}${peer.replace('254', '253')}` }), 'tor3').survival).toBe('none')
})

test('without the store nothing is withdrawn: neither failure alone is lost', () => {
  const loaded = load('shared-peers')
  const found = fail(loaded, 'node-04', 'link core–admin')
  expect(causesOf(found)).toEqual(['api-cut-off'])
  expect(found.broken[0]?.cause?.place).toMatchObject({ file: 'topology.yaml', path: 'admin' })
  for (const one of ['node-04', 'link core–admin']) expect(causesOf(fail(loaded, one))).toEqual([])
})

describe('what comes back names the timer that it waited for', () => {
  test('a silent load-balancer node: its lease', () => {
    const found = fail(load('shared-peers'), 'node-04')
    expect(found).toMatchObject({ survival: 'outage', repair: { state: 'clean' } })
    expect(found.broken[0]?.cause).toMatchObject({ code: 'lease', bound: 40_000_000 })
    // Renewed every 10 s: up to 40 s, and not before 30.
    expect(found.outage).toBeGreaterThan(30_000_000)
    expect(found.outage).toBeLessThan(41_000_000)
    expect(fail(load('shared-peers', {}, 'fast'), 'node-04').outage).toBeLessThan(4_000_000)
  })

  test('a silent control-plane node: the hold time of its sessions', () => {
    const found = fail(load('shared-peers'), 'node-01')
    expect(found.broken[0]).toMatchObject({ service: 'control plane', cause: { code: 'hold-time', bound: 90_000_000 } })
    expect(found.outage).toBeGreaterThan(60_000_000)
    expect(found.outage).toBeLessThan(91_000_000)
    const fast = fail(load('shared-peers', {}, 'fast'), 'node-01')
    expect(fast.broken[0]?.cause).toMatchObject({ code: 'hold-time', bound: 9_000_000 })
    expect(fast.outage).toBeLessThan(10_000_000)
  })

  test('a router: nobody waits for a timer where its links are seen to fail', () => {
    const found = fail(load('shared-peers'), 'tor1')
    expect(found.survival).toBe('outage')
    expect(found.outage).toBeLessThan(1_000_000)
    expect(new Set(found.broken.map((path) => path.cause?.code))).not.toContain('hold-time')
  })

  test("a router that stood first in a rack: the other takes the rack's gateway over", () => {
    const found = fail(load('shared-peers'), 'tor1')
    const ofRack1 = found.broken.find(({ from, service }) => from === 'node-01' && service === 'default/web')
    expect(ofRack1).toMatchObject({ endedBy: 'gateway', cause: { code: 'gateway', message: expect.stringContaining('VRRP') } })
    // No gateway moves where a session is reset.
    const reset = fail(load('split-planes'), 'session core–tor3')
    expect(causesBack(reset)).toEqual(['convergence'])
  })
})
