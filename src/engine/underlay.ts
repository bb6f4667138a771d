/** What has to stand before a cluster can start in band, by what the events say. Pure. */
import { contains, ipv4, parsePrefix } from '../net/index.ts'
import type { Plan } from '../topology/plan.ts'
import type { View } from './lab.ts'

/** Routers without a kernel route to a host's own address, by what the events say: `core → node-01`. */
export function unreachable(plan: Plan, view: Pick<View, 'fibOf'>): string[] {
  const hosts = [plan.admin, ...plan.nodes, ...plan.clients].map(({ name, address }) => ({ name, address: ipv4(address) }))
  return plan.routers.flatMap((router) => {
    const prefixes = view.fibOf(router.name).flatMap((route) => parsePrefix(route.prefix) ?? [])
    const missing = hosts.filter((host) => !prefixes.some((prefix) => contains(prefix, host.address)))
    return missing.map((host) => `${router.name} → ${host.name}`)
  })
}

/** Peers of control-plane nodes without a kernel route for the CP VIP: `tor1 → 10.0.0.8`. */
export function vipMissing(plan: Plan, view: Pick<View, 'fib'>): string[] {
  const { cpVip, cpNodes } = plan.cluster.model
  const peers = plan.routers.filter((router) => router.neighbors.some((neighbor) => cpNodes.includes(neighbor.address)))
  return peers.filter((router) => view.fib(router.name, `${cpVip}/32`) === undefined).map((router) => `${router.name} → ${cpVip}`)
}
