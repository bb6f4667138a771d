/** The configuration that each device's program is started with, from the plan. Pure. */
import type { Plan, RouterPlan } from '../../topology/plan.ts'
import type { AdminStart } from './programs/admin.ts'
import type { NodeStart } from './programs/node.ts'
import type { RouterStart } from './routers/driver.ts'
import { routerDriver } from './routers/index.ts'
import type { BackendStart, ClientStart } from './traffic-requests.ts'

export function startArguments(plan: Plan, device: string): unknown {
  const router = plan.routers.find((one) => one.name === device)
  if (router !== undefined) return routerStart(plan, router)
  const node = plan.nodes.find((one) => one.name === device)
  if (node !== undefined) return { device, backend: backendOf(plan, node.name, node.address) } satisfies NodeStart
  if (device === plan.admin.name) return adminStart(plan)
  return clientStart(plan, device)
}

function routerStart(plan: Plan, router: RouterPlan): RouterStart {
  return { plan: router, timers: plan.timers, files: routerDriver(router.kind).render(router, plan.timers) }
}

function adminStart(plan: Plan): AdminStart {
  const { cluster, admin, timers } = plan
  const addresses = new Map(plan.nodes.map((node) => [node.name, node.address]))
  const services = cluster.services.map(({ backendNodes, ...service }) => ({
    ...service,
    backends: backendNodes.flatMap((node) => addresses.get(node) ?? []),
  }))
  return {
    device: admin.name,
    seed: `${plan.name} ${admin.name}`,
    controlPlane: {
      listen: { address: admin.address, port: admin.apiPort },
      timers,
      cluster: cluster.model,
      services,
      documents: cluster.documents,
      initialPlacement: cluster.initialPlacement,
    },
  }
}

function backendOf(plan: Plan, node: string, address: string): BackendStart {
  const ports = plan.cluster.services.filter((service) => service.backendNodes.includes(node)).flatMap((service) => service.ports)
  return { node, address, ports: [...new Set(ports.map((port) => port.targetPort))] }
}

function clientStart(plan: Plan, device: string): ClientStart {
  return { device, nodes: Object.fromEntries(plan.nodes.map((node) => [node.address, node.name])) }
}
