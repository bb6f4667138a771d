/** The configuration that each device's program is started with, from the plan. Pure. */
import type { AgentConfig, ControlPlaneSpeakerConfig } from '../../cluster/agent/config.ts'
import { controlPlaneSessions } from '../../cluster/index.ts'
import type { NodePlan, Plan, RouterPlan } from '../../topology/plan.ts'
import type { Endpoint } from '../../world/index.ts'
import type { AdminStart } from './programs/admin.ts'
import type { NodeStart } from './programs/node.ts'
import type { RouterStart } from './routers/driver.ts'
import { routerDriver } from './routers/index.ts'
import type { BackendStart, ClientStart } from './traffic-requests.ts'

/** What all containers of a lab have for their start, µs, on a machine that has little to spare: fast timers are about failures, not boots. */
const BOOT = 20_000_000

/** `seed` makes the chances of every world; the same seed, the same chances. */
export function startArguments(plan: Plan, device: string, seed: string): unknown {
  const router = plan.routers.find((one) => one.name === device)
  if (router !== undefined) return routerStart(plan, router)
  const node = plan.nodes.find((one) => one.name === device)
  if (node !== undefined) return nodeStart(plan, node, seed)
  if (device === plan.admin.name) return adminStart(plan, seed)
  return clientStart(plan, device)
}

function routerStart(plan: Plan, router: RouterPlan): RouterStart {
  return { plan: router, timers: plan.timers, files: routerDriver(router.kind).render(router, plan.timers) }
}

function nodeStart(plan: Plan, node: NodePlan, seed: string): NodeStart {
  const { timers } = plan
  const { model } = plan.cluster
  const store = storeOf(plan)
  const atVip = plan.api?.path === 'control-plane-vip' && !node.roles.controlPlane
  const config: AgentConfig = {
    node: node.name,
    address: node.address,
    // A control-plane node asks the store itself: the way there rests on no session, so it can start before any is up.
    api: atVip ? { address: model.cpVip, port: model.cpPort } : store,
    timers,
    loadBalancer: node.roles.loadBalancer,
    ...(node.roles.controlPlane ? { controlPlane: controlPlaneOf(plan, node.address) } : {}),
  }
  const agent = plan.agents === false ? {} : { agent: { seed: `${seed} ${node.name}`, config } }
  return { device: node.name, backend: backendOf(plan, node.name, node.address), ...agent }
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

function storeOf({ admin }: Plan): Endpoint {
  return { address: admin.address, port: admin.apiPort }
}

function adminStart(plan: Plan, seed: string): AdminStart {
  const { cluster, admin, timers } = plan
  const addresses = new Map(plan.nodes.map((node) => [node.name, node.address]))
  const services = cluster.services.map(({ backendNodes, ...service }) => ({
    ...service,
    backends: backendNodes.flatMap((node) => addresses.get(node) ?? []),
  }))
  const start = { device: admin.name, seed: `${seed} ${admin.name}` }
  if (plan.agents === false) return start
  return {
    ...start,
    controlPlane: {
      listen: { address: admin.address, port: admin.apiPort },
      timers,
      cluster: cluster.model,
      services,
      documents: cluster.documents,
      initialPlacement: cluster.initialPlacement,
      firstContact: BOOT,
    },
  }
}

function backendOf(plan: Plan, node: string, address: string): BackendStart {
  const ports = plan.cluster.services.filter((service) => service.backendNodes.includes(node)).flatMap((service) => service.ports)
  const listens = new Map(ports.map(({ protocol, targetPort: port }) => [`${protocol} ${port}`, { protocol, port }]))
  return { node, address, ports: [...listens.values()] }
}

function clientStart(plan: Plan, device: string): ClientStart {
  return { device, nodes: Object.fromEntries(plan.nodes.map((node) => [node.address, node.name])) }
}
