/**
 * Keeps the kernel's routes true to GoBGP's paths, which GoBGP 3.10 cannot do itself here (docs/routers.md). Routes carry a protocol
 * number of their own, so that nothing else is ever touched, and metric 20, as FRR's. Each is replaced in one step; one that has no
 * next hop left is deleted; all are flushed when gobgpd dies, as zebra does when bgpd dies.
 */
import { spawn } from 'node:child_process'
import type { FibRoute } from '../../../../model/index.ts'
import { must } from '../child.ts'
import type { Selection } from './select.ts'

/** Not `bgp` (186): zebra runs beside it and sweeps that number when it starts. */
export const PROTOCOL = '179'
export const METRIC = 20

export interface Change {
  readonly prefix: string
  /** One line for `ip -batch`. */
  readonly command: string
}

/** What to do so that the kernel has exactly what `selections` says. */
export function changes(selections: readonly Selection[], installed: ReadonlyMap<string, string>): Change[] {
  const list: Change[] = []
  const wanted = new Set<string>()
  for (const { route, hops } of selections) {
    if (hops.length === 0) continue
    wanted.add(route.prefix)
    const text = hopsText(hops)
    if (installed.get(route.prefix) === text) continue
    list.push({ prefix: route.prefix, command: `route replace ${route.prefix} proto ${PROTOCOL} metric ${METRIC} ${text}` })
  }
  for (const prefix of installed.keys()) {
    if (!wanted.has(prefix)) list.push({ prefix, command: `route del ${prefix} proto ${PROTOCOL} metric ${METRIC}` })
  }
  return list
}

/** Our own routes in a reading of the kernel's table, as the text that would install them. */
export function ownRoutes(routes: readonly FibRoute[]): ReadonlyMap<string, string> {
  const own = routes.filter((route) => route.protocol === PROTOCOL && route.metric === METRIC)
  return new Map(
    own.map((route) => [route.prefix, hopsText(route.nextHops.map((hop) => ({ via: hop.via ?? '', interface: hop.interface })))]),
  )
}

function hopsText(hops: readonly { readonly via: string; readonly interface: string }[]): string {
  const [only] = hops
  if (hops.length === 1 && only !== undefined) return `via ${only.via} dev ${only.interface}`
  return hops.map((hop) => `nexthop via ${hop.via} dev ${hop.interface} weight 1`).join(' ')
}

/** Runs all changes in one ip(8); answers what failed. A route that is gone already is not a failure. */
export function apply(list: readonly Change[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', ['-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => {
      stderr += data
    })
    child.once('error', reject)
    child.once('close', () => resolve(failures(list, stderr)))
    child.stdin.end(list.map((change) => `${change.command}\n`).join(''))
  })
}

/** ip(8) writes the error, then `Command failed -:LINE`. */
export function failures(list: readonly Change[], stderr: string): string[] {
  const found: string[] = []
  let reason = ''
  for (const line of stderr.split('\n')) {
    const failed = /^Command failed -:(\d+)/.exec(line)
    if (failed === null) {
      if (line !== '') reason = line
      continue
    }
    const change = list[Number(failed[1]) - 1]
    if (change !== undefined && !(reason.includes('No such process') && change.command.startsWith('route del')))
      found.push(`ip ${change.command}: ${reason}`)
    reason = ''
  }
  return found
}

export async function flush(): Promise<void> {
  await must('ip', ['-4', 'route', 'flush', 'proto', PROTOCOL])
}
