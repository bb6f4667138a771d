/**
 * The interop matrix: what meets what, and what is done to it. Shared by the programs in the container, the test outside, and the page that
 * is made of the results.
 */

export const DAEMONS = { frr: 'FRR', gobgp: 'GoBGP', bird: 'BIRD', openbgpd: 'OpenBGPD' } as const
export type DaemonKind = keyof typeof DAEMONS

export const MODES = ['we connect', 'they connect', 'both'] as const
export type Mode = (typeof MODES)[number]

/** In the order in which they are walked. */
export const FAULTS = {
  established: 'Established',
  'withdraw-ours': 'we withdraw one path',
  'withdraw-theirs': 'they withdraw one path',
  'refresh-ours': 'route refresh, we ask',
  'refresh-theirs': 'route refresh, they ask',
  'reset-ours': 'session reset by us',
  'reset-theirs': 'session reset by them',
  'shutdown-ours': 'our shutdown with a message',
  'shutdown-theirs': 'their shutdown with a message',
  'hold-ours': 'our silence, their hold timer',
  'hold-theirs': 'their silence, our hold timer',
  'kill-ours': 'our kill -9',
  'kill-theirs': 'their kill -9',
} as const
export type Fault = keyof typeof FAULTS

export const ROUTER = '10.0.1.2'
export const ROUTER_ID = '10.8.0.10'
export const ROUTER_ASN = 65002
export const HOPS = ['10.0.1.11', '10.0.1.12', '10.0.1.13'] as const
/** The daemon's own route. */
export const THEIRS = '192.0.2.0/24'
/** What all six announce, so that the daemon has several paths to tell of. */
export const SHARED = '10.0.9.9/32'
export const HOLD_SECONDS = 6

/** One neighbor of the daemon: a speaker of ours with an address, an AS and VIPs of its own. */
export interface Cell {
  readonly address: string
  readonly asn: number
  /** Of the sessions where both connect, one has a lower BGP identifier than the daemon, one a higher. */
  readonly identifier: string
  readonly addPath: boolean
  readonly mode: Mode
  /** We withdraw a path of the first; the second always stays; the third is withdrawn for the daemon to pass that on. */
  readonly vips: readonly [string, string, string]
  /** Its own next hop of `SHARED`. */
  readonly sharedHop: string
}

export const CELLS: readonly Cell[] = [true, false].flatMap((addPath, half) =>
  MODES.map((mode, third) => {
    const n = 101 + half * MODES.length + third
    const address = `10.0.1.${n}`
    const identifier = mode === 'both' && !addPath ? `203.0.113.${n}` : address
    const vips = [`10.0.${n}.1/32`, `10.0.${n}.2/32`, `10.0.${n}.3/32`] as const
    return { address, asn: 65000 + n, identifier, addPath, mode, vips, sharedHop: `10.0.1.${n + 100}` }
  }),
)

/** What came of one fault on one session. */
export interface Outcome {
  readonly addPath: boolean
  readonly mode: Mode
  readonly fault: Fault
  /** `impossible`: the daemon has no such thing; `note` says how that was seen. */
  readonly result: 'passed' | 'failed' | 'impossible'
  /** From the fault until the other end had lost what it was to lose. */
  readonly lostMs?: number
  /** From the fault, or its end, until everything was there again. */
  readonly backMs?: number
  /** The daemon came back only when its operator told it to. */
  readonly nudged?: true
  readonly note?: string
}

/** What one walk comes to. */
export interface Findings {
  readonly daemon: DaemonKind
  /** `FRR 8.4.4` */
  readonly version: string
  readonly seconds: number
  readonly outcomes: readonly Outcome[]
  /** Every distinct message that the daemon sent where we connected, in hex, in the order of their first coming. */
  readonly said: { readonly 'add-path': readonly string[]; readonly 'one path': readonly string[] }
  /** How often two connections of one session met (RFC 4271 §6.8), by the end that closed one. */
  readonly collisions: { readonly ours: number; readonly theirs: number }
}

/** A path as a daemon shows it: `10.0.1.11 1`, `10.0.1.11 -` without an identifier, `10.0.1.11 ?` where the daemon does not tell it. */
export type Shown = string

export type Run = (command: string, ...args: string[]) => Promise<string>

/** One kind of daemon: how to start, read and poke it. Commands are the operator's own. */
export interface Daemon {
  readonly files: Readonly<Record<string, string>>
  /** Started before it, and left alone. */
  readonly beside?: readonly (readonly string[])[]
  readonly command: readonly string[]
  version(run: Run): Promise<string>
  /** Answers where it can be asked; throws before. */
  ready(run: Run): Promise<unknown>
  /** What its configuration file cannot say; after every start. */
  prepare?(run: Run): Promise<unknown>
  /** The paths of ours that it holds, by neighbor and prefix, sorted. */
  held(run: Run): Promise<ReadonlyMap<string, ReadonlyMap<string, readonly Shown[]>>>
  reset(run: Run, cell: Cell): Promise<unknown>
  /** It has been told to ask the peer for its routes again; `never`: it has a command for that, and does not ask. */
  refresh(run: Run, cell: Cell): Promise<'never' | 'asked'>
  shutdown(run: Run, cell: Cell, message: string): Promise<unknown>
  enable(run: Run, cell: Cell): Promise<unknown>
  /** Where an operator of the daemon would read what we wrote to it. */
  heard(run: Run, cell: Cell): Promise<string>
  /** Makes it try again at once, where it waits for half a minute and more by itself. */
  nudge?(run: Run, cell: Cell): Promise<unknown>
  /** What it logs where it does not answer a ROUTE-REFRESH. */
  refusesRefresh?(run: Run, cell: Cell): Promise<string | undefined>
}

/** From the walk to the speakers' program, one JSON line each; `id` comes back with the answer. */
export type Order =
  | { readonly op: 'announce'; readonly session: number; readonly routes: Readonly<Record<string, readonly string[]>> }
  | { readonly op: 'reset'; readonly session: number; readonly message: string }
  | { readonly op: 'refresh'; readonly session: number }
  | { readonly op: 'stop'; readonly session: number; readonly message: string }
  | { readonly op: 'start'; readonly session: number }

/** What it tells by itself. */
export interface Told {
  readonly session: number
  readonly type: 'state' | 'established' | 'notification' | 'route-refresh' | 'routes-changed' | 'update-sent' | 'update-received' | 'frame'
  readonly state: string
  readonly established: number
  readonly reason?: string
  /** Of a notification: `sent 6/2 text`. */
  readonly notification?: string
  /** Of a route refresh. */
  readonly direction?: 'sent' | 'received'
  /** A message of the daemon's, in hex. */
  readonly frame?: string
  readonly negotiated?: { readonly addPath: { readonly send: boolean; readonly receive: boolean }; readonly holdTimeSeconds: number }
  /** What we hold of the daemon's, `next hop` with `path ID`, by prefix. */
  readonly routes?: Readonly<Record<string, readonly string[]>>
  /** Prefixes whose every path has our own AS in it (R41). */
  readonly loops?: readonly string[]
}
