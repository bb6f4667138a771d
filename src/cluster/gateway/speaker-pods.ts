/**
 * A static Pod of a node that fell silent (R15). What the node said of it last is no longer known to be so, and the node cannot take it back: whoever
 * judges the node says so in its place, as Kubernetes does, and takes that back when the node is heard again.
 */
import type { Pod, PodStatus } from '../api/index.ts'
import { condition } from '../controllers/conditions.ts'

const LOST = 'NodeLost'

/** The status as it is to be; `undefined` where it is so already, or where the node has never told of the Pod. */
export function judgedPod({ metadata, spec, status }: Pod, nodeReady: boolean, now: string): PodStatus | undefined {
  if (status?.phase !== 'Running' || (status.reason !== LOST) === nodeReady) return undefined
  const { reason: _reason, message: _message, ...heard } = status
  const message = nodeReady ? '' : `Node ${spec?.nodeName} which was running pod ${metadata.name} is unresponsive`
  const why = nodeReady ? 'Started' : LOST
  return {
    ...heard,
    ...(nodeReady ? {} : { reason: LOST, message }),
    conditions: ['Ready', 'ContainersReady'].map((type) => condition(status.conditions, type, nodeReady, why, message, now)),
    containerStatuses: (status.containerStatuses ?? []).map((each) => ({ ...each, ready: nodeReady })),
  }
}
