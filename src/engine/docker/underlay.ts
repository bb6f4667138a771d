/** What has to stand before a cluster can start in band: the routers have found every host, and its API's address. */
import { contains, ipv4, parsePrefix } from '../../net/index.ts'
import type { Plan } from '../../topology/plan.ts'
import type { EventLog, View } from '../lab.ts'

/** Generous: routers find each other within two seconds. */
const PATIENCE_MS = 15_000
/** Sessions come up at once; where one of them never does, that may be what is to be shown. */
const VIP_PATIENCE_MS = 6_000

/** Routers without a kernel route to a host's own address, by what the events say: `core → node-01`. */
export function unreachable(plan: Plan, view: Pick<View, 'fibOf'>): string[] {
  const hosts = [plan.admin, ...plan.nodes, ...plan.clients]
  return plan.routers.flatMap((router) => {
    const prefixes = view.fibOf(router.name).flatMap((route) => parsePrefix(route.prefix) ?? [])
    const missing = hosts.filter((host) => !prefixes.some((prefix) => contains(prefix, ipv4(host.address))))
    return missing.map((host) => `${router.name} → ${host.name}`)
  })
}

/** Peers of control-plane nodes without a kernel route for the CP VIP: `tor1 → 10.0.0.8`. */
export function vipMissing(plan: Plan, view: Pick<View, 'fib'>): string[] {
  const { cpVip, cpNodes } = plan.cluster.model
  const peers = plan.routers.filter((router) => router.neighbors.some((neighbor) => cpNodes.includes(neighbor.address)))
  return peers.filter((router) => view.fib(router.name, `${cpVip}/32`) === undefined).map((router) => `${router.name} → ${cpVip}`)
}

/** Resolves when every router reaches every host, with nothing; or after a while with what it still lacks, which may be meant. */
export function underlay(plan: Plan, view: View, log: EventLog, signal?: AbortSignal): Promise<readonly string[]> {
  return untilNoneMissing(() => unreachable(plan, view), PATIENCE_MS, log, signal)
}

/** Likewise when every peer of the control plane has the CP VIP. */
export function vipAnnounced(plan: Plan, view: View, log: EventLog, signal?: AbortSignal): Promise<readonly string[]> {
  return untilNoneMissing(() => vipMissing(plan, view), VIP_PATIENCE_MS, log, signal)
}

function untilNoneMissing(missing: () => readonly string[], patience: number, log: EventLog, signal?: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  const look = () => {
    if (missing().length === 0) resolve([])
  }
  const timer = setTimeout(() => resolve(missing()), patience)
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
