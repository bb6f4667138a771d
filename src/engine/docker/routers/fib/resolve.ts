/**
 * Recursive next-hop resolution over the kernel's table, as a router does it before it installs a route: to the connected next hops
 * that packets for `address` leave by. The default route does not count (FRR's rule too: `ip nht resolve-via-default` is off).
 */

import type { FibNextHop, FibRoute } from '../../../../model/index.ts'
import { contains, ipv4, maskOf, type Prefix, prefix } from '../../../../net/index.ts'

export type Resolution =
  | { readonly ok: true; readonly hops: readonly { readonly via: string; readonly interface: string }[] }
  | { readonly ok: false; readonly reason: string }

/** Deeper than any real recursion; a loop of routes ends here. */
const DEPTH = 8

export class Resolver {
  readonly #routes: { readonly prefix: Prefix; readonly nextHops: readonly FibNextHop[] }[]

  constructor(routes: readonly FibRoute[]) {
    this.#routes = routes
      .map((route) => ({ prefix: prefix(route.prefix), nextHops: route.nextHops }))
      .filter((route) => route.prefix.length > 0 && route.nextHops.length > 0)
      .sort((a, b) => b.prefix.length - a.prefix.length)
  }

  /** `except` is the prefix that is being installed: a route never resolves through itself. */
  resolve(address: string, except: string): Resolution {
    return this.#resolve(address, prefix(except), DEPTH)
  }

  #resolve(address: string, except: Prefix, depth: number): Resolution {
    if (depth === 0) return { ok: false, reason: `next hop ${address} resolves through itself` }
    const value = ipv4(address)
    const route = this.#routes.find((one) => contains(one.prefix, value) && !same(one.prefix, except))
    if (route === undefined) return { ok: false, reason: `next hop ${address} is not reachable: this router has no route to it` }
    const hops: { via: string; interface: string }[] = []
    for (const hop of route.nextHops) {
      if (hop.via === undefined) hops.push({ via: address, interface: hop.interface })
      else if (this.#connected(hop.via, hop.interface)) hops.push({ via: hop.via, interface: hop.interface })
      else {
        const further = this.#resolve(hop.via, except, depth - 1)
        if (!further.ok) return further
        hops.push(...further.hops)
      }
    }
    return { ok: true, hops }
  }

  #connected(address: string, device: string): boolean {
    const value = ipv4(address)
    return this.#routes.some(
      (one) => contains(one.prefix, value) && one.nextHops.some((hop) => hop.via === undefined && hop.interface === device),
    )
  }
}

function same(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && (a.address & maskOf(a.length)) === (b.address & maskOf(b.length))
}
