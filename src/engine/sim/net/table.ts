import type { FibRoute } from '../../../model/index.ts'
import { contains, formatIpv4, formatPrefix, type Ipv4, ipv4, type Prefix, prefix as prefixOfText } from '../../../net/index.ts'
import type { KernelRoute, KernelTable, Resolution } from './api.ts'
import type { Interface } from './interface.ts'
import { type NextHop, type NextHopGroup, NextHopGroups } from './next-hops.ts'
import { PrefixTable } from './prefixes.ts'

interface Route {
  readonly protocol: string
  readonly metric: number
  group: NextHopGroup
}

interface Entry {
  readonly prefix: Prefix
  readonly text: string
  /** The lowest metric first; never empty. */
  readonly routes: Route[]
  told: FibRoute | undefined
}

/** A resolution, and the addresses that were looked up for it. */
interface Resolved {
  readonly resolution: Resolution
  readonly asked: readonly Ipv4[]
}

/** Deeper than any real recursion; a loop of routes ends here. */
const DEPTH = 8

/** A machine's main table, with what the kernel does to it by itself. */
export class MainTable implements KernelTable {
  readonly #device: string
  readonly #interfaces: readonly Interface[]
  /** Called at every change, before those who subscribed. */
  readonly #changed: () => void
  readonly #prefixes = new PrefixTable<Entry>()
  readonly #groups = new NextHopGroups()
  readonly #listeners = new Set<(change: FibRoute) => void>()
  /** Next hops by their text, as far as no route has changed on which they rest: daemons resolve the same few again and again. */
  readonly #resolved = new Map<string, Resolved>()
  /** All addresses that were looked up for those. */
  readonly #asked = new Set<Ipv4>()
  /** Addresses by their text. */
  readonly #parsed = new Map<string, Ipv4>()
  generation = 0

  constructor(device: string, interfaces: readonly Interface[], changed: () => void) {
    this.#device = device
    this.#interfaces = interfaces
    this.#changed = changed
  }

  /** What forwards packets for `address`. */
  lookup(address: Ipv4): NextHopGroup | undefined {
    return this.#prefixes.lookup(address)?.routes[0]?.group
  }

  replace(route: KernelRoute): string | undefined {
    const hops: NextHop[] = []
    for (const { via: text, interface: name, weight = 1 } of route.nextHops) {
      const via = text === undefined ? undefined : this.#address(text)
      const named = name === undefined ? undefined : this.#interfaces.find((each) => each.name === name)
      if (name !== undefined && !named?.present) return `Cannot find device "${name}"`
      const own = named ?? (via === undefined ? undefined : this.#onLink(via))
      if (own === undefined || (via !== undefined && !this.#isOnLink(via, own))) return `Nexthop ${text ?? '?'} has invalid gateway`
      if (!own.up) return `Nexthop device ${own.name} is not up`
      hops.push({ via, interface: own, weight })
    }
    if (hops.length === 0) return `a route for ${route.prefix} without next hops forwards nothing`
    this.#put(prefixOfText(route.prefix), route.protocol, route.metric, hops)
    return undefined
  }

  remove(prefix: string, metric: number, protocol?: string): boolean {
    const entry = this.#prefixes.get(prefixOfText(prefix))
    const index = entry?.routes.findIndex((route) => route.metric === metric && (protocol === undefined || route.protocol === protocol))
    if (entry === undefined || index === undefined || index < 0) return false
    this.#drop(entry, [entry.routes[index]!])
    return true
  }

  flush(protocol: string): void {
    for (const entry of [...this.#prefixes.values()])
      this.#drop(
        entry,
        entry.routes.filter((route) => route.protocol === protocol),
      )
  }

  /** The kernel's own routes of an interface that has come up. */
  connect(own: Interface): void {
    for (const { subnet } of own.own) {
      if (subnet.length === 32 || this.#prefixes.get(subnet)?.routes.some((route) => route.protocol === 'kernel')) continue
      this.#put(subnet, 'kernel', 0, [{ via: undefined, interface: own, weight: 1 }])
    }
  }

  /** An interface went down: the kernel takes its next hops out of every route, and says nothing. */
  disconnect(own: Interface): void {
    for (const entry of [...this.#prefixes.values()]) {
      if (!entry.routes.some((route) => route.group.hops.some((hop) => hop.interface === own))) continue
      const dead: Route[] = []
      for (const route of entry.routes) {
        const alive = route.group.hops.filter((hop) => hop.interface !== own)
        if (alive.length === 0) dead.push(route)
        else if (alive.length < route.group.hops.length) route.group = this.#groups.of(alive)
      }
      this.#drop(entry, dead)
    }
  }

  /** An interface's carrier changed: no route did, but what resolves through it. */
  carrierChanged(): void {
    this.#resolved.clear()
    this.generation++
    this.#changed()
  }

  /** The machine lost power; nobody is told. */
  clear(): void {
    this.#prefixes.clear()
    this.#groups.clear()
    this.#resolved.clear()
    this.#parsed.clear()
    this.generation++
    this.#changed()
  }

  resolve(address: string, except?: string): Resolution {
    let known = this.#resolved.get(address)
    if (known === undefined) {
      const asked: Ipv4[] = []
      known = { resolution: this.#resolve(this.#address(address), undefined, DEPTH, asked), asked }
      this.#resolved.set(address, known)
      for (const each of asked) this.#asked.add(each)
    }
    if (except === undefined) return known.resolution
    const without = prefixOfText(except)
    if (!known.asked.some((each) => contains(without, each))) return known.resolution
    return this.#resolve(this.#address(address), without, DEPTH, [])
  }

  get(prefix: string): FibRoute | undefined {
    return this.#prefixes.get(prefixOfText(prefix))?.told
  }

  all(): FibRoute[] {
    return [...this.#prefixes.values()].flatMap((entry) => entry.told ?? [])
  }

  subscribe(listener: (change: FibRoute) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #put(prefix: Prefix, protocol: string, metric: number, hops: readonly NextHop[]): void {
    const group = this.#groups.of(hops)
    let entry = this.#prefixes.get(prefix)
    if (entry === undefined) {
      entry = { prefix, text: formatPrefix(prefix), routes: [], told: undefined }
      this.#prefixes.set(prefix, entry)
    }
    const { routes } = entry
    const index = routes.findIndex((route) => route.metric === metric)
    if (index >= 0) routes[index] = { protocol, metric, group }
    else {
      routes.push({ protocol, metric, group })
      routes.sort((a, b) => a.metric - b.metric)
    }
    this.#tell(entry)
  }

  #drop(entry: Entry, dead: readonly Route[]): void {
    for (const route of dead) entry.routes.splice(entry.routes.indexOf(route), 1)
    if (entry.routes.length === 0) this.#prefixes.delete(entry.prefix)
    this.#tell(entry)
  }

  #tell(entry: Entry): void {
    const [first] = entry.routes
    const { told } = entry
    if (first === undefined ? told === undefined : told?.nextHops === first.group.told && told.metric === first.metric) {
      if (first === undefined || told?.protocol === first.protocol) return
    }
    this.#unresolve(entry.prefix)
    this.generation++
    this.#changed()
    const head = { device: this.#device, prefix: entry.text }
    entry.told = first && { ...head, protocol: first.protocol, metric: first.metric, nextHops: first.group.told }
    const change = entry.told ?? { ...head, protocol: told?.protocol ?? '', metric: told?.metric ?? 0, nextHops: [] }
    for (const listener of this.#listeners) listener(change)
  }

  /** Forgets what was resolved with the help of a prefix, or without it. */
  #unresolve(prefix: Prefix): void {
    if (prefix.length === 32 && !this.#asked.has(prefix.address)) return
    for (const [address, { asked }] of this.#resolved) if (asked.some((each) => contains(prefix, each))) this.#resolved.delete(address)
    if (this.#resolved.size === 0) this.#asked.clear()
  }

  #address(text: string): Ipv4 {
    let address = this.#parsed.get(text)
    if (address === undefined) {
      address = ipv4(text)
      this.#parsed.set(text, address)
    }
    return address
  }

  #onLink(address: Ipv4): Interface | undefined {
    const entry = this.#prefixes.find(address, ({ routes }) => routes.some((route) => isConnected(route)))
    return entry?.routes.find(isConnected)?.group.hops[0]?.interface
  }

  #isOnLink(address: Ipv4, own: Interface): boolean {
    const found = this.#prefixes.find(address, ({ routes }) =>
      routes.some((route) => isConnected(route) && route.group.hops.some((hop) => hop.interface === own)),
    )
    return found !== undefined
  }

  #resolve(address: Ipv4, except: Prefix | undefined, depth: number, asked: Ipv4[]): Resolution {
    asked.push(address)
    const text = formatIpv4(address)
    if (depth === 0) return { ok: false, reason: `next hop ${text} resolves through itself` }
    const entry = this.#prefixes.find(
      address,
      ({ prefix, routes }, length) =>
        length > 0 &&
        !(except?.length === length && except.address === prefix.address) &&
        routes.some((route) => route.group.hops.some((hop) => hop.interface.running)),
    )
    const route = entry?.routes.find((each) => each.group.hops.some((hop) => hop.interface.running))
    if (route === undefined) return { ok: false, reason: `next hop ${text} is not reachable: this router has no route to it` }
    const hops: { via: string; interface: string }[] = []
    for (const { via, interface: own } of route.group.hops) {
      if (!own.running) continue
      // The kernel took no gateway that was not on the link; it may have left it since.
      if (via === undefined || this.#isOnLink(via, own)) hops.push({ via: formatIpv4(via ?? address), interface: own.name })
      else {
        const further = this.#resolve(via, except, depth - 1, asked)
        if (!further.ok) return further
        hops.push(...further.hops)
      }
    }
    return { ok: true, hops }
  }
}

function isConnected(route: Route): boolean {
  return route.group.hops[0]!.via === undefined
}
