/**
 * Which of GoBGP's paths are used. GoBGP marks one best path and installs nothing, so equal-cost multipath is worked out here: paths as
 * good as the best in every step before the router ID (RFC 4271 §9.1.2.2 a–e, without IGP cost), whose next hops the kernel can
 * resolve, at most `maximumPaths` distinct next hops. A next hop that comes a second time adds nothing: it would count as weight.
 */
import type { Route, RoutePath } from '../../../../model/index.ts'
import type { RouterPlan } from '../../../../topology/plan.ts'
import { sortPaths } from '../driver.ts'
import type { Resolver } from '../fib/resolve.ts'
import type { GobgpDestination, GobgpPath } from './api.ts'

export interface Selection {
  readonly route: Route
  /** Kernel next hops to install, none for what is not to be installed. */
  readonly hops: readonly { readonly via: string; readonly interface: string }[]
}

export function select(plan: RouterPlan, destination: GobgpDestination, resolver: Resolver): Selection {
  const { prefix } = destination
  const best = destination.paths.find((path) => path.best)
  const used = new Set<string>()
  const kernel = new Map<string, { via: string; interface: string }>()
  const paths = bestFirst(destination.paths, best).map((path): RoutePath => {
    const base = {
      nextHop: path.nextHop,
      from: path.neighbor ?? '0.0.0.0',
      ...(path.identifier === 0 || path.neighbor === undefined ? {} : { pathId: path.identifier }),
      asPath: path.asPath,
    }
    const not = (whyNot: string, valid = true): RoutePath => ({ ...base, valid, best: path === best, multipath: false, whyNot })
    // Its own prefixes are connected: the kernel has them.
    if (path.neighbor === undefined) return { ...base, valid: true, best: path === best, multipath: path === best }
    if (path.asPath.includes(plan.asn)) return not('our own AS is in its path: a loop', false)
    if (best?.neighbor === undefined) return not('the router originates this prefix itself')
    const worse = worseThan(path, best)
    if (worse !== undefined) return not(worse)
    const resolved = resolver.resolve(path.nextHop, prefix)
    if (!resolved.ok) return not(resolved.reason, false)
    if (used.has(path.nextHop)) return not('its next hop is already in use through another path')
    if (used.size >= plan.maximumPaths) return not(`maximum-paths ${plan.maximumPaths} is reached → maximum-paths ${used.size + 1} or more`)
    used.add(path.nextHop)
    for (const hop of resolved.hops) kernel.set(`${hop.via} ${hop.interface}`, hop)
    return { ...base, valid: true, best: path === best, multipath: true }
  })
  const hops = [...kernel.keys()].sort().map((key) => kernel.get(key)!)
  return { route: { device: plan.name, prefix, paths: sortPaths(paths) }, hops }
}

/** The best first; the others by where they come from, so that the choice among too many does not wander with GoBGP's own order. */
function bestFirst(paths: readonly GobgpPath[], best: GobgpPath | undefined): GobgpPath[] {
  const key = (path: GobgpPath) => `${path.neighbor ?? ''} ${String(path.identifier).padStart(10, '0')} ${path.nextHop}`
  return [...paths].sort((a, b) => (a === best ? -1 : b === best ? 1 : key(a) < key(b) ? -1 : 1))
}

function worseThan(path: GobgpPath, best: GobgpPath): string | undefined {
  if (path.localPreference !== best.localPreference) return 'its local preference is lower than the best one'
  if (path.asPath.length !== best.asPath.length) return 'its AS path is longer than the best one'
  if (path.origin !== best.origin) return 'its origin is worse than the best one'
  // MED is compared between paths of one neighboring AS (RFC 4271 §9.1.2.2 c).
  if (path.asPath[0] === best.asPath[0] && path.med !== best.med) return 'its MED is higher than the best one'
  return undefined
}
