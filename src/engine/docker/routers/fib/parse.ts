/**
 * The kernel's IPv4 routes as ip(8) prints them: `ip -4 -j route show table main`, and the lines of `ip -4 -o monitor` (which prints
 * text even with `-j`; `-o` puts a multipath route on one line, its parts apart by a backslash). iproute2 6.1.
 */
import type { FibNextHop, FibRoute } from '../../../../model/index.ts'

export type FibChange =
  | { readonly type: 'route'; readonly route: FibRoute }
  | { readonly type: 'deleted'; readonly prefix: string; readonly metric: number }
  /** A link or an address changed, or a next-hop object went: the kernel drops IPv4 routes with it and reports none of them, so read again. */
  | { readonly type: 'resync' }

interface IpRoute {
  readonly type?: string
  readonly dst: string
  readonly gateway?: string
  readonly via?: { readonly host: string }
  readonly dev?: string
  readonly protocol?: string
  readonly metric?: number
  readonly flags?: readonly string[]
  readonly nexthops?: readonly {
    readonly gateway?: string
    readonly via?: { readonly host: string }
    readonly dev?: string
    readonly weight?: number
    readonly flags?: readonly string[]
  }[]
}

/**
 * `carrier: 'required'` leaves out next hops whose link has no carrier (`linkdown`): the kernel goes on sending there, but a router
 * resolves no next hop through them.
 */
export function parseIpRoutes(device: string, json: string, options: { readonly carrier?: 'required' } = {}): FibRoute[] {
  const entries = json.trim() === '' ? [] : (JSON.parse(json) as IpRoute[])
  const routes: FibRoute[] = []
  for (const entry of entries) {
    // What has a type forwards nothing (blackhole, unreachable…) or is not of this table.
    if (entry.type !== undefined && entry.type !== 'unicast') continue
    const hops = entry.nexthops ?? [entry]
    const nextHops: FibNextHop[] = []
    for (const hop of hops) {
      if (hop.flags?.includes('dead') === true) continue
      if (options.carrier === 'required' && hop.flags?.includes('linkdown') === true) continue
      const via = hop.gateway ?? hop.via?.host
      const weight = 'weight' in hop ? (hop.weight ?? 1) : 1
      nextHops.push({ ...(via === undefined ? {} : { via }), interface: hop.dev ?? '', weight })
    }
    routes.push({
      device,
      prefix: asPrefix(entry.dst),
      protocol: entry.protocol ?? 'boot',
      metric: entry.metric ?? 0,
      nextHops: sortHops(nextHops),
    })
  }
  return routes
}

const OTHER_TYPES = /^(?:local|broadcast|multicast|anycast|unreachable|blackhole|prohibit|throw|nat)\s/

/** One line of `ip -4 -o monitor route nexthop link address`; `undefined` for what is of no concern. */
export function parseMonitorLine(device: string, line: string): FibChange | undefined {
  const deleted = line.startsWith('Deleted ')
  const text = deleted ? line.slice('Deleted '.length) : line
  // A new next-hop object changes no route by itself, and routes that follow a replaced one are reported; a deleted one takes routes along.
  if (/^id \d/.test(text)) return deleted ? { type: 'resync' } : undefined
  if (/^\d+:/.test(text)) return { type: 'resync' }
  if (OTHER_TYPES.test(text)) return undefined
  const [head = '', ...parts] = text.split('\\')
  const words = head.trim().split(/\s+/)
  const table = after(words, 'table')
  if (table !== undefined && table !== 'main') return undefined
  const prefix = asPrefix(words[0] ?? '')
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(prefix)) return undefined
  const metric = Number(after(words, 'metric') ?? 0)
  if (deleted) return { type: 'deleted', prefix, metric }
  const hops = parts.map((part) => part.trim().split(/\s+/)).filter((part) => part[0] === 'nexthop')
  const nextHops: FibNextHop[] = []
  for (const hop of hops.length > 0 ? hops : [words]) {
    if (hop.includes('dead')) continue
    const via = after(hop, 'via')
    nextHops.push({
      ...(via === undefined ? {} : { via: via === 'inet6' ? (after(hop, 'inet6') ?? via) : via }),
      interface: after(hop, 'dev') ?? '',
      weight: Number(after(hop, 'weight') ?? 1),
    })
  }
  return { type: 'route', route: { device, prefix, protocol: after(words, 'proto') ?? 'boot', metric, nextHops: sortHops(nextHops) } }
}

function after(words: readonly string[], word: string): string | undefined {
  const index = words.indexOf(word)
  return index < 0 ? undefined : words[index + 1]
}

function asPrefix(destination: string): string {
  if (destination === 'default') return '0.0.0.0/0'
  return destination.includes('/') ? destination : `${destination}/32`
}

function sortHops(hops: FibNextHop[]): FibNextHop[] {
  const key = (hop: FibNextHop) => `${hop.via ?? ''} ${hop.interface}`
  return hops.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
