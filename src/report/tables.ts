/** What a router knows, for people: its sessions, and a prefix in BGP and in the kernel side by side. Pure. */
import { type FibRoute, formatDuration, type Micros, type Route, type RoutePath, type Session } from '../model/index.ts'
import { folded, printable, table } from './text.ts'

/** One line for each; where `width` is too small for that, what matters most in a table, with the rest below each row. */
export function sessionLines(sessions: readonly Session[], now: Micros, width = Number.POSITIVE_INFINITY): string[] {
  const rows = [...sessions]
    .sort((a, b) => compare(a.device, b.device) || compare(a.peerAddress, b.peerAddress))
    .map((session) => [
      session.device,
      session.localAddress,
      session.peerAddress,
      `${session.localAsn} → ${session.peerAsn}`,
      session.state,
      session.since === undefined ? '' : formatDuration(Math.max(0, now - session.since)),
      addPath(session),
      session.holdTimeSeconds === undefined ? '' : `${session.holdTimeSeconds} s`,
      session.prefixesReceived === undefined ? '' : String(session.prefixesReceived),
      session.state === 'Established' ? '' : printable(session.reason ?? ''),
    ])
  const head = ['router', 'local', 'peer', 'AS', 'state', 'for', 'ADD-PATH', 'hold', 'prefixes', 'why']
  const whole = table([head, ...rows])
  if (fits(whole, width)) return whole
  const [first, ...lines] = table(
    [head, ...rows].map(([router, local, peer, , state, since, , , prefixes]) =>
      [router, local, peer, state, since, prefixes].map((cell) => cell ?? ''),
    ),
  )
  const rest = rows.map(([, , , as, , , addPath, hold, , why]) => [
    `AS ${as}`,
    `ADD-PATH ${addPath}`,
    ...(hold === '' ? [] : [`hold ${hold}`]),
    ...(why === '' ? [] : [why]),
  ])
  return [first!, ...lines.flatMap((line, index) => [line, ...folded(`    ${rest[index]!.join(' · ')}`, width)])]
}

function fits(lines: readonly string[], width: number): boolean {
  return lines.every((line) => line.length <= width)
}

function addPath({ addPath: { receive, send } }: Session): string {
  if (receive && send) return 'both ways'
  return receive ? 'receive' : send ? 'send' : 'no'
}

/** One prefix: every path with its state and, where it is not used, why; then what the kernel forwards by. */
export function routeLines(
  prefix: string,
  route: Route | undefined,
  fib: FibRoute | undefined,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const rows: string[][] = [['BGP', 'next hop', 'from', 'path ID', 'AS path', 'state']]
  for (const path of route?.paths ?? [])
    rows.push([
      '',
      path.nextHop,
      path.from === '0.0.0.0' ? 'itself' : path.from,
      path.pathId === undefined ? '' : String(path.pathId),
      path.asPath.join(' '),
      stateOf(path),
    ])
  const lines = (route?.paths.length ?? 0) === 0 ? [`BGP   ${prefix}  not there`] : table(rows)
  return [...lines, `FIB   ${prefix}  ${fib === undefined ? 'not there' : hops(fib)}`].flatMap((line) => folded(line, width))
}

/** All prefixes: one line each, or BGP and kernel below each other where `width` is too small for that. */
export function allRouteLines(routes: readonly Route[], fib: readonly FibRoute[], width = Number.POSITIVE_INFINITY): string[] {
  const prefixes = [...new Set([...routes, ...fib].map((each) => each.prefix))].sort(comparePrefixes)
  const rows = prefixes.map((prefix) => {
    const route = routes.find((each) => each.prefix === prefix)
    const kernel = fib.find((each) => each.prefix === prefix)
    const paths = route?.paths ?? []
    const isUsed = (path: RoutePath) => path.multipath || path.best
    const used = [...new Set(paths.filter(isUsed).map((path) => (path.from === '0.0.0.0' ? 'itself' : path.nextHop)))].sort()
    const unused = paths.filter((path) => !isUsed(path)).length
    const bgp = route === undefined || route.paths.length === 0 ? '–' : used.length === 0 ? 'none used' : used.join(', ')
    return [
      prefix,
      `${bgp}${unused === 0 ? '' : ` (${unused} not used)`}`,
      kernel === undefined ? '–' : `${hops(kernel)} (${kernel.protocol})`,
    ]
  })
  const whole = table([['prefix', 'BGP next hops', 'FIB'], ...rows])
  if (fits(whole, width)) return whole
  return rows.flatMap(([prefix = '', bgp, kernel]) => [prefix, `  BGP  ${bgp}`, `  FIB  ${kernel}`].flatMap((line) => folded(line, width)))
}

function stateOf(path: RoutePath): string {
  if (path.best) return path.multipath ? 'multipath, best' : 'best'
  if (path.multipath) return 'multipath'
  return `not used: ${printable(path.whyNot ?? (path.valid ? 'another path is better' : 'not valid'))}`
}

function hops(route: FibRoute): string {
  return route.nextHops.map((hop) => (hop.via === undefined ? hop.interface : `via ${hop.via} ${hop.interface}`)).join(' · ')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function comparePrefixes(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
