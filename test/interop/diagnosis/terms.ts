/** What can be wrong between our speaker and a daemon, each on a neighbor of its own. Shared by the program in the container and the test. */
import type { DaemonKind } from '../matrix/terms.ts'

export const CAUSES = {
  'wrong AS, their word': '10.0.1.111',
  'wrong AS, our word': '10.0.1.112',
  'no common family': '10.0.1.113',
  'hold time': '10.0.1.114',
  'no policy (RFC 8212)': '10.0.1.115',
  'ADD-PATH one-sided': '10.0.1.116',
  'not configured there': '10.0.1.117',
  'shut down there': '10.0.1.118',
  'a password there': '10.0.1.119',
} as const
export type Cause = keyof typeof CAUSES

export const AT: Readonly<Record<DaemonKind, string>> = { frr: '10.0.1.2', gobgp: '10.0.1.3', bird: '10.0.1.4', openbgpd: '10.0.1.5' }
/** A host on which nothing listens, and one that drops what comes. */
export const NOBODY = '10.0.1.6'
export const SILENT = '10.0.1.7'
/** Where no route leads. */
export const NOWHERE = '10.99.0.1'
export const ASN = 65001
export const PEER_ASN = 65002

/** Everything that was said of each session: reasons while it was down, remarks while it was up, in the order of their first coming. */
export type Said = Readonly<Record<string, readonly string[]>>

/** The key of one session in `Said`. */
export function key(cause: Cause, peer: string): string {
  return `${cause} @ ${peer}`
}

/** The key of what holds of a session at the end, remarks only. */
export function atTheEnd(cause: Cause, peer: string): string {
  return `${key(cause, peer)}, at the end`
}
