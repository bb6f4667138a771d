/** What the measurements ask of a BGP daemon, whichever it is. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Ground, Place } from './place.ts'

/** One daemon with one peer. */
export interface Setup {
  readonly ground: Ground
  readonly place: Place
  readonly address: string
  readonly asn: number
  readonly peerAddress: string
  readonly peerAsn: number
  /** Waits for its peer; else it connects. */
  readonly passive: boolean
  /** A folder of its own, for files and sockets. */
  readonly folder: string
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
}

/** VIPs with all their next hops; the last next hop is the one that (c) withdraws. */
export interface VipSet {
  readonly prefixes: readonly string[]
  readonly nextHops: readonly string[]
}

/** A daemon that runs and takes commands. */
export interface Running {
  /** The process whose memory and time count; its children count too. */
  readonly pid: number
  established(): Promise<boolean>
  /** A look into the table: whether it has a path to exactly this prefix. */
  holds(prefix: string): Promise<boolean>
  /** Paths received from the peer, as the daemon counts them. */
  count(): Promise<number>
  stop(): Promise<void>
}

/** One that can also announce several next hops of a prefix by itself. */
export interface RunningAnnouncer extends Running {
  /** Tells the daemon; resolves when the command is with it. */
  announce(): Promise<void>
  withdrawLastHop(): Promise<void>
}

export interface Daemon {
  version(): Promise<string>
  start(setup: Setup): Promise<Running>
}

export interface AnnouncingDaemon extends Daemon {
  /** With the VIPs ready, and none announced. */
  startAnnouncer(setup: Setup, vips: VipSet): Promise<RunningAnnouncer>
}

/** Ends processes of ours, all at once, and waits for their ends. */
export async function endAll(...children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }),
  )
}

/** Asks again and again: daemons tell nobody. Throws when `seconds` are over. */
export async function until(what: string, holds: () => Promise<boolean>, seconds: number, gapMs = 50): Promise<void> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    if (await holds().catch(() => false)) return
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, gapMs))
  }
}
