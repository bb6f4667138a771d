/** What a cluster's programs are told, from the plan: the same on every engine. Pure. */
import type { AgentConfig, ControlPlaneSpeakerConfig } from '../cluster/agent/config.ts'
import type { ControlPlaneConfig } from '../cluster/controllers/index.ts'
import { controlPlaneSessions } from '../cluster/index.ts'
import type { Micros } from '../model/index.ts'
import { contains, ipv4, parsePrefix } from '../net/index.ts'
import type { DevicePlan, InterfacePlan, NodePlan, Plan, StaticRoute } from '../topology/plan.ts'
import type { Endpoint } from '../world/index.ts'

/** A node's agent; `undefined` while there is no cluster. */
export function agentConfig(plan: Plan, node: NodePlan): AgentConfig | undefined {
  if (plan.agents === false) return undefined
  return {
    node: node.name,
    address: node.address,
    api: apiOf(plan, node),
    timers: plan.timers,
    loadBalancer: node.roles.loadBalancer,
    ...(node.roles.controlPlane ? { controlPlane: controlPlaneOf(plan, node.address) } : {}),
  }
}

/** A control-plane node asks its own API: the way there rests on no session, so it can start before any is up. */
function apiOf(plan: Plan, { address, roles }: NodePlan): Endpoint {
  const { cpVip, cpPort } = plan.cluster.model
  if (plan.api?.path !== 'control-plane-vip') return storeOf(plan)
  return { address: roles.controlPlane ? address : cpVip, port: cpPort }
}

/** R12: a peer without a list of nodes is every control-plane node's. */
function controlPlaneOf(plan: Plan, address: string): ControlPlaneSpeakerConfig {
  const { model } = plan.cluster
  const peers = controlPlaneSessions(model).filter((session) => session.localIP === address)
  return {
    localAsn: model.localAsn,
    vip: model.cpVip,
    peers: peers.map((session) => ({ address: session.peerIP, asn: session.peerASN })),
    front: { port: model.cpPort, upstream: storeOf(plan) },
    withdrawUnhealthy: plan.api?.withdrawUnhealthy ?? false,
  }
}

export function storeOf({ admin }: Plan): Endpoint {
  return { address: admin.address, port: admin.apiPort }
}

/** What the admin host runs; `undefined` while there is no cluster. `firstContact`: how long nodes have for their first renewal. */
export function controlPlaneConfig(plan: Plan, firstContact?: Micros): ControlPlaneConfig | undefined {
  if (plan.agents === false) return undefined
  const { cluster, timers } = plan
  const addresses = new Map(plan.nodes.map((node) => [node.name, node.address]))
  const services = cluster.services.map(({ backendNodes, ...service }) => ({
    ...service,
    backends: backendNodes.flatMap((node) => addresses.get(node) ?? []),
  }))
  return {
    listen: storeOf(plan),
    timers,
    cluster: cluster.model,
    services,
    documents: cluster.documents,
    taken: takenAddresses(plan),
    initialPlacement: cluster.initialPlacement,
    ...(firstContact === undefined ? {} : { firstContact }),
  }
}

/** Every address of a device that is no node, and whose it is. */
function takenAddresses(plan: Plan): Readonly<Record<string, string>> {
  const plain = (address: string) => address.split('/')[0]!
  return Object.fromEntries(
    [...plan.routers, plan.admin, ...plan.clients].flatMap((device) => [
      ...device.interfaces.flatMap((one) => one.addresses.map((address) => [plain(address), `${device.name} (${one.name})`] as const)),
      ...device.loopbacks.map((address) => [plain(address), device.name] as const),
      ...('vrrp' in device ? device.vrrp.map(({ address, interface: name }) => [plain(address), `the gateway (${name})`] as const) : []),
    ]),
  )
}

/** Where a node serves as a backend: the Services' target ports, each once. */
export function backendPorts(plan: Plan, node: string): { readonly protocol: 'tcp' | 'udp'; readonly port: number }[] {
  const ports = plan.cluster.services.filter((service) => service.backendNodes.includes(node)).flatMap((service) => service.ports)
  return [...new Map(ports.map(({ protocol, targetPort: port }) => [`${protocol} ${port}`, { protocol, port }])).values()]
}

/** Control-plane nodes that start before the API, since the others reach it at the CP VIP, which they announce. */
export function startsEarly(plan: Plan, node: NodePlan): boolean {
  return node.roles.controlPlane && plan.api?.path === 'control-plane-vip' && plan.agents !== false
}

export function devicesOf(plan: Plan): readonly DevicePlan[] {
  return [...plan.routers, plan.admin, ...plan.nodes, ...plan.clients]
}

/** The routes of a device that leave through these interfaces: the kernel drops them whenever one goes down. */
export function routesThrough(device: DevicePlan, interfaces: readonly InterfacePlan[]): readonly StaticRoute[] {
  const subnets = interfaces.flatMap((one) => one.addresses).flatMap((address) => parsePrefix(address, 'mask') ?? [])
  return device.routes.filter((route) => subnets.some((subnet) => contains(subnet, ipv4(route.via))))
}
