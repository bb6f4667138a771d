/**
 * Which of several paths is best, RFC 4271 §9.1.2.2, as far as it matters between external peers: shorter AS path, lower ORIGIN, lower
 * MULTI_EXIT_DISC within one neighbour AS, lower BGP identifier and lower address of the peer, lower path identifier. Paths that are
 * equal up to the MULTI_EXIT_DISC step share the traffic (multipath).
 *
 * Whether a next hop can be reached is the forwarding table's knowledge, not this room's.
 */

import type { RoutePath } from '../../model/index.ts'
import { compareIpv4, formatIpv4, type Ipv4 } from '../../net/index.ts'
import { nextHopText, type ReceivedPath } from './adj-rib-in.ts'

export interface Candidate {
  readonly peerAddress: Ipv4
  readonly peerIdentifier: Ipv4
  /** The session numbers its paths (RFC 7911). */
  readonly addPath: boolean
  readonly path: ReceivedPath
}

const ORIGIN_RANK = { igp: 0, egp: 1, incomplete: 2 } as const

/** All candidates as the model's paths, best first; rejected ones last. */
export function decide(candidates: readonly Candidate[]): RoutePath[] {
  const usable = candidates.filter((c) => c.path.attributes.rejected === undefined).sort(compare)
  const best = usable[0]
  const ranked = usable.map((candidate): RoutePath => {
    const step = best === undefined ? 'shorter AS path' : loses(candidate, best)
    return {
      ...describe(candidate),
      valid: true,
      best: candidate === best,
      multipath: step === undefined,
      ...(step === undefined ? {} : { whyNot: `not used: the best path has a ${step}` }),
    }
  })
  const rejected = candidates.filter((c) => c.path.attributes.rejected !== undefined)
  return [...ranked, ...rejected.map((candidate) => refuse(candidate, candidate.path.attributes.rejected ?? ''))]
}

function refuse(candidate: Candidate, reason: string): RoutePath {
  return { ...describe(candidate), valid: false, best: false, multipath: false, whyNot: `not used: ${reason}` }
}

function describe({ peerAddress, addPath, path }: Candidate): Pick<RoutePath, 'nextHop' | 'from' | 'pathId' | 'asPath'> {
  return {
    nextHop: nextHopText(path),
    from: formatIpv4(peerAddress),
    ...(addPath ? { pathId: path.pathId } : {}),
    asPath: path.attributes.asPath,
  }
}

function compare(a: Candidate, b: Candidate): number {
  return (
    preference(a, b) ||
    compareIpv4(a.peerIdentifier, b.peerIdentifier) ||
    compareIpv4(a.peerAddress, b.peerAddress) ||
    a.path.pathId - b.path.pathId
  )
}

/** The steps that come before tie-breaking. */
function preference(a: Candidate, b: Candidate): number {
  const x = a.path.attributes
  const y = b.path.attributes
  return (
    x.asPathLength - y.asPathLength ||
    ORIGIN_RANK[x.origin] - ORIGIN_RANK[y.origin] ||
    (x.asPath[0] === y.asPath[0] ? (x.multiExitDisc ?? 0) - (y.multiExitDisc ?? 0) : 0)
  )
}

/** The step at which `candidate` loses against the best path; `undefined` where it is as good. */
function loses(candidate: Candidate, best: Candidate): string | undefined {
  const x = candidate.path.attributes
  const y = best.path.attributes
  if (x.asPathLength !== y.asPathLength) return 'shorter AS path'
  if (x.origin !== y.origin) return 'lower ORIGIN'
  return preference(candidate, best) === 0 ? undefined : 'lower MULTI_EXIT_DISC'
}
