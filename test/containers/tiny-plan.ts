import { type ClusterModel, DEFAULT_GATEWAY_SETTINGS } from '../../src/cluster/resources/index.ts'
import { TIMER_PROFILES } from '../../src/model/index.ts'
import { stableHash } from '../../src/net/index.ts'
import type { DevicePlan, InterfacePlan, NodePlan, Plan } from '../../src/topology/plan.ts'

/** One rack with two nodes, and a client and the admin host on the same segment: the smallest plan that carries a packet. */
export function tinyPlan(): Plan {
  const host = (name: string, address: string): DevicePlan & { readonly address: string } => ({
    name,
    address,
    interfaces: [interfaceOf(name, 'eth0', `${address}/24`)],
    loopbacks: [],
    routes: [{ prefix: '0.0.0.0/0', via: '10.0.1.1' }],
    sysctls: { 'net.ipv4.conf.all.rp_filter': '0', 'net.ipv4.conf.default.rp_filter': '0', 'net.ipv4.ip_forward': '1' },
    hashSeed: stableHash(name),
  })
  const node = (name: string, address: string): NodePlan => ({
    ...host(name, address),
    segment: 'rack1',
    roles: { controlPlane: false, loadBalancer: true },
  })
  const nodes = [node('node-01', '10.0.1.10'), node('node-02', '10.0.1.11')]
  const client = host('client', '10.0.1.50')
  const admin = { ...host('admin', '10.0.1.60'), apiPort: 6443 }
  return {
    name: 'tiny',
    segments: [{ name: 'rack1', subnet: '10.0.1.0/24' }],
    routers: [],
    nodes,
    clients: [client],
    admin,
    links: [...nodes, client, admin].map((device) => ({
      a: { device: 'rack1', interface: device.name },
      b: { device: device.name, interface: 'eth0' },
    })),
    timers: TIMER_PROFILES.fast,
    cluster: {
      name: 'tiny',
      namespace: 'cluster-tiny',
      file: 'tiny.yaml',
      documents: [],
      model: tinyModel(),
      services: [
        {
          namespace: 'default',
          name: 'echo',
          vip: '10.0.0.1',
          ports: (['tcp', 'udp'] as const).map((protocol) => ({ protocol, port: 80, targetPort: 8080 })),
          backendNodes: ['node-02'],
        },
      ],
      initialPlacement: {},
    },
  }
}

function tinyModel(): ClusterModel {
  return {
    name: 'tiny',
    namespace: 'cluster-tiny',
    type: 'user',
    localAsn: 65001,
    cpPeers: [],
    cpVip: '10.0.0.8',
    cpPort: 443,
    pools: [],
    nodes: [],
    cpNodes: [],
    lbNodes: [],
    workers: [],
    subnets: ['10.0.1.0/24'],
    subnetsAssumed: false,
    floatingIPs: [],
    serviceLocalAsn: 65001,
    servicePeers: [],
    gateway: DEFAULT_GATEWAY_SETTINGS,
  }
}

export function interfaceOf(device: string, name: string, address: string): InterfacePlan {
  const hash = stableHash(`${device} ${name}`).toString(16).padStart(8, '0')
  return { name, addresses: [address], mac: `02:00:${hash.match(/../g)!.join(':')}` }
}
