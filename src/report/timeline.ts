/** What happened, told from the event stream: the records that matter to a failure, in order, timed from the fault. Pure. */
import { fibNextHops, formatDuration, type LabEvent, type Micros } from '../model/index.ts'
import { printable, table } from './text.ts'

export interface TimelineOptions {
  /** Where +0 is; the first fault where absent, else the first record told. */
  readonly reference?: Micros
  readonly from?: Micros
  readonly until?: Micros
  /** Prefixes whose routes are told; all of them where absent. */
  readonly prefixes?: readonly string[]
  /** At most so many lines; what is left out in the middle is counted. */
  readonly limit?: number
}

/** Lines such as `+3.214  gateway  10.0.1.100: node-04 → node-05 (lease expired)`. */
export function timeline(events: readonly LabEvent[], options: TimelineOptions = {}): string[] {
  const ordered = [...events].sort((a, b) => a.at - b.at)
  const reference = options.reference ?? ordered.find((event) => event.type === 'fault')?.at
  const told: { at: Micros; who: string; what: string }[] = []
  const before = new Map<string, string>()
  for (const event of ordered) {
    const line = describe(event, before, options.prefixes)
    if (line === undefined) continue
    if (options.from !== undefined && event.at < options.from) continue
    if (options.until !== undefined && event.at > options.until) continue
    told.push({ at: event.at, ...line })
  }
  const zero = reference ?? told[0]?.at ?? 0
  const rows = told.map(({ at, who, what }) => [offset(at - zero), who, printable(what)])
  const limit = options.limit ?? 40
  if (rows.length <= limit) return table(rows)
  const half = Math.floor(limit / 2)
  const lines = table(rows)
  return [...lines.slice(0, half), `   …    ${rows.length - 2 * half} more, see the event log`, ...lines.slice(-half)]
}

/** `+3.214`, `-8.200`: seconds to the millisecond. */
export function offset(length: Micros): string {
  return `${length < 0 ? '-' : '+'}${(Math.abs(length) / 1_000_000).toFixed(3)}`
}

/** Who did what; `undefined` for what does not matter, or changes nothing. */
function describe(
  event: LabEvent,
  before: Map<string, string>,
  prefixes: readonly string[] | undefined,
): { who: string; what: string } | undefined {
  /** Told only when it is not what was told last of this key. */
  const changed = (key: string, who: string, text: string) => {
    if (before.get(key) === text) return undefined
    before.set(key, text)
    return { who, what: text }
  }
  switch (event.type) {
    case 'fault':
      return { who: 'fault', what: `${event.device} ${event.fault.replaceAll('-', ' ')}${event.detail === '' ? '' : ` (${event.detail})`}` }
    case 'floating-ip':
      return { who: 'gateway', what: `${event.address}: ${event.previous ?? 'nobody'} → ${event.node ?? 'Unassigned'} (${event.reason})` }
    case 'node-ready':
      return { who: 'gateway', what: `${event.node} is ${event.ready ? 'Ready' : 'not Ready'} (${event.reason})` }
    case 'address':
      return { who: event.device, what: `${event.address} ${event.present ? 'added to' : 'removed from'} ${event.interface}` }
    case 'service': {
      const to = event.backends === undefined ? 'is no longer served' : `→ ${event.backends.join(', ') || 'no backend, refused'}`
      return { who: event.device, what: `${event.service} ${to}` }
    }
    case 'gratuitous-arp':
      return { who: event.device, what: `gratuitous ARP for ${event.address}, ${event.count} times` }
    case 'session': {
      const { session } = event
      const reason = session.reason === undefined || session.state === 'Established' ? '' : ` (${session.reason})`
      const key = `session ${event.device} ${session.localAddress} ${session.peerAddress} ${session.establishedCount}`
      return changed(key, event.device, `session with ${session.peerAddress}: ${session.state}${reason}`)
    }
    case 'session-removed':
      return { who: event.device, what: `session with ${event.peerAddress} removed` }
    case 'route': {
      if (prefixes !== undefined && !prefixes.includes(event.route.prefix)) return undefined
      const used = [...new Set(event.route.paths.filter((path) => path.multipath || path.best).map((path) => path.nextHop))].sort()
      return changed(`route ${event.device} ${event.route.prefix}`, event.device, `BGP ${event.route.prefix} ${via(used)}`)
    }
    case 'fib': {
      if (prefixes !== undefined && !prefixes.includes(event.route.prefix)) return undefined
      return changed(
        `fib ${event.device} ${event.route.prefix}`,
        event.device,
        `FIB ${event.route.prefix} ${via(fibNextHops(event.route))}`,
      )
    }
    case 'fsm':
      // Retries of a peer that is away would drown the rest.
      if (event.from !== 'Established' && event.to !== 'Established') return undefined
      return {
        who: event.device,
        what: `${event.localAddress} → ${event.peerAddress}: ${event.from} → ${event.to} (${event.reason})`,
      }
    case 'assertion':
      return { who: event.holds ? '✓' : '✗', what: `${event.name}${event.difference === undefined ? '' : `: ${event.difference}`}` }
    case 'step':
      return event.phase === 'start' ? { who: 'step', what: event.name } : undefined
    case 'missed-event':
      return { who: event.device, what: `missed event: ${event.what}` }
    case 'log':
      return event.level === 'warning' || event.level === 'error' ? { who: event.device, what: event.message } : undefined
    case 'ready':
    case 'probe':
      return undefined
  }
}

function via(hops: readonly string[]): string {
  return hops.length === 0 ? 'gone' : `via ${hops.join(', ')}`
}

/** `−8.2 s` or `+3.1 s`, as it stands in a difference. */
export function signed(length: Micros): string {
  return `${length < 0 ? '−' : '+'}${formatDuration(Math.abs(length))}`
}
