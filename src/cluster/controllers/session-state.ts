import type { BGPSession } from '../api/index.ts'

/** `Active: 10.8.0.10:179 refuses connections: …`: a session's state as its agent reports it, and why it is not Established where the agent knows. */
export function stateInWords({ status }: BGPSession): string {
  if (status === undefined) return 'not reported yet'
  return status.stateReason === undefined ? status.state : `${status.state}: ${status.stateReason}`
}
