import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatDiagnostic, TIMER_PROFILES } from '../../src/model/index.ts'
import { loadTopology, type TopologyOptions } from '../../src/topology/index.ts'

const folder = new URL('../../topologies/shared-peers/', import.meta.url)
const shipped = (name: string) => readFileSync(new URL(name, folder), 'utf8')

/** The shipped topology, with some texts changed. */
function load(
  change: { topology?: (text: string) => string; cluster?: (text: string) => string } = {},
  options: Partial<TopologyOptions> = {},
) {
  const texts: Record<string, string> = {
    'topology.yaml': (change.topology ?? String)(shipped('topology.yaml')),
    'cluster.yaml': (change.cluster ?? String)(shipped('cluster.yaml')),
    'tor1.conf': 'router bgp 65002\n',
  }
  const read = (name: string) => (texts[name] === undefined ? undefined : { file: name, text: texts[name] })
  return loadTopology({ file: 'topology.yaml', text: texts['topology.yaml']!, read }, { timers: TIMER_PROFILES.fast, ...options })
}

const errors = (loaded: ReturnType<typeof load>) => loaded.diagnostics.filter((d) => d.severity === 'error').map(formatDiagnostic)
const swap = (from: string, to: string) => (text: string) => {
  expect(text).toContain(from)
  return text.replace(from, to)
}

describe('shared-peers, as shipped', () => {
  const { plan, diagnostics } = load()

  it('has no finding and gives a plan', () => {
    expect(diagnostics.map(formatDiagnostic)).toEqual([])
    expect(plan?.name).toBe('shared-peers')
  })

  it('configures both peers for three CP nodes and two floating IPs: the ten sessions of R31', () => {
    const sessions = plan!.routers.flatMap((router) =>
      router.neighbors.filter((each) => each.asn === 65001).map((each) => `${each.address} ${each.updateSource}`),
    )
    const locals = ['10.0.1.10', '10.0.1.11', '10.0.2.10', '10.0.1.100', '10.0.2.100']
    expect(sessions.sort()).toEqual(locals.flatMap((local) => [`${local} 10.8.0.10`, `${local} 10.8.0.11`]).sort())
  })

  it('gives the ingress Service its VIP and the others the next free ones (R27)', () => {
    expect(plan!.cluster.services.map((each) => [each.name, each.vip])).toEqual([
      ['istio-ingress', '10.0.0.1'],
      ['web', '10.0.0.2'],
      ['shop', '10.0.0.3'],
    ])
  })

  it('reads port as one of TCP and one of UDP, and ports as they are', () => {
    const ports = plan!.cluster.services.map((each) =>
      each.ports.map(({ protocol, port, targetPort }) => `${protocol} ${port} ${targetPort}`),
    )
    expect(ports).toEqual([
      ['tcp 80 8080', 'udp 80 8080'],
      ['tcp 80 8081', 'udp 80 8081'],
      ['tcp 80 8082', 'tcp 53 8053', 'udp 53 8054'],
    ])
  })

  it('knows the roles of its nodes (R21)', () => {
    const named = (role: 'controlPlane' | 'loadBalancer') => plan!.nodes.filter((node) => node.roles[role]).map((node) => node.name)
    expect(named('controlPlane')).toEqual(['node-01', 'node-02', 'node-03'])
    expect(named('loadBalancer')).toEqual(['node-04', 'node-05', 'node-06'])
  })
})

describe('what is prepared', () => {
  const locals = (loaded: ReturnType<typeof load>, router: string) =>
    loaded.plan?.routers
      .find((each) => each.name === router)
      ?.neighbors.filter((each) => each.asn === 65001)
      .map((each) => each.address)

  it('makes the routers know floating IPs that the cluster file does not have yet (R19)', () => {
    const loaded = load({}, { prepared: { floatingIPs: ['10.0.1.101'] } })
    for (const tor of ['tor1', 'tor2']) expect(locals(loaded, tor)).toContain('10.0.1.101')
    expect(loaded.plan?.cluster.model.floatingIPs).toEqual(['10.0.1.100', '10.0.2.100'])
    const inFile = load({ topology: swap('admin: core\n', 'admin: core\nprepared: { floatingIPs: [10.0.1.101] }\n') })
    expect(locals(inFile, 'tor1')).toEqual(locals(loaded, 'tor1'))
  })

  it('makes a router know every floating IP before it is a peer (R19)', () => {
    const one = swap('    - peerIP: 10.8.0.11\n      peerASN: 65002\n', '')
    expect(locals(load({ cluster: one }), 'tor2')).not.toContain('10.0.1.100')
    expect(locals(load({ cluster: one }, { prepared: { peers: ['10.8.0.11'] } }), 'tor2')).toEqual(
      expect.arrayContaining(['10.0.1.100', '10.0.2.100']),
    )
  })

  it('is refused where it could never be added', () => {
    const wrong = 'admin: core\nprepared: { floatingIPs: [10.0.9.100, 10.0.1.20], peers: [10.8.0.12] }\n'
    expect(errors(load({ topology: swap('admin: core\n', wrong) }))).toEqual([
      expect.stringContaining('10.0.9.100 is in no rack'),
      expect.stringContaining('10.0.1.20 is the own address of node-04'),
      expect.stringContaining('no router here has the address 10.8.0.12'),
    ])
  })
})

describe('options', () => {
  it('takes one kind for all ToRs, and leaves the core alone', () => {
    expect(load({}, { routers: 'gobgp' }).plan!.routers.map((each) => each.kind)).toEqual(['gobgp', 'gobgp', 'frr'])
    expect(load({}, { routers: { tor2: 'gobgp' } }).plan!.routers.map((each) => each.kind)).toEqual(['frr', 'gobgp', 'frr'])
  })

  it("takes a router's own configuration file", () => {
    const { plan } = load({ topology: swap('loopback: 10.8.0.10,', 'loopback: 10.8.0.10, config: tor1.conf,') })
    expect(plan!.routers[0]?.config).toEqual({ file: 'tor1.conf', text: 'router bgp 65002\n' })
  })
})

describe('errors name file, line, column and the cure', () => {
  const cases: [what: string, change: Parameters<typeof load>[0], error: RegExp][] = [
    [
      'an unknown field',
      { topology: swap('asn: 65002', 'ASN: 65002') },
      /^topology\.yaml:11:\d+: error: routers\.tor1\.ASN: unknown field; did you mean asn\?/,
    ],
    ['an unknown kind', { topology: swap('kind: frr', 'kind: fr') }, /^topology\.yaml:11:17: error: .*did you mean frr\?/],
    [
      'an unknown rack',
      { topology: swap('racks: [rack1, rack2]', 'racks: [rack1, rak2]') },
      /^topology\.yaml:11:\d+: error: routers\.tor1\.racks\[1\]: there is no rack "rak2"; did you mean rack2\?/,
    ],
    [
      'a node in no rack',
      { topology: swap('10.0.1.21', '10.0.4.21') },
      /^topology\.yaml:\d+:\d+: error: nodes\.node-05: 10\.0\.4\.21 is in no rack/,
    ],
    ['an address twice', { topology: swap('10.0.1.21', '10.0.1.20') }, /nodes\.node-05: 10\.0\.1\.20 is already node-04's/],
    ["a rack's broadcast address", { topology: swap('10.0.1.21', '10.0.1.255') }, /10\.0\.1\.255 is the network or broadcast address/],
    [
      'a floating IP that is the gateway',
      { cluster: swap('- 10.0.2.100', '- 10.0.2.1') },
      /10\.0\.2\.1 is the address of the gateway of rack2/,
    ],
    ["a floating IP that is a router's", { cluster: swap('- 10.0.2.100', '- 10.0.2.3') }, /10\.0\.2\.3 is the address of tor2 in rack2/],
    ["the gateway's address", { topology: swap('10.0.1.21', '10.0.1.1') }, /already the gateway of rack1's/],
    [
      'an unknown backend',
      { topology: swap('backends: [node-07, node-08]', 'backends: [node-07, node-80]') },
      /services\[0\]\.backends\[1\]: there is no node "node-80"; did you mean node-0?8/,
    ],
    [
      'a missing cluster file',
      { topology: swap('cluster: cluster.yaml', 'cluster: clutser.yaml') },
      /^topology\.yaml:4:10: error: cluster: there is no file clutser\.yaml/,
    ],
    [
      'a second document',
      { topology: (text) => `${text}---\nservices: []\n` },
      /^topology\.yaml:\d+:1: error: a topology file is one document, and here another one begins/,
    ],
    [
      'a missing config file',
      { topology: swap('loopback: 10.8.0.10,', 'loopback: 10.8.0.10, config: none.conf,') },
      /config: there is no file none\.conf/,
    ],
    [
      'a peer that no router is',
      { cluster: swap('- peerIP: 10.8.0.10', '- peerIP: 10.8.0.12') },
      /the cluster peers with 10\.8\.0\.12, and no router here has that address/,
    ],
    [
      'a node without a machine',
      { cluster: swap('- address: 10.0.2.22', '- address: 10.0.2.23') },
      /names the node 10\.0\.2\.23, and no machine here/,
    ],
    ['a broken YAML file', { topology: () => 'name: [a\n' }, /^topology\.yaml:\d+:\d+: error: /],
    ['an empty file', { topology: () => '' }, /^topology\.yaml:1:1: error: the file is empty/],
    ['iBGP in the cluster file (R1)', { cluster: swap('asn: 65002', 'asn: 65001') }, /^cluster\.yaml:\d+:\d+: error: .*R1/],
    ['a Service without a port', { topology: swap('web, port: 80, targetPort: 8081,', 'web,') }, /services\[1\]: default\/web has no port/],
    [
      'a Service with port and ports',
      { topology: swap('web, port: 80,', 'web, port: 80, ports: [{ port: 81 }],') },
      /services\[1\]\.port: default\/web has port and ports/,
    ],
    [
      'a targetPort that belongs to no port',
      { topology: swap('web, port: 80,', 'web, ports: [{ port: 81 }],') },
      /services\[1\]\.targetPort: targetPort stands beside port only/,
    ],
    [
      'a port of one protocol twice',
      { topology: swap('{ port: 53, targetPort: 8053 }', '{ port: 80, targetPort: 8053 }') },
      /services\[2\]\.ports\[1\]: default\/shop has tcp port 80 already/,
    ],
    [
      'two backends on one port of a node',
      { topology: swap('targetPort: 8053', 'targetPort: 8081') },
      /services\[2\]: backends of default\/web already listen at node-08 on tcp port 8081/,
    ],
    [
      'a backend where a control-plane node’s API listens',
      { topology: swap('targetPort: 8081, backends: [node-07, node-08]', 'targetPort: 443, backends: [node-07, node-01]') },
      /services\[1\]\.backends\[1\]: node-01 is a control-plane node: its API listens at 10\.0\.1\.10:443/,
    ],
    [
      'a pinned holder of another rack',
      { topology: (text) => `${text}\ninitialPlacement: { 10.0.1.100: node-06 }\n` },
      /node-06 is not in the subnet of 10\.0\.1\.100 \(R17\)/,
    ],
  ]
  it.each(cases)('%s', (_, change, error) => {
    const loaded = load(change)
    expect(loaded.plan).toBeUndefined()
    expect(errors(loaded)).toEqual(expect.arrayContaining([expect.stringMatching(error)]))
  })

  it('reports the errors of both files at once', () => {
    const loaded = load({ topology: swap('admin: core', 'admin: cor'), cluster: swap('localASN: 65001', 'localASN: many') })
    expect(errors(loaded).map((line) => line.split(':')[0])).toEqual(expect.arrayContaining(['topology.yaml', 'cluster.yaml']))
  })
})

describe('the way to the resource API', () => {
  it('is the CP VIP, unless the file or an option says otherwise', () => {
    expect(load().plan!.api).toEqual({ path: 'control-plane-vip', withdrawUnhealthy: false })
    const direct = load({ topology: (text) => `${text}\napi: admin\nwithdrawUnhealthy: true\n` })
    expect(direct.plan!.api).toEqual({ path: 'admin', withdrawUnhealthy: true })
    const back = load({ topology: (text) => `${text}\napi: admin\n` }, { api: 'control-plane-vip', withdrawUnhealthy: true })
    expect(back.plan!.api).toEqual({ path: 'control-plane-vip', withdrawUnhealthy: true })
  })

  it('is refused by name for anything else', () => {
    expect(errors(load({ topology: (text) => `${text}\napi: admn\n` })).join()).toContain('admin')
  })
})
