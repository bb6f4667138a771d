/** The kernel's main table as events add it up: per prefix one route for each metric, of which the lowest forwards. */
import type { FibRoute } from '../../../../model/index.ts'
import type { FibChange } from './parse.ts'

export class FibTable {
  readonly #device: string
  #prefixes = new Map<string, Map<number, FibRoute>>()

  constructor(device: string) {
    this.#device = device
  }

  /** What now forwards for the prefix of `change`, when that differs from before; no next hops means that it is gone. */
  apply(change: Exclude<FibChange, { type: 'resync' }>): FibRoute | undefined {
    const prefix = change.type === 'route' ? change.route.prefix : change.prefix
    const before = this.get(prefix)
    const metrics = this.#prefixes.get(prefix) ?? new Map<number, FibRoute>()
    // The kernel reports a replaced route as a new one with the same metric.
    if (change.type === 'route') metrics.set(change.route.metric, change.route)
    else metrics.delete(change.metric)
    if (metrics.size === 0) this.#prefixes.delete(prefix)
    else this.#prefixes.set(prefix, metrics)
    return this.#difference(prefix, before)
  }

  /** Takes a whole reading; answers every prefix that differs. */
  replace(routes: readonly FibRoute[]): FibRoute[] {
    const old = this.#prefixes
    this.#prefixes = new Map()
    for (const route of routes) {
      const metrics = this.#prefixes.get(route.prefix) ?? new Map<number, FibRoute>()
      // Of two routes with the same metric (another TOS) the first stands.
      if (!metrics.has(route.metric)) metrics.set(route.metric, route)
      this.#prefixes.set(route.prefix, metrics)
    }
    const changes: FibRoute[] = []
    for (const prefix of new Set([...old.keys(), ...this.#prefixes.keys()])) {
      const change = this.#difference(prefix, lowest(old.get(prefix)))
      if (change !== undefined) changes.push(change)
    }
    return changes
  }

  get(prefix: string): FibRoute | undefined {
    return lowest(this.#prefixes.get(prefix))
  }

  all(): FibRoute[] {
    return [...this.#prefixes.values()].map(lowest).filter((route) => route !== undefined)
  }

  #difference(prefix: string, before: FibRoute | undefined): FibRoute | undefined {
    const now = this.get(prefix) ?? {
      device: this.#device,
      prefix,
      protocol: before?.protocol ?? '',
      metric: before?.metric ?? 0,
      nextHops: [],
    }
    const was = before ?? { ...now, nextHops: [] }
    return JSON.stringify(now) === JSON.stringify(was) ? undefined : now
  }
}

/** Of several kernel routes of one prefix, the one that forwards. A route all of whose next hops are dead forwards nothing. */
export function lowest(metrics: ReadonlyMap<number, FibRoute> | undefined): FibRoute | undefined {
  let best: FibRoute | undefined
  for (const route of metrics?.values() ?? []) {
    if (route.nextHops.length > 0 && (best === undefined || route.metric < best.metric)) best = route
  }
  return best
}

/** One route per prefix out of a whole reading. */
export function forwarding(device: string, routes: readonly FibRoute[]): FibRoute[] {
  const table = new FibTable(device)
  table.replace(routes)
  return table.all()
}
