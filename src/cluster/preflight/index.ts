/**
 * cluster/preflight: what has to hold between control-plane nodes and their peers before a cluster is created (R34), and what the facts of a
 * try mean: facts in, findings out, each with its cause in words and its cure.
 *
 * Refuses: I/O, engines, trying anything itself (src/preflight does). Imports net, model, bgp's words for NOTIFICATIONs, and the cluster's
 * own peering.
 */
export { judgeAnnouncement } from './announcement.ts'
export { type Cell, cellName, cellsOf } from './cells.ts'
export type {
  AnnouncementFacts,
  CellFacts,
  Look,
  NeighborFacts,
  PeerRouter,
  ReachFacts,
  SentDatagrams,
  SessionFacts,
  SessionNotification,
  SessionOutcome,
  TogetherFacts,
  Trace,
  TraceEnd,
  TraceHop,
} from './facts.ts'
export type { Cause, Evidence, Finding } from './finding.ts'
export { type CellResult, judge, type PreflightReport, type ReachResult, type Sight, type TogetherResult } from './judge.ts'
export { sightOf } from './reachability.ts'
