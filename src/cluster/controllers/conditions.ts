import type { Condition } from '../api/index.ts'

/** A condition as it is to be: the time of the last transition stays while the status does. */
export function condition(
  before: readonly Condition[] | undefined,
  type: string,
  holds: boolean,
  reason: string,
  message: string,
  now: string,
): Condition {
  const status = holds ? 'True' : 'False'
  const previous = before?.find((each) => each.type === type)
  const lastTransitionTime = previous?.status === status ? previous.lastTransitionTime : now
  return { type, status, reason, message, lastTransitionTime }
}
