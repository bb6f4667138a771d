import type { TimerProfile } from '../model/index.ts'
import { formatPrefix, ipv4, prefix, stableHash } from '../net/index.ts'
import { gateways, hostPorts, interfaceOf, rackOf, rackPorts, routerLinks, withLength } from './addressing.ts'
import type { RouterEntry, TopologyFile } from './file.ts'
import { addressOf, type ClusterPeering, clusterNeighbors, loopbackRoutes, networksOf, routerNeighbors } from './neighbors.ts'
import type {
  AdminPlan,
  ApiPlan,
  ClusterPlan,
  HostPlan,
  LinkPlan,
  NodePlan,
  Plan,
  RouterKind,
  RouterPlan,
  SegmentPlan,
  VrrpPlan,
} from './plan.ts'
import { HOST_SYSCTLS, NODE_SYSCTLS, ROUTER_SYSCTLS } from './sysctls.ts'

/** Everything that a plan needs and that is not in the topology file itself. */
export interface LayoutInputs {
  readonly timers: TimerProfile
  /** False: the nodes are there, the cluster is not. */
  readonly agents?: boolean
  readonly api?: ApiPlan
  readonly cluster: ClusterPlan
  readonly peering: ClusterPeering
  readonly controlPlaneNodes: readonly string[]
  readonly loadBalancerNodes: readonly string[]
  /** Router → kind, over what the file says. */
  readonly kinds: Readonly<Record<string, RouterKind>>
  /** Router → ADD-PATH receive, over what the file says. */
  readonly addPath: Readonly<Record<string, boolean>>
  /** False: every device hashes alike, which shows polarisation. */
  readonly hashSeeds: boolean
  /** Router → the text of its own configuration file. */
  readonly configs: Readonly<Record<string, { readonly file: string; readonly text: string }>>
}

/** The port on which the admin host serves the resource API. */
export const API_PORT = 6443

const NODE_INTERFACE = 'eth0'

/** The same files and inputs always give the same plan, addresses and MACs included. */
export function layOut(file: TopologyFile, inputs: LayoutInputs): Plan {
  const admin = hostPlans(file, inputs).find((host) => host.name === 'admin')!
  return {
    name: file.name,
    segments: segmentPlans(file),
    routers: Object.entries(file.routers).map(([name, entry]) => routerPlan(file, name, entry, inputs)),
    nodes: Object.entries(file.nodes).map(([name, address]) => nodePlan(file, name, address, inputs)),
    clients: hostPlans(file, inputs).filter((host) => host.name !== 'admin'),
    admin: { ...admin, apiPort: API_PORT } satisfies AdminPlan,
    links: linkPlans(file),
    timers: inputs.timers,
    ...(inputs.agents === false && { agents: false }),
    ...(inputs.api && { api: inputs.api }),
    cluster: inputs.cluster,
  }
}

function segmentPlans(file: TopologyFile): SegmentPlan[] {
  return Object.entries(file.racks).map(([name, subnet]) => ({ name, subnet }))
}

function seedOf(device: string, inputs: LayoutInputs): { hashSeed?: number } {
  return inputs.hashSeeds ? { hashSeed: stableHash(`hash seed ${device}`) || 1 } : {}
}

function routerPlan(file: TopologyFile, name: string, entry: RouterEntry, inputs: LayoutInputs): RouterPlan {
  const links = routerLinks(file).filter((link) => link.a.router === name || link.b.router === name)
  const hosts = hostPorts(file).filter((host) => host.router === name)
  const racks = rackPorts(file).filter((port) => port.router === name)
  const interfaces = [
    ...racks.map((port) => interfaceOf(name, port.rack, withLength(port.address, port.subnet))),
    ...links.map((link) => {
      const mine = link.a.router === name ? link.a : link.b
      return interfaceOf(name, mine.interface, mine.address)
    }),
    ...hosts.map((host) => interfaceOf(name, host.routerInterface, `${host.gateway}/24`)),
  ]
  const withAddPath = { ...entry, addPath: inputs.addPath[name] ?? entry.addPath ?? true }
  const config = inputs.configs[name]
  return {
    name,
    kind: inputs.kinds[name] ?? entry.kind ?? 'frr',
    asn: entry.asn,
    routerId: entry.loopback ?? addressOf(interfaces[0]!.addresses[0]!),
    interfaces,
    loopbacks: entry.loopback === undefined ? [] : [`${entry.loopback}/32`],
    routes: loopbackRoutes(file, name),
    sysctls: ROUTER_SYSCTLS,
    ...seedOf(name, inputs),
    neighbors: [...clusterNeighbors(file, name, withAddPath, inputs.peering), ...routerNeighbors(file, name, links)],
    networks: networksOf(
      file,
      name,
      hosts.map((host) => host.subnet),
    ),
    maximumPaths: entry.maximumPaths ?? 16,
    vrrp: vrrpPlans(file, name),
    ...(config === undefined ? {} : { config }),
  }
}

/** The routers of a rack take turns at being first choice, rack by rack, so that both carry traffic. */
function vrrpPlans(file: TopologyFile, router: string): VrrpPlan[] {
  return gateways(file).flatMap((gateway) => {
    const inRack = rackPorts(file).filter((port) => port.rack === gateway.rack)
    const position = inRack.findIndex((port) => port.router === router)
    if (!gateway.shared || position < 0) return []
    const rank = (position - (gateway.vrid - 1) + inRack.length * gateway.vrid) % inRack.length
    return [
      { interface: gateway.rack, vrid: gateway.vrid, address: gateway.address, priority: 200 - 50 * rank, advertisementIntervalMs: 100 },
    ]
  })
}

function nodePlan(file: TopologyFile, name: string, address: string, inputs: LayoutInputs): NodePlan {
  const rack = rackOf(file, address)!
  const gateway = gateways(file).find((each) => each.rack === rack.name)!
  return {
    name,
    address,
    segment: rack.name,
    roles: { controlPlane: inputs.controlPlaneNodes.includes(address), loadBalancer: inputs.loadBalancerNodes.includes(address) },
    interfaces: [interfaceOf(name, NODE_INTERFACE, withLength(address, rack.subnet))],
    loopbacks: [],
    routes: [{ prefix: '0.0.0.0/0', via: gateway.address }],
    sysctls: NODE_SYSCTLS,
    ...seedOf(name, inputs),
  }
}

function hostPlans(file: TopologyFile, inputs: LayoutInputs): HostPlan[] {
  return hostPorts(file).map((port) => ({
    name: port.host,
    address: port.address,
    interfaces: [interfaceOf(port.host, NODE_INTERFACE, `${port.address}/24`)],
    loopbacks: [],
    routes: [{ prefix: '0.0.0.0/0', via: port.gateway }],
    sysctls: HOST_SYSCTLS,
    ...seedOf(port.host, inputs),
  }))
}

/** A segment's end is a bridge port, named after the device that hangs on it. */
function linkPlans(file: TopologyFile): LinkPlan[] {
  const inRacks = rackPorts(file).map((port) => ({
    a: { device: port.rack, interface: port.router },
    b: { device: port.router, interface: port.rack },
  }))
  const nodes = Object.entries(file.nodes).map(([name, address]) => ({
    a: { device: rackOf(file, address)!.name, interface: name },
    b: { device: name, interface: NODE_INTERFACE },
  }))
  const routers = routerLinks(file).map((link) => ({
    a: { device: link.a.router, interface: link.a.interface },
    b: { device: link.b.router, interface: link.b.interface },
  }))
  const hosts = hostPorts(file).map((port) => ({
    a: { device: port.router, interface: port.routerInterface },
    b: { device: port.host, interface: NODE_INTERFACE },
  }))
  return [...inRacks, ...nodes, ...routers, ...hosts]
}

/** Subnets of the racks as prefixes; what the cluster file's addresses are checked against. */
export function subnetsOf(file: TopologyFile): string[] {
  return Object.values(file.racks).map((text) => formatPrefix(prefix(text)))
}

/** Nodes as the cluster loader wants them. */
export function nodesOf(file: TopologyFile): { name: string; address: string }[] {
  return Object.entries(file.nodes)
    .filter(([, address]) => ipv4(address) !== undefined)
    .map(([name, address]) => ({ name, address }))
}
