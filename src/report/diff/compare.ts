/**
 * What is gone, new and changed between two snapshots. Counters and clocks are not compared, nor which of several equal paths is best: FRR
 * chooses it by age (docs/routers.md), so that two labs of one description would differ. Pure.
 */
import { type FibRoute, fibNextHops, formatDuration, type Route, type RoutePath, type Session } from '../../model/index.ts'
import type { Snapshot } from './snapshot.ts'
import type { TrafficSeen } from './traffic.ts'

export const SECTIONS = ['sessions', 'routes', 'fib', 'floatingIps', 'traffic'] as const
export type Section = (typeof SECTIONS)[number]

export interface Change {
  readonly change: 'gone' | 'new' | 'changed'
  /** A router's name; absent where the thing belongs to none. */
  readonly device?: string
  /** A prefix, an address, a pair of addresses. */
  readonly what: string
  /** Absent where it is new. */
  readonly before?: Facts
  /** Absent where it is gone. */
  readonly after?: Facts
}

/** What was compared of one thing, by name; lists are sorted. */
export type Facts = Readonly<Record<string, string | readonly string[]>>

export interface SectionDiff {
  readonly changes: readonly Change[]
  /** How many things are the same on both sides. */
  readonly same: number
}

export type Diff = Readonly<Record<Section, SectionDiff>>

export function differs(diff: Diff): boolean {
  return SECTIONS.some((section) => diff[section].changes.length > 0)
}

export function compareSnapshots(a: Snapshot, b: Snapshot): Diff {
  return {
    sessions: section(sessions(a.sessions), sessions(b.sessions)),
    routes: section(routes(a.routes), routes(b.routes)),
    fib: section(kernelRoutes(a.fib), kernelRoutes(b.fib)),
    floatingIps: section(places(a), places(b)),
    traffic: section(traffic(a.traffic), traffic(b.traffic)),
  }
}

/** What is compared of one session, route or address. */
export interface Thing {
  readonly device?: string
  readonly what: string
  readonly facts: Facts
}

function section(before: readonly Thing[], after: readonly Thing[]): SectionDiff {
  const keyOf = ({ device = '', what }: Thing) => `${device} ${what}`
  const old = new Map(before.map((thing) => [keyOf(thing), thing]))
  const now = new Map(after.map((thing) => [keyOf(thing), thing]))
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort((x, y) => x.localeCompare(y, 'en', { numeric: true }))
  const changes: Change[] = []
  let same = 0
  for (const key of keys) {
    const from = old.get(key)
    const to = now.get(key)
    const { device, what } = (from ?? to)!
    const about = { ...(device !== undefined && { device }), what }
    if (from === undefined) changes.push({ change: 'new', ...about, after: to!.facts })
    else if (to === undefined) changes.push({ change: 'gone', ...about, before: from.facts })
    else if (JSON.stringify(from.facts) === JSON.stringify(to.facts)) same++
    else changes.push({ change: 'changed', ...about, before: from.facts, after: to.facts })
  }
  return { changes, same }
}

function sessions(all: readonly Session[]): Thing[] {
  return all.map(sessionThing)
}

export function sessionThing(session: Session): Thing {
  return {
    device: session.device,
    what: `${session.localAddress} ↔ ${session.peerAddress}`,
    facts: { state: session.state === 'Established' ? 'Established' : `down${why(session)}`, ...negotiated(session) },
  }
}

/** Idle, Connect and Active come and go while a session is down: that it is down is what differs. */
function why({ reason }: Session): string {
  return reason === undefined || reason === '' ? '' : ` (${reason})`
}

function negotiated({ state, peerAsn, addPath, holdTimeSeconds }: Session): Facts {
  const peer = { 'peer AS': String(peerAsn) }
  if (state !== 'Established') return peer
  const ways = [...(addPath.receive ? ['receive'] : []), ...(addPath.send ? ['send'] : [])]
  return { ...peer, 'ADD-PATH': ways.join('+') || 'no', ...(holdTimeSeconds !== undefined && { hold: `${holdTimeSeconds} s` }) }
}

function routes(all: readonly Route[]): Thing[] {
  return all.filter((route) => route.paths.length > 0).map(routeThing)
}

export function routeThing(route: Route): Thing {
  return { device: route.device, what: route.prefix, facts: paths(route) }
}

/** A next hop that one session's path is used for, and another's is not, is used. */
function paths(route: Route): Facts {
  const used = distinct(route.paths.filter((path) => path.multipath || path.best).map(toward))
  return { 'next hops': used, 'not used': distinct(route.paths.map(toward)).filter((each) => !used.includes(each)) }
}

function toward(path: RoutePath): string {
  if (path.from === '0.0.0.0') return 'itself'
  const first = path.asPath.join(' ')
  return `${path.nextHop}${first === '' ? '' : ` (AS ${first})`}`
}

function kernelRoutes(all: readonly FibRoute[]): Thing[] {
  return all.filter((route) => route.nextHops.length > 0).map(kernelRouteThing)
}

export function kernelRouteThing(route: FibRoute): Thing {
  return { device: route.device, what: route.prefix, facts: { 'next hops': fibNextHops(route) } }
}

function places({ floatingIps }: Snapshot): Thing[] {
  return floatingIps.map(({ address, node }) => ({ what: address, facts: { node: node ?? 'Unassigned' } }))
}

function traffic(all: readonly TrafficSeen[]): Thing[] {
  return all.map(({ name, flows, answered, over, by, longestLoss }) => ({
    what: name,
    facts: {
      answered: `${answered} of ${flows} flows`,
      ...(longestLoss !== undefined && { 'longest loss': formatDuration(longestLoss) }),
      ...(over !== undefined && { over }),
      ...(by !== undefined && { by }),
    },
  }))
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}
