/** A topology of any size, as its two files: racks with two ToRs each, every ToR in an AS of its own, one core, one cluster over all racks. */
export interface Size {
  readonly nodes: number
  /** Even. */
  readonly tors: number
  readonly vips: number
  /** Load-balancer nodes: the next hops of every VIP. */
  readonly nextHops: number
}

/** What every VIP's address begins with. */
export const VIPS = '10.200.'

export interface Files {
  readonly topology: string
  readonly cluster: string
}

/** Two floating IPs, which have a session with each ToR; three control-plane nodes, which have one with each of the first two. */
export function filesOf({ nodes, tors, vips, nextHops }: Size): Files {
  const racks = tors / 2
  const subnet = (rack: number) => `10.1.${rack}`
  const loopback = (tor: number) => `10.8.1.${tor}`
  const asn = (tor: number) => 65100 + tor
  const name = (tor: number) => `tor${tor}`
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
  // Nodes go round the racks; the first three are the control plane, the next ones take the VIPs.
  const addresses = numbers(nodes).map((node) => `${subnet(((node - 1) % racks) + 1)}.${10 + Math.floor((node - 1) / racks)}`)
  const balancers = addresses.slice(3, 3 + nextHops)
  const backends = numbers(nodes).slice(3 + nextHops)
  const services = numbers(vips).map((vip) => {
    const chosen = [0, 1].map((each) => `node${backends[(vip * 2 + each) % backends.length]}`)
    return `  - { name: default/service${vip}, port: 80, targetPort: ${8000 + (vip % 100)}, backends: [${[...new Set(chosen)].join(', ')}] }`
  })
  const topology = [
    'name: large',
    'cluster: cluster.yaml',
    'racks:',
    ...numbers(racks).map((rack) => `  rack${rack}: ${subnet(rack)}.0/24`),
    'routers:',
    ...numbers(tors).map(
      (tor) => `  ${name(tor)}: { kind: frr, asn: ${asn(tor)}, loopback: ${loopback(tor)}, racks: [rack${Math.ceil(tor / 2)}] }`,
    ),
    `  core: { kind: frr, asn: 65099, connects: [${numbers(tors).map(name).join(', ')}] }`,
    'nodes:',
    ...addresses.map((address, index) => `  node${index + 1}: ${address}`),
    'clients: { client: core }',
    'admin: core',
    'api: admin',
    'services:',
    ...services,
  ]
  const peers = (count: number, address: string, as: string, indent: string) =>
    numbers(count).flatMap((tor) => [`${indent}- ${address}: ${loopback(tor)}`, `${indent}  ${as}: ${asn(tor)}`])
  const cluster = [
    'apiVersion: baremetal.cluster.gke.io/v1',
    'kind: Cluster',
    'metadata:',
    '  name: large',
    '  namespace: cluster-large',
    '  annotations: { baremetal.cluster.gke.io/enable-anthos-network-gateway: "true" }',
    'spec:',
    '  controlPlane:',
    `    nodePoolSpec: { nodes: [${addresses
      .slice(0, 3)
      .map((address) => `{ address: ${address} }`)
      .join(', ')}] }`,
    '  loadBalancer:',
    '    mode: bundled',
    '    type: bgp',
    '    localASN: 65001',
    '    bgpPeers:',
    ...peers(2, 'ip', 'asn', '      '),
    '    ports: { controlPlaneLBPort: 443 }',
    '    vips: { controlPlaneVIP: 10.200.0.8, ingressVIP: 10.200.1.1 }',
    '    addressPools:',
    `      - { name: pool1, addresses: [10.200.1.1-10.200.8.254] }`,
    `    nodePoolSpec: { nodes: [${balancers.map((address) => `{ address: ${address} }`).join(', ')}] }`,
    '---',
    'apiVersion: networking.gke.io/v1alpha1',
    'kind: AnthosNetworkGateway',
    'metadata: { name: default, namespace: cluster-large }',
    `spec: { floatingIPs: [${[1, Math.min(2, racks)].map((rack, index) => `${subnet(rack)}.${250 - index}`).join(', ')}] }`,
    '---',
    'apiVersion: networking.gke.io/v1alpha1',
    'kind: BGPLoadBalancer',
    'metadata: { name: bgplb, namespace: cluster-large }',
    'spec:',
    '  localASN: 65001',
    '  peers:',
    ...peers(tors, 'peerIP', 'peerASN', '    '),
    '---',
    'apiVersion: baremetal.cluster.gke.io/v1',
    'kind: NodePool',
    'metadata: { name: workers, namespace: cluster-large }',
    'spec:',
    '  clusterName: large',
    '  nodes:',
    ...addresses.slice(3 + nextHops).map((address) => `    - address: ${address}`),
  ]
  return { topology: `${topology.join('\n')}\n`, cluster: `${cluster.join('\n')}\n` }
}
