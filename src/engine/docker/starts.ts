/** The configuration that each device's program is started with, from the plan. Pure. */
import type { NodePlan, Plan, RouterPlan } from '../../topology/plan.ts'
import { agentConfig, backendPorts, controlPlaneConfig } from '../configs.ts'
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
  const config = agentConfig(plan, node)
  const backend: BackendStart = { node: node.name, address: node.address, ports: backendPorts(plan, node.name) }
  return { device: node.name, backend, ...(config === undefined ? {} : { agent: { seed: `${seed} ${node.name}`, config } }) }
}

function adminStart(plan: Plan, seed: string): AdminStart {
  const controlPlane = controlPlaneConfig(plan, BOOT)
  return { device: plan.admin.name, seed: `${seed} ${plan.admin.name}`, ...(controlPlane === undefined ? {} : { controlPlane }) }
}

function clientStart(plan: Plan, device: string): ClientStart {
  return { device, nodes: Object.fromEntries(plan.nodes.map((node) => [node.address, node.name])) }
}
