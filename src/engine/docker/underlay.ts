/** What has to stand before a cluster can start in band: the routers have found every host, and its API's address. */
import type { Plan } from '../../topology/plan.ts'
import type { EventLog, View } from '../lab.ts'
import { unreachable, vipMissing } from '../underlay.ts'

/** Generous: routers find each other within two seconds. */
const PATIENCE_MS = 15_000
/** Sessions come up at once; where one of them never does, that may be what is to be shown. */
const VIP_PATIENCE_MS = 6_000

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
