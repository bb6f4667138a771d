/** Who a lab belongs to: `host/pid/start-time`. A lab whose owner is dead is reaped at the next start; a kept lab has no owner. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** The owner of a lab that `peerlab up` or `--keep` leaves running: it ends only by `down`. */
export const NO_OWNER = 'none'

/** This process, as it stands in the label. */
export function thisOwner(): string {
  return `${hostname()}/${process.pid}/${startTime(process.pid) ?? '0'}`
}

export type OwnerState = 'alive' | 'dead' | 'kept' | 'unknown'

/** Only an owner on this host can be judged; a process ID that was given to another process since has another start time. */
export function ownerState(label: string | undefined): OwnerState {
  if (label === NO_OWNER) return 'kept'
  const match = /^(.+)\/(\d+)\/(\d+)$/.exec(label ?? '')
  if (match === null || match[1] !== hostname()) return 'unknown'
  return startTime(Number(match[2])) === match[3] ? 'alive' : 'dead'
}

/** Clock ticks since boot (proc(5), /proc/PID/stat field 22); `undefined` when there is no such process, or it is a zombie. */
function startTime(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The command's name, in parentheses, may hold spaces and parentheses itself: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? undefined : fields[19]
}
