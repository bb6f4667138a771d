/** A process and its children, from proc(5): memory, time on a core. */
import { readdirSync, readFileSync } from 'node:fs'

/** `pid` and all that descends from it. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const found = [pid]
  for (let i = 0; i < found.length; i++) for (const [child, parent] of parents) if (parent === found[i]) found.push(child)
  return found
}

/** Octets: the highest resident set so far, added up over the processes. */
export function peakMemory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0), 0)
}

/** Seconds that the processes' threads have been on a core. Threads that have ended are not in it. */
export function cpuSeconds(pids: readonly number[]): number {
  let nanoseconds = 0
  for (const pid of pids) {
    for (const task of list(`/proc/${pid}/task`)) nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0])
  }
  return nanoseconds / 1e9
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // It has ended.
    return ''
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
