/**
 * What a daemon has put into its kernel. Where it installs next-hop objects, routes with the same next hops share one group, and the group can come to be
 * less than its daemon takes it for: a link that goes down takes its next hops out of every group, and a group that still has others is neither
 * told of nor installed again, for as long as the daemon keeps it (docs/routers.md).
 */
import type { Micros } from '../../../model/index.ts'
import type { KernelTable } from '../net/index.ts'
import type { DaemonProfile } from './profiles.ts'

export interface Hop {
  readonly via: string
  readonly interface: string
}

interface Group {
  /** Those that the kernel still has. */
  hops: readonly Hop[]
  /** The prefixes that use it. */
  readonly users: Set<string>
  /** Since when nobody does. */
  idleSince: Micros
}

export interface KernelRoutesOptions {
  readonly table: KernelTable
  readonly profile: DaemonProfile
  readonly now: () => Micros
  /** The kernel refused a route, in its words. */
  readonly refused: (prefix: string, why: string) => void
}

export class KernelRoutes {
  readonly #options: KernelRoutesOptions
  readonly #groups = new Map<string, Group>()
  readonly #used = new Map<string, Group>()

  constructor(options: KernelRoutesOptions) {
    this.#options = options
  }

  /** Forwards the prefix by these next hops; by none, it goes. */
  set(prefix: string, hops: readonly Hop[]): void {
    this.#release(prefix)
    this.#write(prefix, hops.length === 0 ? hops : this.#take(prefix, hops))
  }

  /**
   * An interface does not run any more: its next-hop objects are gone, and with them what only they were for. One that is not even there comes back
   * as another, with groups of its own.
   */
  interfaceDown(name: string, present: boolean): void {
    for (const [key, group] of this.#groups) {
      const left = group.hops.filter((hop) => hop.interface !== name)
      if (left.length === group.hops.length) continue
      if (!present) this.#groups.delete(key)
      group.hops = left
      for (const prefix of group.users) this.#write(prefix, left)
      // An empty group is deleted, and of that the daemon is told.
      if (left.length > 0) continue
      for (const prefix of group.users) this.#used.delete(prefix)
      this.#groups.delete(key)
    }
  }

  #take(prefix: string, hops: readonly Hop[]): readonly Hop[] {
    const { now, profile } = this.#options
    if (profile.keepsGroups === undefined) return hops
    const key = hops
      .map((hop) => `${hop.via} ${hop.interface}`)
      .sort()
      .join(' ')
    let group = this.#groups.get(key)
    if (group === undefined || (group.users.size === 0 && now() - group.idleSince >= profile.keepsGroups)) {
      group = { hops, users: new Set(), idleSince: 0 }
      this.#groups.set(key, group)
    }
    group.users.add(prefix)
    this.#used.set(prefix, group)
    return group.hops
  }

  #release(prefix: string): void {
    const group = this.#used.get(prefix)
    if (group === undefined) return
    this.#used.delete(prefix)
    group.users.delete(prefix)
    group.idleSince = this.#options.now()
  }

  #write(prefix: string, nextHops: readonly Hop[]): void {
    const { table, profile, refused } = this.#options
    const { protocol, metric } = profile.route
    if (nextHops.length === 0) {
      table.remove(prefix, metric, protocol)
      return
    }
    const why = table.replace({ prefix, protocol, metric, nextHops })
    if (why !== undefined) refused(prefix, why)
  }
}
