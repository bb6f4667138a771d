import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { controlPlaneSessions, type LoadOptions, loadCluster, loadClusterFiles, serviceSessions } from '../../../src/cluster/index.ts'
import { formatDiagnostic, hasErrors } from '../../../src/model/index.ts'

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const shared = fixture('shared-peers.yaml')
const SUBNETS = ['10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24', '10.8.0.0/24']

/** The first example with one text replaced: it must be there, so that no test passes by a slip. */
function edited(...changes: readonly (readonly [string | RegExp, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    const next = text.replace(from, to)
    if (next === text) throw new Error(`nothing to replace: ${from}`)
    return next
  }, shared)
}

const found = (text: string, options: LoadOptions = { subnets: SUBNETS }) =>
  loadCluster('c.yaml', text, options).diagnostics.map(({ severity, code, line, column }) => `${line}:${column} ${severity} ${code}`)

/** Each finding with the word of the text that its position points at. */
const pointed = (text: string) =>
  loadCluster('c.yaml', text, { subnets: SUBNETS }).diagnostics.map(({ severity, code, line, column }) => {
    const word = /^[^\s,\]]*/.exec(text.split('\n')[line - 1]!.slice(column - 1))![0]
    return `${severity} ${code} at ${word}`
  })

describe("the document's three examples", () => {
  const pairs = (sessions: readonly { localIP: string; peerIP: string }[]) => sessions.map((s) => `${s.localIP} → ${s.peerIP}`).sort()
  const all = (name: string, holders: Readonly<Record<string, string>>) => {
    const { cluster, diagnostics } = loadCluster(name, fixture(name), { subnets: SUBNETS })
    expect(hasErrors(diagnostics), diagnostics.map(formatDiagnostic).join('\n')).toBe(false)
    expect(Object.keys(holders)).toEqual(cluster!.floatingIPs)
    const assignments = cluster!.floatingIPs.map((floatingIP) => ({
      floatingIP,
      node: holders[floatingIP]!,
      subnet: floatingIP.replace(/\d+$/, '0/24'),
    }))
    return { cp: pairs(controlPlaneSessions(cluster!)), services: pairs(serviceSessions(cluster!, assignments).sessions) }
  }

  test('R31: all nodes share the peers', () => {
    const { cp, services } = all('shared-peers.yaml', { '10.0.1.100': 'node-04', '10.0.2.100': 'node-05' })
    expect(cp).toEqual([
      '10.0.1.10 → 10.8.0.10',
      '10.0.1.10 → 10.8.0.11',
      '10.0.1.11 → 10.8.0.10',
      '10.0.1.11 → 10.8.0.11',
      '10.0.2.10 → 10.8.0.10',
      '10.0.2.10 → 10.8.0.11',
    ])
    expect(services).toEqual(['10.0.1.100 → 10.8.0.10', '10.0.1.100 → 10.8.0.11', '10.0.2.100 → 10.8.0.10', '10.0.2.100 → 10.8.0.11'])
  })

  test('R32: control-plane nodes with their own peers', () => {
    const { cp, services } = all('peers-per-rack.yaml', { '10.0.1.100': 'node-04', '10.0.2.100': 'node-05' })
    expect(cp).toEqual(['10.0.1.10 → 10.0.1.254', '10.0.1.11 → 10.0.1.254', '10.0.2.10 → 10.0.2.254'])
    expect(services).toEqual(['10.0.1.100 → 10.0.1.254', '10.0.1.100 → 10.0.2.254', '10.0.2.100 → 10.0.1.254', '10.0.2.100 → 10.0.2.254'])
  })

  test('R33: control and data plane apart', () => {
    const { cp, services } = all('planes-apart.yaml', { '10.0.3.100': 'node-04', '10.0.3.101': 'node-05' })
    expect(cp).toEqual(['10.0.1.10 → 10.0.1.254', '10.0.1.11 → 10.0.1.254', '10.0.2.10 → 10.0.2.254'])
    expect(services).toEqual(['10.0.3.100 → 10.0.3.254', '10.0.3.101 → 10.0.3.254'])
  })

  test('the third as it is printed: every oddity with its line, and the file read all the same', () => {
    const { cluster, diagnostics } = loadCluster('c.yaml', fixture('planes-apart-as-printed.yaml'), { subnets: SUBNETS })
    expect(diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.line}:${d.column} ${d.code}; ${d.suggestion}`)).toEqual([
      '11:1 pasted-placeholder; remove it, or put what it stands for',
      "17:20 cp-node-without-peer; add it to a peer's controlPlaneNodes, or leave the list out so that every node peers with it",
      '33:13 not-a-control-plane-node; did you mean 10.0.2.10?',
      '44:1 pasted-placeholder; remove it, or put what it stands for',
      '48:1 outside-metadata; indent it under metadata: (metadata.name)',
      '49:1 outside-metadata; indent it under metadata: (metadata.namespace)',
      '57:1 outside-metadata; indent it under metadata: (metadata.name)',
      '58:1 outside-metadata; indent it under metadata: (metadata.namespace)',
      '60:3 spec-bgp; move localASN and peers up, directly under spec',
    ])
    expect(cluster).toMatchObject({ floatingIPs: ['10.0.3.100', '10.0.3.101'], servicePeers: [{ peerIP: '10.0.3.254', peerASN: 65002 }] })
  })

  test('the first as it is copied from the web page, all indentation lost', () => {
    const codes = found(fixture('pasted-flat.yaml'))
    expect(codes).toContain('4:1 error lost-indentation')
    expect(codes).toContain('19:1 error pasted-placeholder')
    expect(codes).toContain('24:1 error outside-metadata')
  })
})

describe('a file that is right', () => {
  test('becomes a model, with nothing to say', () => {
    const nodes = [{ address: '10.0.1.10', name: 'node-01' }]
    const { cluster, diagnostics, resources } = loadCluster('c.yaml', shared, { subnets: SUBNETS, nodes, gateway: { sessions: 1 } })
    expect(diagnostics).toEqual([])
    expect(cluster).toMatchObject({
      name: 'bm',
      namespace: 'cluster-bm',
      type: 'standalone',
      localAsn: 65001,
      serviceLocalAsn: 65001,
      cpVip: '10.0.0.8',
      cpPort: 443,
      ingressVip: '10.0.0.1',
      cpNodes: ['10.0.1.10', '10.0.1.11', '10.0.2.10'],
      lbNodes: ['10.0.1.10', '10.0.1.11', '10.0.2.10'],
      workers: ['10.0.1.12', '10.0.2.11'],
      subnets: ['10.0.1.0/24', '10.0.2.0/24'],
      subnetsAssumed: false,
      gateway: { sessions: 1, massExpiryShare: 0.55 },
    })
    expect(cluster!.nodes.map((node) => node.name)).toEqual(['node-01', '10.0.1.11', '10.0.2.10', '10.0.1.12', '10.0.2.11'])
    expect(resources).toMatchObject([
      { kind: 'Cluster' },
      { kind: 'AnthosNetworkGateway' },
      { kind: 'BGPLoadBalancer' },
      { kind: 'NodePool' },
    ])
  })

  test("a customer's whole file: other kinds and fields kept without a word, later releases' kinds read (R21, R27)", () => {
    const text = fixture('customer.yaml')
    const { cluster, documents, resources, diagnostics } = loadCluster('c.yaml', text, { subnets: ['10.20.1.0/24', '10.20.2.0/24'] })
    expect([...new Set(diagnostics.map((d) => d.code))].sort()).toEqual(['next-hop-off-subnet', 'peer-not-selected'])
    expect(diagnostics.find((d) => d.code === 'peer-not-selected')?.severity).toBe('note')
    expect(documents).toHaveLength(9)
    expect(cluster).toMatchObject({
      type: 'hybrid',
      lbNodes: ['10.20.1.20', '10.20.2.20'],
      serviceLocalAsn: 4200000001,
      servicePeers: [
        { peerIP: '10.20.1.254', peerASN: 65002, sessions: 2 },
        { peerIP: '10.20.2.254', peerASN: 65002, sessions: 1 },
      ],
    })
    expect(cluster!.pools.map((pool) => pool.ranges.length)).toEqual([1, 2])
    expect(resources).toContainEqual(expect.objectContaining({ apiVersion: 'networking.gke.io/v1alpha1', kind: 'AnthosNetworkGateway' }))
    expect(resources).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ name: 'bgplb' }), kind: 'BGPLoadBalancer' }),
    )
  })

  test('an admin cluster has control-plane load balancing only (R2)', () => {
    const [admin] = edited(['spec:\n', 'spec:\n  type: admin\n']).split('\n---\n')
    expect(found(admin!)).toEqual([])
    expect(found(edited(['spec:\n', 'spec:\n  type: admin\n'])).map((each) => each.split(' ').at(-1))).toEqual([
      'admin-cluster',
      'admin-cluster',
    ])
  })

  test('without masks /24 is assumed, said, and what rests on it is a warning', () => {
    expect(found(shared, {})).toEqual(['10:1 note subnets-assumed'])
    expect(found(edited(['- 10.0.2.100', '- 10.0.9.100']), {})).toContain('47:7 warning floating-ip-outside-subnets')
  })
})

describe('what is wrong is said, with its place', () => {
  test.each<[string, string | RegExp, string, string[]]>([
    ['iBGP, control plane (R1)', 'asn: 65002', 'asn: 65001', ['error ibgp-unsupported at 65001']],
    ['iBGP, services (R1)', 'peerASN: 65002', 'peerASN: 65001', ['error ibgp-unsupported at 65001']],
    ['IPv6 peer (R7)', 'ip: 10.8.0.10', 'ip: 2001:db8::1', ['error ipv6-unsupported at 2001:db8::1']],
    ['IPv6 floating IP (R7)', '- 10.0.1.100', '- fd00::100', ['error ipv6-unsupported at fd00::100']],
    ['MD5 password (R7)', 'asn: 65002\n', 'asn: 65002\n        password: secret\n', ['error md5-unsupported at password:']],
    [
      'MD5 secret of a service peer (R7)',
      'peerASN: 65002\n',
      'peerASN: 65002\n      md5Secret: x\n',
      ['error md5-unsupported at md5Secret:'],
    ],
    ['AS number 0', 'localASN: 65001', 'localASN: 0', ['error out-of-range at 0']],
    ['AS number of five octets', 'asn: 65002', 'asn: 4294967296', ['error out-of-range at 4294967296']],
    ['AS number in quotes', 'asn: 65002', 'asn: "65002"', ['error wrong-type at "65002"']],
    ['annotation missing (R24)', / {2}# This annotation[\s\S]*?"true"\n/, '', ['warning annotation-missing at name:']],
    ['annotation a boolean (R24)', 'gateway: "true"', 'gateway: true', ['error annotation-value at true']],
    ['annotation false (R24)', 'gateway: "true"', 'gateway: "false"', ['error annotation-value at "false"']],
    [
      'annotation misspelt (R24)',
      'enable-anthos-network-gateway',
      'enable-anthos-networkgateway',
      ['error annotation-missing at baremetal.cluster.gke.io/enable-anthos-networkgateway:'],
    ],
    ['type absent (R25)', '    type: bgp\n', '', ['error not-bgp at mode:']],
    ['type layer2 (R25)', 'type: bgp', 'type: layer2', ['error not-bgp at layer2']],
    ['type misspelt (R25)', 'type: bgp', 'type: bpg', ['error bad-value at bpg']],
    ['mode manual (R25)', 'mode: bundled', 'mode: manual', ['error not-bundled at manual']],
    ['controlPlaneBGP for bgpPeers', '    bgpPeers:', '    controlPlaneBGP:', ['error control-plane-bgp at controlPlaneBGP:']],
    ['bgpPeers misspelt (R26)', '    bgpPeers:', '    bgpPeer:', ['error no-peers at mode:', 'warning unknown-field at bgpPeer:']],
    ['no localASN (R26)', '    localASN: 65001\n', '', ['error missing at mode:']],
    ['peerIP for ip (R26)', 'ip: 10.8.0.10', 'peerIP: 10.8.0.10', ['error missing at peerIP:', 'error unknown-field at peerIP:']],
    ['one control-plane peer (R13)', '      - ip: 10.8.0.11\n        asn: 65002\n', '', ['warning one-peer at bgpPeers:']],
    ['a peer twice', 'ip: 10.8.0.11', 'ip: 10.8.0.10', ['error peer-twice at 10.8.0.10']].slice(0, 4) as never,
    ['controlPlaneVIP missing (R27)', '      controlPlaneVIP: 10.0.0.8\n', '', ['error missing at ingressVIP:']],
    ['ingressVIP outside the pools (R27)', 'ingressVIP: 10.0.0.1', 'ingressVIP: 10.0.0.9', ['error ingress-vip-outside-pools at 10.0.0.9']],
    ['CP VIP inside a pool', 'controlPlaneVIP: 10.0.0.8', 'controlPlaneVIP: 10.0.0.3', ['error cp-vip-in-pool at 10.0.0.3']],
    ['a VIP inside a node subnet', 'controlPlaneVIP: 10.0.0.8', 'controlPlaneVIP: 10.0.1.8', ['warning vip-in-node-subnet at 10.0.1.8']],
    ['pools that overlap', '- 10.0.0.1-10.0.0.4', '- 10.0.0.1-10.0.0.4\n          - 10.0.0.4/31', ['error pools-overlap at 10.0.0.4/31']],
    [
      'a range turned round',
      '- 10.0.0.1-10.0.0.4',
      '- 10.0.0.4-10.0.0.1',
      ['error ingress-vip-outside-pools at 10.0.0.1', 'error bad-range at 10.0.0.4-10.0.0.1'],
    ],
    ['a FIP outside every node subnet (R16)', '- 10.0.2.100', '- 10.0.3.100', ['error floating-ip-outside-subnets at 10.0.3.100']],
    ["a FIP that is a node's address (R16)", '- 10.0.2.100', '- 10.0.2.11', ['error floating-ip-is-node at 10.0.2.11']],
    ['a FIP twice (R16)', '- 10.0.2.100', '- 10.0.1.100', ['error floating-ip-twice at 10.0.1.100']],
    ['a broadcast address as FIP', '- 10.0.2.100', '- 10.0.2.255', ['error floating-ip-unusable at 10.0.2.255']],
    ['one FIP (R16, R18)', '    - 10.0.2.100\n', '', ['warning one-floating-ip at floatingIPs:']],
    ['no FIP (R16)', '    - 10.0.1.100\n    - 10.0.2.100\n', '', ['error missing at floatingIPs:']],
    ['one service peer (R19)', '    - peerIP: 10.8.0.11\n      peerASN: 65002\n', '', ['warning one-peer at peers:']],
    ['a peer that is a node', /ip: 10\.8\.0\.10/, 'ip: 10.0.1.12', ['error peer-is-node at 10.0.1.12']],
    ['a peer that is a floating IP', /peerIP: 10\.8\.0\.10/, 'peerIP: 10.0.1.100', ['error peer-is-floating-ip at 10.0.1.100']],
    ['a peer inside the VIPs', /ip: 10\.8\.0\.10/, 'ip: 10.0.0.3', ['error peer-is-vip at 10.0.0.3']],
    ['a peer that no route leads to', /ip: 10\.8\.0\.10/, 'ip: 127.0.0.1', ['error peer-unreachable at 127.0.0.1']],
    ['a peer at a broadcast address', /ip: 10\.8\.0\.10/, 'ip: 10.0.1.255', ['error peer-unreachable at 10.0.1.255']],
    ['a peer in two ASes', 'peerASN: 65002', 'peerASN: 65009', ['error peer-asn-differs at 65009']],
    [
      'a pool that reaches into a node subnet',
      '- 10.0.0.1-10.0.0.4',
      '- 10.0.0.1-10.0.0.4\n          - 10.0.1.200-10.0.1.210',
      ['warning vip-in-node-subnet at 10.0.1.200-10.0.1.210'],
    ],
    [
      'more floating IPs than nodes in a subnet (R35)',
      '    - 10.0.2.100\n',
      '    - 10.0.2.100\n    - 10.0.2.101\n    - 10.0.2.102\n',
      ['warning floating-ips-share-node at 10.0.2.102'],
    ],
    ['AS numbers that differ (R1)', '  localASN: 65001\n  peers', '  localASN: 65003\n  peers', ['warning local-asn-differs at 65003']],
    [
      'another cluster’s namespace (R28)',
      'name: default\n  namespace: cluster-bm',
      'name: default\n  namespace: cluster-x',
      ['error wrong-namespace at cluster-x'],
    ],
    ['another name (R29)', 'name: bgplb', 'name: bgp-lb', ['error bad-name at bgp-lb']],
    [
      'a misspelt kind',
      'kind: BGPLoadBalancer',
      'kind: BGPLoadBalacer',
      ['error no-load-balancer at apiVersion:', 'error unknown-kind at BGPLoadBalacer'],
    ],
    [
      'a wrong apiVersion',
      'networking.gke.io/v1alpha1\nkind: BGP',
      'networking.gke.io/v1alpha2\nkind: BGP',
      ['error bad-api-version at networking.gke.io/v1alpha2'],
    ],
    ["another cluster's node pool", 'clusterName: bm', 'clusterName: other', ['warning other-cluster at other']],
    ['a floating IP that is the VIP', '- 10.0.1.100', '- 10.0.0.8', ['error floating-ip-is-vip at 10.0.0.8']],
    ['AS_TRANS', 'localASN: 65001', 'localASN: 23456', ['error reserved-asn at 23456']],
    ['the last AS number', 'localASN: 65001', 'localASN: 4294967295', ['error reserved-asn at 4294967295']],
    ['an AS number that is reserved, of our own', 'localASN: 65001', 'localASN: 65535', ['error reserved-asn at 65535']],
    ['no mode (R25)', '    mode: bundled\n', '', ['warning no-mode at loadBalancer:']],
    ['a node in two pools', '- address: 10.0.1.12', '- address: 10.0.1.11', ['warning node-in-two-pools at 10.0.1.11']],
    ['a label that is no string', 'metadata:\n', 'metadata:\n  labels: { fast: true }\n', ['error not-a-string at true']],
    [
      'the network gateway enabled with a string',
      'spec:\n',
      'spec:\n  clusterNetwork: { advancedNetworking: "true" }\n',
      ['error not-a-boolean at "true"'],
    ],
    ['a name that is no DNS label (R28)', 'name: bm\n', 'name: 1Bad_Name\n', ['error bad-name at 1Bad_Name']],
    ['a node twice', '- address: 10.0.1.11', '- address: 10.0.1.10', ['error node-twice at 10.0.1.10']],
    ['a duplicate key', 'mode: bundled', 'mode: bundled\n    mode: bundled', ['error duplicate-key at mode:']],
    ['a tab', '    mode: bundled', '\tmode: bundled', ['error yaml-tab at ']],
  ])('%s', (_what, from, to, expected) => {
    const said = pointed(edited([from, to]))
    for (const each of expected) expect(said).toContain(each)
    const errors = said.filter((each) => each.startsWith('error '))
    expect(errors.length, said.join('\n')).toBeLessThanOrEqual(Math.max(1, expected.filter((each) => each.startsWith('error ')).length))
  })

  test.each(['0.0.0.0', '127.0.0.1', '224.0.0.9', '255.255.255.255', '169.254.1.1'])(
    '%s is no address for a VIP, a pool, a node or a floating IP (R16, R27)',
    (address) => {
      const only = (from: string, to: string) => pointed(edited([from, to])).filter((each) => each.startsWith('error'))
      expect(only('controlPlaneVIP: 10.0.0.8', `controlPlaneVIP: ${address}`)).toEqual([`error vip-unusable at ${address}`])
      expect(only('ingressVIP: 10.0.0.1', `ingressVIP: ${address}`)).toEqual([`error vip-unusable at ${address}`])
      const pools = `- 10.0.0.1-10.0.0.4\n          - ${address}`
      expect(only('- 10.0.0.1-10.0.0.4', pools)).toEqual([`error pool-unusable at ${address}`])
      for (const node of ['10.0.1.11', '10.0.2.11'])
        expect(only(`- address: ${node}`, `- address: ${address}`)).toEqual([`error node-unusable at ${address}`])
      expect(only('- 10.0.2.100', `- ${address}`)).toEqual([`error floating-ip-unusable at ${address}`])
    },
  )

  test.each(['', 'apiVersion: v1\n', 'apiVersion: network.gke.io/v1\n', 'apiVersion: networking.gke.io/v1\n'])(
    'a misspelt kind is found although the apiVersion is left out or wrong: %j',
    (head) => {
      const more = (apiVersion: string) => `---\n${apiVersion}kind: BGPPeers\nmetadata: { name: a }\nspec: {}\n`
      const { diagnostics } = loadCluster('c.yaml', shared + more(head), { subnets: SUBNETS })
      expect(diagnostics).toMatchObject([{ code: 'unknown-kind', suggestion: 'did you mean BGPPeer?' }])
      expect(found(shared + more('apiVersion: metallb.io/v1beta2\n'))).toEqual([])
    },
  )

  test('a name that is no DNS label is told what may be meant (R28)', () => {
    const { diagnostics } = loadCluster('c.yaml', edited(['name: bm\n', 'name: 1Bad_Name\n']), { subnets: SUBNETS })
    expect(diagnostics.find((d) => d.code === 'bad-name')?.suggestion).toBe('did you mean 1bad-name?')
  })

  test('a `---` that is missing is one finding, and the rest is checked as if it were there', () => {
    const without = shared.replaceAll('---\n', '')
    const line = (kind: string) => without.split('\n').indexOf(`kind: ${kind}`)
    const { diagnostics, cluster, resources } = loadCluster('c.yaml', without, { subnets: SUBNETS })
    expect(diagnostics.map(formatDiagnostic)).toEqual(
      ['AnthosNetworkGateway', 'BGPLoadBalancer', 'NodePool'].map(
        (kind) =>
          `c.yaml:${line(kind)}:1: error: a \`---\` is missing before line ${line(kind)}: two documents run into one; put \`---\` on a line of its own there`,
      ),
    )
    expect(cluster).toEqual(loadCluster('c.yaml', shared, { subnets: SUBNETS }).cluster)
    expect(resources).toHaveLength(4)
    const wrong = without.replace('- 10.0.2.100', '- 10.0.9.100')
    expect(pointed(wrong)).toContain('error floating-ip-outside-subnets at 10.0.9.100')
  })

  test('a field of a document that is written twice is no missing `---`', () => {
    const text = edited(
      ['kind: Cluster\n', 'kind: Cluster\nkind: Cluster\n'],
      ['    - address: 10.0.2.11\n', '    - address: 10.0.2.11\nkind: NodePool\n'],
    )
    expect(found(text).map((each) => each.split(' ')[2])).toEqual(['duplicate-key', 'duplicate-key'])
  })

  test('a pool that reaches into such addresses is told which they are (R27)', () => {
    const text = edited(['- 10.0.0.1-10.0.0.4', '- 10.0.0.1-10.0.0.4\n          - 223.255.255.0-224.0.0.3'])
    expect(loadCluster('c.yaml', text, { subnets: SUBNETS }).diagnostics.map(({ message }) => message)).toEqual([
      'no VIP can come from 223.255.255.0-224.0.0.3: 224.0.0.0/4 is multicast',
    ])
  })

  test('a control-plane node that no peer lists, and a listed address that is none (R11, R12)', () => {
    const listed = '        asn: 65002\n        controlPlaneNodes: [10.0.1.10, 10.0.1.11, 10.0.2.11]\n'
    const text = edited([/ {8}asn: 65002\n/, listed], [/(ip: 10\.8\.0\.11\n) {8}asn: 65002\n/, `$1${listed}`])
    const { diagnostics } = loadCluster('c.yaml', text, { subnets: SUBNETS })
    expect(diagnostics.map(formatDiagnostic)).toEqual([
      "c.yaml:16:20: error: spec.controlPlane.nodePoolSpec.nodes[2].address: control-plane node 10.0.2.10 is left without any peer (R11); add it to a peer's controlPlaneNodes, or leave the list out so that every node peers with it",
      'c.yaml:26:51: error: spec.loadBalancer.bgpPeers[0].controlPlaneNodes[2]: 10.0.2.11 is not a control-plane node (R12); did you mean 10.0.2.10?',
      'c.yaml:29:51: error: spec.loadBalancer.bgpPeers[1].controlPlaneNodes[2]: 10.0.2.11 is not a control-plane node (R12); did you mean 10.0.2.10?',
    ])
  })

  test('an empty controlPlaneNodes is as if it were absent: null means every node (R12)', () => {
    expect(found(edited(['        asn: 65002\n', '        asn: 65002\n        controlPlaneNodes: # optional\n']))).toEqual([])
  })

  test('all errors of a file at once, over all its documents', () => {
    const text = edited(
      ['localASN: 65001', 'localASN: sixty'],
      ['ip: 10.8.0.11', 'ip: 10.8.0.611'],
      ['ingressVIP: 10.0.0.1', 'ingressVIP: 10.0.0.77'],
      ['- 10.0.2.100', '- 10.0.2.11'],
      ['peerIP: 10.8.0.11', 'peerip: 10.8.0.11'],
    )
    expect(found(text)).toEqual([
      '22:15 error wrong-type',
      '26:13 error bad-address',
      '33:19 error ingress-vip-outside-pools',
      '47:7 error floating-ip-is-node',
      '59:7 error missing',
      '59:7 error unknown-field',
    ])
  })

  test('a syntax error in one document does not hide the errors of the others', () => {
    const said = found(edited(['mode: bundled', 'mode: [bundled'], ['- 10.0.2.100', '- 10.0.2.300']))
    expect(said.some((each) => each.endsWith('yaml-syntax'))).toBe(true)
    expect(said).toContain('47:7 error bad-address')
  })

  test('dots in a text block, and at the end of a document, are not placeholders', () => {
    const config =
      '\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  note: |\n    first\n    ...\n    (other cluster config omitted)\n  more: x\n'
    expect(found(`${shared}...${config}...\n`)).toEqual([])
  })

  test('a placeholder in a value is said, and the rest is read', () => {
    expect(pointed(edited(['spec:\n', 'spec: ...\n']))).toEqual(['error pasted-placeholder at ...'])
    expect(pointed(edited(['    ports:\n', '    ...\n    ports:\n']))).toEqual(['error pasted-placeholder at ...'])
  })

  test('files that hold no cluster', () => {
    expect(found('')).toEqual(['1:1 error no-cluster'])
    expect(found('just text')).toEqual(['1:1 error not-a-resource'])
    expect(found(shared.split('\n---\n').slice(1).join('\n---\n'))).toEqual(['1:1 error no-cluster'])
  })
})

describe('Services beside the cluster', () => {
  const service = (spec: string) =>
    `${shared}---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec: ${spec}\n`

  test('are read, whether or not they ask for an address', () => {
    const { services, diagnostics } = loadCluster('c.yaml', service('{type: LoadBalancer, loadBalancerIP: 10.0.0.3}'), { subnets: SUBNETS })
    expect(diagnostics).toEqual([])
    expect(services).toEqual([{ namespace: 'default', name: 'web', loadBalancerIP: '10.0.0.3' }])
    expect(loadCluster('c.yaml', service('{type: ClusterIP}')).services).toEqual([])
  })

  test('externalTrafficPolicy: Local is refused by name (R7), and so is an address that it cannot have (R27)', () => {
    expect(pointed(service('{type: LoadBalancer, externalTrafficPolicy: Local }'))).toEqual(['error traffic-policy-local at Local'])
    expect(pointed(service('{type: LoadBalancer, loadBalancerIP: 10.0.0.9 }'))).toEqual(['error vip-outside-pools at 10.0.0.9'])
    expect(pointed(service('{type: LoadBalancer, loadBalancerIP: 10.0.0.1 }'))).toEqual(['error vip-reserved at 10.0.0.1'])
  })
})

test('the documents of one cluster may lie in several files, each finding in its own', () => {
  const [cluster, ...others] = shared.split('\n---\n')
  const files = [
    { file: 'cluster.yaml', text: cluster! },
    { file: 'bgp.yaml', text: others.join('\n---\n').replace('- 10.0.2.100', '- 10.0.2.11') },
  ]
  const { cluster: model, diagnostics } = loadClusterFiles(files, { subnets: SUBNETS })
  expect(model?.servicePeers).toHaveLength(2)
  expect(diagnostics.map((d) => `${d.file} ${d.code}`)).toEqual(['bgp.yaml floating-ip-is-node'])
})

test('every finding says what to do about it', () => {
  const silent = new Set<string>()
  const texts = ['shared-peers.yaml', 'peers-per-rack.yaml', 'planes-apart.yaml', 'planes-apart-as-printed.yaml', 'customer.yaml'].map(
    fixture,
  )
  for (const text of texts) {
    const lines = text.split('\n')
    for (const index of lines.keys()) {
      const without = [...lines.slice(0, index), ...lines.slice(index + 1)].join('\n')
      for (const d of loadCluster('c.yaml', without, { subnets: SUBNETS }).diagnostics) if (d.suggestion === undefined) silent.add(d.code)
    }
  }
  // The YAML parser's own words, and a field's own: the message says all.
  expect(
    [...silent].filter((code) => !code.startsWith('yaml-') && !['duplicate-key', 'missing', 'wrong-type', 'not-a-resource'].includes(code)),
  ).toEqual([])
})

test('a value of the wrong shape anywhere is a finding, not a crash', () => {
  for (const name of ['shared-peers.yaml', 'customer.yaml']) {
    const lines = fixture(name).split('\n')
    for (const [index, line] of lines.entries()) {
      if (!/^[^#]*:/.test(line)) continue
      const indent = /^[ -]*/.exec(line)![0].length
      const rest = lines.slice(index + 1)
      const next = rest.findIndex(
        (each) =>
          each.startsWith('---') || (each.trim() !== '' && each.length - each.trimStart().length < indent + (/:\s*$/.test(line) ? 1 : 0)),
      )
      const after = /:\s*$/.test(line) ? rest.slice(next < 0 ? rest.length : next) : rest
      for (const value of [' word', ' 7', ' true', ' [1, {a: b}]', ' {a: 1}', '']) {
        const text = [...lines.slice(0, index), line.replace(/:.*/, `:${value}`), ...after].join('\n')
        for (const d of loadCluster('c.yaml', text).diagnostics) expect(d.line > 0 && d.column > 0).toBe(true)
      }
    }
  }
})

test('whatever lines of it are lost or doubled, a file is never a crash, and always has a place for what it says', () => {
  const lines = fixture('planes-apart-as-printed.yaml').split('\n')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(lines.length - 1), fc.constantFrom('drop', 'double', 'outdent', 'null', 'scalar', 'list', 'mapping')), {
        maxLength: 6,
      }),
      (edits) => {
        const text = lines.map((line, index) => {
          const edit = edits.find(([at]) => at === index)?.[1]
          if (edit === 'drop') return undefined
          if (edit === 'double') return `${line}\n${line}`
          if (edit === 'outdent') return line.replace(/^ {2}/, '')
          const values: Readonly<Record<string, string>> = { null: ':', scalar: ': word', list: ': [1, {a: b}]', mapping: ': {a: 1}' }
          const value = values[edit ?? '']
          return value === undefined ? line : line.replace(/:.*/, value)
        })
        const result = loadCluster('c.yaml', text.filter((line) => line !== undefined).join('\n'))
        for (const d of result.diagnostics) expect(d.line > 0 && d.column > 0 && d.message !== '').toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})
