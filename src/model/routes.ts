import type { Micros } from './time.ts'

/** RFC 4271 §8.2.2. */
export type SessionState = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established'

/** One BGP session as its device sees it, whatever daemon runs there. Identified by (device, localAddress, peerAddress). */
export interface Session {
  readonly device: string
  /** The device's own end; a router that has not yet bound a socket reports the address that it is configured to use. */
  readonly localAddress: string
  readonly peerAddress: string
  readonly localAsn: number
  readonly peerAsn: number
  readonly state: SessionState
  /** How often this session has reached Established since the daemon started; grows when it is set up again. */
  readonly establishedCount: number
  /** When it reached its present state, where the device tells. */
  readonly since?: Micros
  /** When it became Established by the device's own count of its uptime, to the second; on the lab's time base. Absent while it is down. */
  readonly upSince?: Micros
  /** What was negotiated for IPv4 unicast (RFC 7911), seen from the device. */
  readonly addPath: { readonly receive: boolean; readonly send: boolean }
  readonly holdTimeSeconds?: number
  readonly prefixesReceived?: number
  /** Why it is not Established, in words, where the device tells. */
  readonly reason?: string
}

/** One path in a device's BGP table. */
export interface RoutePath {
  readonly nextHop: string
  /** The peer's address; `'0.0.0.0'` for a path that the device originates itself. */
  readonly from: string
  /** The path identifier received (RFC 7911), absent where the session has no ADD-PATH or the reader cannot see it. */
  readonly pathId?: number
  readonly asPath: readonly number[]
  readonly valid: boolean
  readonly best: boolean
  /** True for every path that is used, the best one included. */
  readonly multipath: boolean
  /** Why it is not used, in words, with the cure where there is one. */
  readonly whyNot?: string
}

/** All paths of one prefix in one device's BGP table. */
export interface Route {
  readonly device: string
  /** `a.b.c.d/n` */
  readonly prefix: string
  readonly paths: readonly RoutePath[]
}

export interface FibNextHop {
  /** The gateway's address; absent for a directly connected next hop. */
  readonly via?: string
  readonly interface: string
  readonly weight: number
}

/** What the kernel forwards by: one prefix of the main table, the lowest metric where it has several. */
export interface FibRoute {
  readonly device: string
  readonly prefix: string
  /** rtnetlink's name or number: `bgp`, `kernel`, `static`, `186`… */
  readonly protocol: string
  readonly metric: number
  readonly nextHops: readonly FibNextHop[]
}

/** The distinct next-hop addresses of a kernel route, sorted; what most assertions compare. */
export function fibNextHops(route: FibRoute | undefined): string[] {
  return [...new Set((route?.nextHops ?? []).map((hop) => hop.via ?? hop.interface))].sort()
}
