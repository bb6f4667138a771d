import type { FibNextHop } from '../../../model/index.ts'
import { formatIpv4, type Ipv4 } from '../../../net/index.ts'
import type { Interface } from './interface.ts'

export interface NextHop {
  /** The gateway; absent where the destination itself is on the link. */
  readonly via: Ipv4 | undefined
  readonly interface: Interface
  readonly weight: number
}

/** The next hops of a route, made once for each distinct list and shared by all routes that have it. */
export class NextHopGroup {
  readonly hops: readonly NextHop[]
  /** As `fib` events have them. */
  readonly told: readonly FibNextHop[]
  /** Hash threshold (RFC 2992): the highest hash of each hop's region, as the kernel cuts 31 bits by weight. */
  readonly #bounds: Int32Array

  constructor(hops: readonly NextHop[]) {
    this.hops = hops
    const total = hops.reduce((sum, hop) => sum + hop.weight, 0)
    let sum = 0
    this.#bounds = Int32Array.from(hops, (hop) => {
      sum += hop.weight
      return Math.round((sum * 0x8000_0000) / total) - 1
    })
    this.told = hops
      .map(({ via, interface: { name }, weight }) => ({ ...(via === undefined ? {} : { via: formatIpv4(via) }), interface: name, weight }))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  /** The hop for a hash of 31 bits. Where a hop goes, regions are cut anew: some flows of the others move too, as on Linux. */
  pick(hash: number): NextHop {
    let i = 0
    while (this.#bounds[i]! < hash) i++
    return this.hops[i]!
  }
}

function keyOf(hop: FibNextHop): string {
  return `${hop.via ?? ''} ${hop.interface}`
}

/** One machine's groups. */
export class NextHopGroups {
  readonly #groups = new Map<string, NextHopGroup>()

  of(hops: readonly NextHop[]): NextHopGroup {
    let key = ''
    for (const hop of hops) key += `${hop.via ?? ''}/${hop.interface.index}/${hop.weight} `
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = new NextHopGroup(hops)
      this.#groups.set(key, group)
    }
    return group
  }

  clear(): void {
    this.#groups.clear()
  }
}
