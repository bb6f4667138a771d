/**
 * Which of several paths is best, RFC 4271 §9.1.2.2, by elimination, so that the answer does not depend on the order in which the paths
 * came (MULTI_EXIT_DISC compares only within one neighbour AS, so paths have no order of their own):
 *
 *     unresolvable next hops out · higher LOCAL_PREF · shorter AS path (a) · lower ORIGIN (b) · lower MULTI_EXIT_DISC within each
 *     neighbour AS (c) · external over internal (d) · lower metric to the next hop (e) · [oldest] · lower BGP identifier (f) ·
 *     lower address of the peer (g) · lower path identifier
 *
 * What is left after (e) shares the traffic (multipath): with `sameAsPath` only paths of the best one's neighbour AS, at most
 * `maximumPaths` of them.
 *
 * Whether a next hop can be reached, and how far it is, is the forwarding table's knowledge, not this room's: it comes in as `metric`.
 */
import type { RoutePath } from '../../model/index.ts'
import { compareIpv4, formatIpv4, type Ipv4 } from '../../net/index.ts'
import { nextHopText, type PathAttributes, type ReceivedPath } from './attributes.ts'

export interface Candidate {
  readonly peerAddress: Ipv4
  readonly peerIdentifier: Ipv4
  /** The session numbers its paths (RFC 7911). */
  readonly addPath: boolean
  readonly path: ReceivedPath
  /** Learnt from a peer in our own AS. Absent: external. */
  readonly internal?: boolean
  /** When it was learnt, for `oldest`. */
  readonly since?: number
}

export interface DecisionOptions {
  /** Paths that share the traffic; default: all that are equal. */
  readonly maximumPaths?: number
  /** Only paths from the best one's neighbour AS are its equals (no `bestpath as-path multipath-relax`). Default false. */
  readonly sameAsPath?: boolean
  /** Compare MULTI_EXIT_DISC between neighbour ASes too. Default false. */
  readonly alwaysCompareMed?: boolean
  /** A path without MULTI_EXIT_DISC counts as the highest, not as 0 (RFC 4271 §9.1.2.2 c). Default false. */
  readonly missingMedIsWorst?: boolean
  /** Of external paths the oldest is best, before BGP identifiers are looked at (FRR and GoBGP do so by default). Default false. */
  readonly preferOldest?: boolean
  /** The metric to a next hop, or `unreachable`. Default: all are as near. */
  readonly metric?: (nextHop: string) => number | 'unreachable'
}

/** RFC 4271 §9.1.1 leaves it to the implementation; everybody takes this. */
const DEFAULT_LOCAL_PREF = 100
const ORIGIN_RANK = { igp: 0, egp: 1, incomplete: 2 } as const

/** One rule: who of `paths` stays, never none. */
interface Step {
  /** What the best path has more of, in words. */
  readonly name: string
  readonly keep: (paths: readonly Candidate[]) => readonly Candidate[]
}

/** All candidates as the model's paths, best first, then those that lost the later the earlier; rejected ones last. */
export function decide(candidates: readonly Candidate[], options: DecisionOptions = {}): RoutePath[] {
  const rejected = candidates.filter((c) => c.path.attributes.rejected !== undefined)
  const accepted = candidates.filter((c) => c.path.attributes.rejected === undefined)
  const unreachable = accepted.filter((c) => metricOf(c, options) === 'unreachable')
  let left: readonly Candidate[] = unreachable.length === 0 ? accepted : accepted.filter((c) => metricOf(c, options) !== 'unreachable')
  const losers: RoutePath[][] = []
  for (const { name, keep } of preference(options)) {
    const kept = keep(left)
    if (kept.length === left.length) continue
    const stays = new Set(kept)
    const lost = left.filter((candidate) => !stays.has(candidate)).sort(stable)
    losers.push(lost.map((candidate) => unused(candidate, true, `the best path has a ${name}`)))
    left = kept
  }
  return [
    ...shared(left, options),
    ...losers.reverse().flat(),
    ...unreachable.sort(stable).map((candidate) => unused(candidate, false, `no route to the next hop ${nextHopText(candidate.path)}`)),
    ...rejected.sort(stable).map((candidate) => unused(candidate, false, candidate.path.attributes.rejected ?? '')),
  ]
}

/** The best of the equal ones first, and those with it that may be used beside it. */
function shared(equal: readonly Candidate[], options: DecisionOptions): RoutePath[] {
  const ordered = [...equal].sort((a, b) => tieBreak(a, b, options))
  const [best] = ordered
  const most = options.maximumPaths ?? Number.POSITIVE_INFINITY
  let used = 0
  return ordered.map((candidate) => {
    const foreign = options.sameAsPath === true && candidate.path.attributes.neighborAs !== best?.path.attributes.neighborAs
    if (foreign) return unused(candidate, true, 'the best path is of another neighbour AS')
    if (used >= most && candidate !== best) return unused(candidate, true, `${most} paths are used already`)
    used++
    return { ...describePath(candidate), valid: true, best: candidate === best, multipath: true }
  })
}

function preference(options: DecisionOptions): readonly Step[] {
  const attribute = (name: string, value: (attributes: PathAttributes) => number): Step => ({
    name,
    keep: (paths) => lowest(paths, (candidate) => value(candidate.path.attributes)),
  })
  return [
    attribute('higher LOCAL_PREF', (a) => -(a.localPref ?? DEFAULT_LOCAL_PREF)),
    attribute('shorter AS path', (a) => a.asPathLength),
    attribute('lower ORIGIN', (a) => ORIGIN_RANK[a.origin]),
    { name: 'lower MULTI_EXIT_DISC', keep: (paths) => lowestMed(paths, options) },
    { name: 'peer outside our AS', keep: (paths) => lowest(paths, ({ internal }) => (internal ? 1 : 0)) },
    { name: 'nearer next hop', keep: (paths) => lowest(paths, (candidate) => Number(metricOf(candidate, options))) },
  ]
}

function lowest(paths: readonly Candidate[], value: (candidate: Candidate) => number): readonly Candidate[] {
  if (paths.length < 2) return paths
  const values = paths.map(value)
  // One by one: with ADD-PATH a prefix may have more paths than a call may have arguments.
  let least = Number.POSITIVE_INFINITY
  for (const each of values) least = Math.min(least, each)
  return paths.filter((_, i) => values[i] === least)
}

/** §9.1.2.2 c: whoever has a rival of the same neighbour AS with a lower one is out. */
function lowestMed(paths: readonly Candidate[], options: DecisionOptions): readonly Candidate[] {
  const med = ({ path }: Candidate) => path.attributes.multiExitDisc ?? (options.missingMedIsWorst ? Number.POSITIVE_INFINITY : 0)
  if (options.alwaysCompareMed) return lowest(paths, med)
  const least = new Map<number | undefined, number>()
  for (const candidate of paths) {
    const { neighborAs } = candidate.path.attributes
    least.set(neighborAs, Math.min(least.get(neighborAs) ?? Number.POSITIVE_INFINITY, med(candidate)))
  }
  return paths.filter((candidate) => med(candidate) === least.get(candidate.path.attributes.neighborAs))
}

function metricOf({ path }: Candidate, { metric }: DecisionOptions): number | 'unreachable' {
  return metric === undefined ? 0 : metric(nextHopText(path))
}

function tieBreak(a: Candidate, b: Candidate, { preferOldest }: DecisionOptions): number {
  return (preferOldest ? (a.since ?? 0) - (b.since ?? 0) : 0) || stable(a, b)
}

/** A total order: no two paths of one prefix share peer, session and path identifier. */
function stable(a: Candidate, b: Candidate): number {
  return compareIpv4(a.peerIdentifier, b.peerIdentifier) || compareIpv4(a.peerAddress, b.peerAddress) || a.path.pathId - b.path.pathId
}

function unused(candidate: Candidate, valid: boolean, reason: string): RoutePath {
  return { ...describePath(candidate), valid, best: false, multipath: false, whyNot: `not used: ${reason}` }
}

/** A path in the model's words, apart from what is decided of it. */
export function describePath({ peerAddress, addPath, path }: Candidate): Pick<RoutePath, 'nextHop' | 'from' | 'pathId' | 'asPath'> {
  return {
    nextHop: nextHopText(path),
    from: formatIpv4(peerAddress),
    ...(addPath ? { pathId: path.pathId } : {}),
    asPath: path.attributes.asPath,
  }
}
