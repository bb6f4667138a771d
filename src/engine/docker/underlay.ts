/** When the routers among themselves have found every host: what has to stand before a cluster can start in band. */
import { contains, ipv4, parsePrefix } from '../../net/index.ts'
import type { Plan } from '../../topology/plan.ts'
import type { EventLog, View } from '../lab.ts'

/** Generous: routers find each other within two seconds. */
const PATIENCE_MS = 15_000

/** Routers without a kernel route to a host's own address, by what the events say: `core → node-01`. */
export function unreachable(plan: Plan, view: Pick<View, 'fibOf'>): string[] {
  const hosts = [plan.admin, ...plan.nodes, ...plan.clients]
  return plan.routers.flatMap((router) => {
    const prefixes = view.fibOf(router.name).flatMap((route) => parsePrefix(route.prefix) ?? [])
    const missing = hosts.filter((host) => !prefixes.some((prefix) => contains(prefix, ipv4(host.address))))
    return missing.map((host) => `${router.name} → ${host.name}`)
  })
}

/** Resolves when every router reaches every host, with nothing; or after a while with what it still lacks, which may be meant. */
export function underlay(plan: Plan, view: View, log: EventLog, signal?: AbortSignal): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  const look = () => {
    const missing = unreachable(plan, view)
    if (missing.length === 0) resolve(missing)
  }
  const timer = setTimeout(() => resolve(unreachable(plan, view)), PATIENCE_MS)
  const stop = log.subscribe((event) => event.type === 'fib' && look())
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  look()
  return promise.finally(() => {
    clearTimeout(timer)
    stop()
    signal?.removeEventListener('abort', abort)
  })
}
