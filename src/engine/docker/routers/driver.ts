/**
 * The two halves of a router kind. The host half (`RouterDriver`) says what container it needs and renders its files; the container
 * half (`RouterRuntime`) runs beside the daemons, inside the router's container, and is what `programs/router.ts` drives.
 */
import type { LabEventBody, Micros, Route, RoutePath, Session, TimerProfile } from '../../../model/index.ts'
import { compareIpv4, parseIpv4 } from '../../../net/index.ts'
import type { RouterKind, RouterPlan } from '../../../topology/plan.ts'
import { idleSession } from '../../idle-session.ts'
import type { RefusedLine } from '../../refused.ts'
import type { ImageKind } from '../protocol.ts'

/** The `args` of a router's `start` request. */
export interface RouterStart {
  readonly plan: RouterPlan
  readonly timers: TimerProfile
  /** Absolute path in the container → text; written before the daemons start. */
  readonly files: Readonly<Record<string, string>>
}

/** Runs on the host: pure data, no container needed. */
export interface RouterDriver {
  readonly kind: RouterKind
  readonly image: ImageKind
  /** Linux capabilities beyond Docker's default set. */
  readonly capabilities: readonly string[]
  /** Processes that `kill` and `start-process` know; the first is meant where none is named. */
  readonly processes: readonly string[]
  render(plan: RouterPlan, timers: TimerProfile): Record<string, string>
}

/** An error of a user's own configuration file, as the daemon itself reports it. */
export type ConfigError = RefusedLine

/** One reading of a router: all sessions, all prefixes. */
export interface TableReading {
  readonly sessions: readonly Session[]
  readonly routes: readonly Route[]
}

/** What a runtime tells the program around it. */
export interface RuntimeHooks {
  now(): Micros
  emit(event: LabEventBody, at?: Micros): void
  /** Something may have changed in the daemon's tables: read them. */
  wake(): void
}

/** Runs in the container. Every method rejects with an `Error` that says what failed and what was being done. */
export interface RouterRuntime {
  /** How long after a change the daemon's tables may still move without telling: a confirming read waits this long (milliseconds). */
  readonly settleMillis: number
  /** Errors of the configuration that is in place; none for a rendered one that is right. */
  check(): Promise<readonly ConfigError[]>
  /** Starts all daemons and comes back when they answer. */
  start(): Promise<void>
  /** `FRR 8.4.4` */
  version(): Promise<string>
  /** Reads everything; while the routing daemon is dead its sessions read as Idle with the reason, and it has no routes. */
  read(): Promise<TableReading>
  kill(process?: string): Promise<Micros>
  startProcess(process?: string): Promise<Micros>
  /** Hard reset of one session: NOTIFICATION Cease and a new connection. */
  reset(peerAddress: string): Promise<Micros>
  /** Called whenever the kernel's routes changed. */
  fibChanged(): void
  /** Ends every child. */
  stop(): void
}

/** A daemon without its own reading: what its sessions and routes look like while it is dead. */
export function deadReading(plan: RouterPlan, daemon: string): TableReading {
  const sessions = plan.neighbors.map((neighbor) => idleSession(plan, neighbor, `${daemon} is not running`))
  return { sessions, routes: [] }
}

/** Orders sessions by their peer's address: GoBGP lists its peers in another order each time. */
export function sortSessions(sessions: Session[]): Session[] {
  return sessions.sort((a, b) => compareIpv4(parseIpv4(a.peerAddress) ?? 0, parseIpv4(b.peerAddress) ?? 0))
}

/** Orders paths so that two readings of the same table are equal: by peer, path ID, next hop. */
export function sortPaths(paths: RoutePath[]): RoutePath[] {
  const key = (path: RoutePath) => `${path.from} ${String(path.pathId ?? 0).padStart(10, '0')} ${path.nextHop}`
  return paths.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
