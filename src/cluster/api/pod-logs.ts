/**
 * `kubectl logs` of a node's static Pods (R15): the API asks the Pod's node, as Kubernetes' asks its kubelet. So the log of a node that cannot be
 * reached cannot be read, and who holds the log needs no API to write it.
 */
import { SECOND } from '../../model/index.ts'
import type { World } from '../../world/index.ts'
import { NODE, POD, type Pod } from './kinds.ts'
import { apiError, type Draft, notFound, type Result } from './objects.ts'
import type { Target } from './paths.ts'
import type { Store } from './store.ts'

/** A kubelet's. */
export const NODE_PORT = 10_250
const TIMEOUT = 5 * SECOND
const WITHOUT_EFFECT = ['container', 'timestamps', 'insecureSkipTLSVerifyBackend', 'pretty']

/** What a node answers with. */
export interface PodLog {
  /** Without their line ends, the oldest first. */
  readonly lines: readonly string[]
}

export function podLogPath({ metadata, spec }: Draft<Pod>): string {
  return `/containerLogs/${metadata.namespace}/${metadata.name}/${spec?.containers[0]?.name}`
}

/** The log of the Pod that `target` names, or why there is none to be had. */
export function readPodLog(world: World, store: Store, { name = '', namespace, query }: Target, done: (log: Result<string>) => void): void {
  const found = findLog(store, name, namespace, query)
  if (!found.ok) {
    done(found)
    return
  }
  const { address, path, tail } = found.value
  world.calls.request({ server: { address, port: NODE_PORT }, method: 'GET', path, timeout: TIMEOUT }, (event) => {
    if (event.type === 'reply' && event.status === 200) {
      const { lines } = event.body as PodLog
      const last = lines.slice(tail === undefined ? 0 : Math.max(0, lines.length - tail))
      done({ ok: true, value: last.map((line) => `${line}\n`).join('') })
    } else {
      const why = event.type === 'failed' ? `${event.reason}: ${event.detail}` : 'it has no such log'
      done(apiError('unavailable', `Get "http://${address}:${NODE_PORT}${path}": ${why}`))
    }
  })
}

interface LogPlace {
  /** The node's own. */
  readonly address: string
  readonly path: string
  /** So many of its last lines; all where absent. */
  readonly tail: number | undefined
}

function findLog(store: Store, name: string, namespace: string | undefined, query: Target['query']): Result<LogPlace> {
  const pod = store.get(POD, name, namespace)
  if (pod === undefined) return notFound(POD, name)
  const wanted = optionsOf(query, pod)
  if (!wanted.ok) return wanted
  const address = store.get(NODE, pod.spec?.nodeName ?? '')?.spec?.address
  if (address === undefined) return apiError('unavailable', `pod ${name} is on no node`)
  return { ok: true, value: { address, path: podLogPath(pod), ...wanted.value } }
}

function optionsOf({ tailLines, ...query }: Target['query'], { metadata, spec }: Pod): Result<{ readonly tail: number | undefined }> {
  const container = spec?.containers[0]?.name
  if (query.container !== undefined && query.container !== container)
    return apiError('bad-request', `container ${query.container} is not valid for pod ${metadata.name}`)
  if (query.previous === 'true')
    return apiError('bad-request', `previous terminated container "${container}" in pod "${metadata.name}" not found`)
  const other = Object.entries(query).find(([key, value]) => !WITHOUT_EFFECT.includes(key) && value !== 'false')
  if (other !== undefined)
    return apiError('bad-request', `the lab's logs are read whole or by their last lines (--tail): ${other[0]} is not supported`)
  const tail = tailLines === undefined ? undefined : Number(tailLines)
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0))
    return apiError('bad-request', `tailLines: Invalid value: ${JSON.stringify(tailLines)}: must be greater than or equal to 0`)
  return { ok: true, value: { tail } }
}
