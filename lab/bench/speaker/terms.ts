/** What the bench outside and its program in the container agree on: JSON lines, the plan on standard input, samples on standard output. */

export const SUBJECTS = ['peerlab', 'gobgp', 'frr', 'bird', 'openbgpd'] as const
export type Subject = (typeof SUBJECTS)[number]

/** Who (b) and (c) are announced to. */
export const RECEIVERS = ['frr', 'bird'] as const
export type Receiver = (typeof RECEIVERS)[number]

/** Who can announce several next hops of one prefix by itself; why the others cannot is in `NO_ROLE`. */
export const ANNOUNCERS = ['peerlab', 'gobgp', 'bird'] as const satisfies readonly Subject[]
export type Announcer = (typeof ANNOUNCERS)[number]

export const NO_ROLE: Readonly<Record<Exclude<Subject, Announcer>, string>> = {
  frr: 'originates one path of a prefix (`network`, `redistribute`); sixteen would have to be learnt from sixteen peers first',
  openbgpd: 'keeps one announcement of a prefix (`network`, `bgpctl network add`); a second next hop replaces the first',
}

export const NAMES: Readonly<Record<Subject, string>> = {
  peerlab: 'peerlab',
  gobgp: 'GoBGP',
  frr: 'FRR',
  bird: 'BIRD',
  openbgpd: 'OpenBGPD',
}

/** What one run of the bench measures. */
export interface BenchPlan {
  /** Of each measurement; interleaved. */
  readonly runs: number
  /** Unique prefixes that (a) sends. */
  readonly sizes: readonly number[]
  readonly subjects: readonly Subject[]
  readonly receivers: readonly Receiver[]
  /** VIPs and next hops of (b) and (c); 0 VIPs leave both out. */
  readonly vips: number
  readonly nextHops: number
  /** How long (d) keeps routes coming; 0 leaves it out. */
  readonly stormSeconds: number
  readonly stormPrefixes: number
  /** For what a daemon does after a session has come up, or after a command: FRR waits a second before it says anything. */
  readonly settleMs: number
  /** The cores of the one that is measured and of all else. */
  readonly cores: { readonly measured: number; readonly other: number }
}

/** (a): one session, all prefixes in the table. */
export interface ReceiveSample {
  readonly type: 'receive'
  readonly subject: Subject
  readonly run: number
  readonly prefixes: number
  /** From the first octet sent until a look into the table finds the last prefix. */
  readonly seconds: number
  /** Of it, what the subject's processes were on a core. */
  readonly cpuSeconds: number
  /** The highest resident set of the subject's processes (VmHWM, added up), and that before the session. */
  readonly peakBytes: number
  readonly idleBytes: number
  readonly held: number
  /** peerlab alone, of itself: the longest time for which its event loop was not to be had, and the longest garbage collection. */
  readonly longestSliceMs?: number
  readonly longestGcMs?: number
}

/** (b) and (c): the difference is told to a running session, and the peer looked at until it holds it. */
export interface AnnounceSample {
  readonly type: 'announce' | 'withdraw'
  readonly subject: Announcer
  readonly receiver: Receiver
  readonly run: number
  readonly paths: number
  /** From the command until the peer's count is right. */
  readonly seconds: number
  /** Until the first and the last UPDATE octet was on the wire. */
  readonly firstOctetSeconds: number
  readonly lastOctetSeconds: number
  /** What the announcer's processes were on a core from the command until the peer held it all. */
  readonly cpuSeconds: number
  readonly messages: number
  readonly octets: number
}

/** (d): how punctual keepalives are while routes arrive without end. */
export interface StormSample {
  readonly type: 'storm'
  readonly subject: Subject
  readonly run: number
  readonly prefixes: number
  readonly seconds: number
  /** Routes that arrived in that time. */
  readonly routes: number
  /** Keepalives are due every `keepaliveSeconds`; the longest time between two that came. */
  readonly keepaliveSeconds: number
  readonly longestGapSeconds: number
  readonly keepalives: number
  readonly longestSliceMs?: number
  readonly longestGcMs?: number
}

export type Sample = ReceiveSample | AnnounceSample | StormSample

/** What the program in the container says, one JSON object a line. */
export type ProgramLine =
  | Sample
  | { readonly type: 'versions'; readonly versions: Readonly<Record<string, string>> }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'failed'; readonly what: string; readonly why: string }
  | { readonly type: 'done' }

/** What `--json` writes. */
export interface BenchRecord {
  readonly measuredAt: string
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryBytes: number; readonly kernel: string }
  readonly plan: BenchPlan
  readonly versions: Readonly<Record<string, string>>
  readonly samples: readonly Sample[]
  readonly failures: readonly { readonly what: string; readonly why: string }[]
}
