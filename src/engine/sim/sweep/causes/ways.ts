/**
 * Which ways routers know while something has failed: over which links BGP tells them of a rack or a client, and whom they leave the rest to. As far as
 * AS_PATHs and default routes say it; what a session needs besides is not looked at. Pure.
 */
import type { Plan } from '../../../../topology/plan.ts'
import type { Standing } from './standing.ts'

/** A router that is not there yet. */
export interface NewRouter {
  readonly name: string
  readonly asn: number
}

export type Link = readonly [string, string]

/** A router without racks: it gives those that have some a default route. */
interface Router extends NewRouter {
  readonly outside: boolean
}

export class Ways {
  readonly #routers: ReadonlyMap<string, Router>
  readonly #near: ReadonlyMap<string, readonly string[]>
  /** What can be sent to, and the routers that say so: racks with those that stand there, clients with the one that they are behind. */
  readonly #origins: ReadonlyMap<string, readonly string[]>
  /** Place → who knows a way there, by which AS_PATH. */
  readonly #known = new Map<string, ReadonlyMap<string, readonly number[]>>()

  constructor(
    plan: Plan,
    standing: Standing,
    { links = [], router }: { readonly links?: readonly Link[]; readonly router?: NewRouter } = {},
  ) {
    const inRack = (name: string) => plan.routers.some((each) => each.name === name && standsInRack(plan, name))
    const living = plan.routers.filter(({ name }) => standing.alive(name)).map(({ name, asn }) => ({ name, asn, outside: !inRack(name) }))
    const all: readonly Router[] = router === undefined ? living : [...living, { ...router, outside: true }]
    this.#routers = new Map(all.map((each) => [each.name, each]))
    const added = (name: string) => links.flatMap(([a, b]) => (a === name ? [b] : b === name ? [a] : []))
    const near = (name: string) => [...standing.neighbors(name), ...added(name)].filter((each) => this.#routers.has(each))
    this.#near = new Map(all.map(({ name }) => [name, near(name)]))
    const behind = plan.clients.map(({ name }) => [name, standing.neighbors(name).filter((each) => this.#routers.has(each))] as const)
    const racks = plan.segments.map(({ name }) => [name, standing.routersOf(name)] as const)
    this.#origins = new Map([...racks, ...behind].filter(([, routers]) => routers.length > 0))
  }

  /** Routers without a way to some rack or client that any router is left of. */
  get dead(): readonly string[] {
    const places = [...this.#origins.keys()]
    return [...this.#routers.keys()].filter((name) => places.some((place) => !this.#reaches(name, place)))
  }

  /** Who gives others a default route although it has no way to somewhere itself, and where that is. */
  get misleading(): { readonly router: string; readonly led: string; readonly place: string } | undefined {
    for (const [led] of this.#routers)
      for (const place of this.#origins.keys())
        for (const router of this.#knows(led, place) ? [] : this.#defaults(led))
          if (!this.#knows(router, place)) return { router, led, place }
    return undefined
  }

  /** Packets are spread over all default routes. */
  #reaches(router: string, place: string): boolean {
    if (this.#knows(router, place)) return true
    const defaults = this.#defaults(router)
    return defaults.length > 0 && defaults.every((each) => this.#knows(each, place))
  }

  #defaults(router: string): readonly string[] {
    if (this.#routers.get(router)?.outside !== false) return []
    return (this.#near.get(router) ?? []).filter((each) => this.#routers.get(each)?.outside)
  }

  #knows(router: string, place: string): boolean {
    const known = this.#known.get(place) ?? this.#tell(place)
    this.#known.set(place, known)
    return known.has(router)
  }

  /** Router by router, the shortest AS_PATH first; nobody takes a route that has been in its own AS (R8). */
  #tell(place: string): ReadonlyMap<string, readonly number[]> {
    const paths = new Map<string, readonly number[]>((this.#origins.get(place) ?? []).map((origin) => [origin, []]))
    for (const [at, path] of paths) {
      const longer = [this.#routers.get(at)!.asn, ...path]
      for (const next of this.#near.get(at) ?? [])
        if (!paths.has(next) && !longer.includes(this.#routers.get(next)!.asn)) paths.set(next, longer)
    }
    return paths
  }
}

function standsInRack({ routers, segments }: Plan, router: string): boolean {
  const interfaces = routers.find(({ name }) => name === router)?.interfaces ?? []
  return interfaces.some(({ name }) => segments.some((segment) => segment.name === name))
}
