/** What the lab asks its wiring helper: the words between `wiring.ts` and `programs/wiring.ts`. Processes are the engine's own IDs. */
import type { Micros } from '../../model/index.ts'

/** A link: a veth pair, each end made where it belongs. */
export interface VethRequest {
  readonly a: VethEnd
  readonly b: VethEnd
}

export interface VethEnd {
  readonly pid: number
  readonly name: string
  /** Absent for a bridge port: the kernel makes one up. */
  readonly mac?: string
}

/** Lines for `ip -batch` in the network namespace of `pid`. */
export interface NamespaceBatch {
  readonly pid: number
  readonly device: string
  readonly lines: readonly string[]
}

export interface WireRequest {
  /** Before the links: what they are put into. */
  readonly before: readonly NamespaceBatch[]
  readonly links: readonly VethRequest[]
  /** After the links. */
  readonly after: readonly NamespaceBatch[]
}

export interface BatchRequest extends NamespaceBatch {
  /** Go on after a line that fails; the failures are answered. */
  readonly force: boolean
}

export interface BatchResult {
  /** Just before the first command. */
  readonly at: Micros
  readonly failures: readonly string[]
}

export interface SysctlRequest {
  readonly pid: number
  /** `net.ipv4.fib_multipath_hash_seed` */
  readonly key: string
  readonly value: string
}

/** Counts the flows to `vip` that enter a namespace, by the MAC address of whoever sent them in. */
export interface MeasureRequest {
  readonly pid: number
  readonly name: string
  readonly vip: string
  readonly port: number
}

export interface MeasuredFlow {
  readonly sourceMac: string
  readonly sourcePort: number
}

export interface CaptureRequest {
  readonly pid: number
  /** One interface: tcpdump counts packets on `any` otherwise than it prints them, and its end is known by its counts. */
  readonly interface: string
  /** tcpdump's filter, a word each. */
  readonly filter: readonly string[]
}
