/**
 * What a router makes of the paths to one prefix: RFC 4271 §9.1.2.2 with multipath, as its daemon does it. What the daemon drops on receipt
 * (a loop, no policy) is not in its table at all. `maximum-paths` counts distinct next hops, and a path whose next hop is in use already adds none.
 */
import { type Candidate, decide, describePath, type PathAttributes } from '../../../bgp/index.ts'
import type { Route, RoutePath } from '../../../model/index.ts'
import type { RouterPlan } from '../../../topology/plan.ts'
import type { Resolution } from '../net/index.ts'
import type { DaemonProfile } from './profiles.ts'

export interface Selection {
  readonly route: Route
  /** What the kernel forwards by, each way once; none for what is not to be installed. */
  readonly hops: readonly { readonly via: string; readonly interface: string }[]
  /** What is announced on: the path, and the attributes that go with it where it was received. */
  readonly best: { readonly path: RoutePath; readonly attributes?: PathAttributes } | undefined
}

export interface SelectInputs {
  readonly plan: RouterPlan
  readonly profile: DaemonProfile
  readonly prefix: string
  readonly candidates: readonly Candidate[]
  /** This router originates the prefix, and has the route itself (`bgp network import-check`). */
  readonly own: 'no' | 'missing' | 'present'
  /** To the connected next hops that packets for an address leave by. */
  readonly resolve: (nextHop: string) => Resolution
  /** The address lies on a subnet of a link that is up. */
  readonly onLink: (nextHop: string) => boolean
}

export function select(inputs: SelectInputs): Selection {
  const { plan, profile, prefix, own } = inputs
  const received = inputs.candidates.filter((candidate) => candidate.path.attributes.rejected === undefined)
  const judged = new Map(received.map((candidate) => judge(candidate, inputs)).map((one) => [keyOf(one.path), one]))
  const usable = [...judged.values()].filter(({ reason }) => !profile.tracksNextHops || reason === undefined)
  const ranked = decide(usable.map(({ candidate }) => candidate))
  const local = own === 'no' ? [] : [localPath(own === 'present')]
  const equals = own === 'present' ? [] : ranked.filter((path) => path.multipath).flatMap((path) => judged.get(keyOf(path)) ?? [])
  const [first] = equals
  const best = own === 'present' ? local[0] : first?.path
  const { used, hops } = share(equals, plan.maximumPaths)
  const paths = [...judged.values()].map(({ path, reason }): RoutePath => {
    const multipath = used.get(path.nextHop) === path
    const state = { ...path, valid: reason === undefined, best: path === best, multipath }
    return multipath ? state : { ...state, whyNot: reason ?? whyNot(path, best, used, plan) }
  })
  const attributes = own === 'present' ? undefined : first?.candidate.path.attributes
  return {
    route: { device: plan.name, prefix, paths: sortPaths([...local, ...paths]) },
    hops,
    best: best && { path: best, ...(attributes && { attributes }) },
  }
}

interface Judged {
  readonly candidate: Candidate
  readonly path: RoutePath
  readonly hops: readonly { readonly via: string; readonly interface: string }[]
  /** Why it cannot be used. */
  readonly reason: string | undefined
}

/** No two paths of one prefix share peer and identifier. */
function keyOf({ from, pathId }: RoutePath): string {
  return `${from} ${pathId ?? ''}`
}

function judge(candidate: Candidate, { plan, profile, resolve, onLink }: SelectInputs): Judged {
  const { nextHop, from, pathId, asPath } = describePath(candidate)
  const path = {
    nextHop,
    from,
    ...(pathId === undefined || pathId === 0 ? {} : { pathId }),
    asPath,
    valid: true,
    best: false,
    multipath: false,
  }
  const singleHop = plan.neighbors.some((neighbor) => neighbor.address === from && !neighbor.multihop)
  if (profile.singleHopOnLink && singleHop && !onLink(nextHop)) {
    const reason = `next hop not on a connected subnet, and the peer is single-hop → neighbor ${from} ebgp-multihop`
    return { candidate, path, hops: [], reason }
  }
  const resolved = resolve(nextHop)
  return { candidate, path, hops: resolved.ok ? resolved.hops : [], reason: resolved.ok ? undefined : resolved.reason }
}

function localPath(valid: boolean): RoutePath {
  const path = { nextHop: '0.0.0.0', from: '0.0.0.0', asPath: [], valid, best: valid, multipath: valid }
  return valid ? path : { ...path, whyNot: 'this router has no such route itself (bgp network import-check)' }
}

/** The first path to each next hop, as far as there may be so many; and the ways that the kernel gets, each once. */
function share(equals: readonly Judged[], maximumPaths: number) {
  const used = new Map<string, RoutePath>()
  const ways = new Map<string, { readonly via: string; readonly interface: string }>()
  for (const { path, hops, reason } of equals) {
    if (reason !== undefined || used.has(path.nextHop) || used.size >= maximumPaths) continue
    used.set(path.nextHop, path)
    for (const hop of hops) ways.set(`${hop.via} ${hop.interface}`, hop)
  }
  return { used, hops: [...ways.keys()].sort().map((key) => ways.get(key)!) }
}

function whyNot(path: RoutePath, best: RoutePath | undefined, used: ReadonlyMap<string, RoutePath>, plan: RouterPlan): string {
  if (best?.from === '0.0.0.0') return 'the router originates this prefix itself'
  if (best !== undefined && path.asPath.length > best.asPath.length) return 'its AS path is longer than the best one'
  if (used.has(path.nextHop)) return 'its next hop is already in use through another path'
  if (used.size >= plan.maximumPaths)
    return `maximum-paths ${plan.maximumPaths} is reached → maximum-paths ${plan.maximumPaths + 1} or more`
  return 'not equal to the best path'
}

/** Whether two readings of one prefix say the same. */
export function samePaths(a: readonly RoutePath[], b: readonly RoutePath[]): boolean {
  return a.length === b.length && a.every((path, index) => samePath(path, b[index]!))
}

export function samePath(a: RoutePath | undefined, b: RoutePath | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.nextHop === b.nextHop &&
    a.from === b.from &&
    a.pathId === b.pathId &&
    a.valid === b.valid &&
    a.best === b.best &&
    a.multipath === b.multipath &&
    a.whyNot === b.whyNot &&
    a.asPath.length === b.asPath.length &&
    a.asPath.every((asn, index) => asn === b.asPath[index])
  )
}

/** As readings of real routers are ordered: by peer, path identifier, next hop. */
function sortPaths(paths: readonly RoutePath[]): RoutePath[] {
  const key = (path: RoutePath) => `${path.from} ${String(path.pathId ?? 0).padStart(10, '0')} ${path.nextHop}`
  return [...paths].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
