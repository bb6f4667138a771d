import { formatIpv4 } from '../../../net/index.ts'
import type { DropReason } from './api.ts'
import { Flow, ICMP } from './flow.ts'
import type { Ground } from './ground.ts'
import type { Kernel } from './kernel.ts'
import { type IcmpError, type Payload, sizeOf } from './packet.ts'
import { carry } from './segment.ts'
import { Way } from './way.ts'

/**
 * Takes packets through the network. A packet's whole way is worked out at the instant at which it is sent, and it arrives in one event; it is lost
 * where a link of that way fails before it is past it. What it has to wait for on the way (a neighbour's address) stops it there, and it goes on
 * from there when it is time. So a packet in flight does not see a route change, which is true but for some hundred microseconds.
 */
export class Forwarding {
  readonly #ground: Ground
  readonly #cached: boolean

  constructor(ground: Ground, cached: boolean) {
    this.#ground = ground
    this.#cached = cached
  }

  /** Sends a packet of a program, or of the kernel, of this machine. */
  send(from: Kernel, flow: Flow, payload: Payload, ttl: number): void {
    const { way } = flow
    if (this.#cached && way !== undefined && way.trace.devices[0] === from.name && ttl > way.forwards && way.holds(this.#ground)) {
      this.#ride(way, payload)
      return
    }
    flow.way = undefined
    if (!from.isLocal(flow.src)) {
      this.#ground.drop('source')
      return
    }
    const found = this.#walk(from, flow, payload, ttl, false, new Way(this.#ground))
    if (found === undefined) return
    flow.way = found
    this.#ride(found, payload)
  }

  /** Works out the way from a machine on; `undefined` where the packet was stopped or lost, which has been seen to. */
  #walk(from: Kernel, first: Flow, payload: Payload, lifetime: number, arrived: boolean, way: Way): Way | undefined {
    const ground = this.#ground
    let at = from
    let flow = first
    let ttl = lifetime
    let inbound = arrived
    for (;;) {
      way.place(at)
      way.trace.devices.push(at.name)
      const unchanged = flow
      // A martian (fib_validate_source): nobody else speaks from an address of ours.
      if (inbound && at.isLocal(flow.src)) return this.#lost(way, 'source', payload)
      const tracked = at.nat?.track(flow, payload, inbound)
      if (tracked !== undefined) {
        way.translate(tracked, flow, at.name)
        flow = flow === tracked.original ? tracked.translated : tracked.original.reverse
      }
      if (at.isLocal(flow.dst)) {
        if (at.byHand.drops('input', flow)) return this.#lost(way, 'filter', payload)
        way.target = at
        way.arriving = flow
        return way
      }
      if (inbound) {
        if (!at.forwards) return this.#lost(way, 'not-forwarding', payload)
        if (ttl <= 1) return this.#stopped(way, at, flow, payload, 'ttl', `TTL exceeded at ${at.name}`)
      }
      const hop = at.nextHop(flow)
      if (hop === undefined) {
        return this.#stopped(way, at, flow, payload, 'no-route', `${at.name} has no route to ${formatIpv4(flow.dst)}`)
      }
      const out = hop.interface
      if (inbound && at.byHand.drops('forward', flow, out.name)) return this.#lost(way, 'filter', payload)
      if (!out.running) return this.#lost(way, 'link', payload)
      const neighbor = at.neighbor(out, hop.via ?? flow.dst)
      if (neighbor.mac === 0) {
        this.#wait(way, at, unchanged, flow, payload, ttl, inbound, hop.via ?? flow.dst)
        return undefined
      }
      neighbor.use()
      way.neighbors.push(neighbor)
      const next = carry(out, out.macId, neighbor.mac, way, ground)
      if (typeof next === 'string') return this.#lost(way, next, payload)
      if (inbound) {
        ttl--
        way.forwards++
      }
      inbound = true
      at = next.kernel
    }
  }

  /** Sends a packet along a way. */
  #ride(way: Way, payload: Payload): void {
    const ground = this.#ground
    const { queue } = ground
    way.see(payload, queue.now)
    const delay = way.crossing(ground, sizeOf(payload))
    if (delay < 0) {
      ground.drop('loss')
      return
    }
    const sent = queue.now
    const target = way.target!
    const { boot } = target
    const arrive = () => {
      if (ground.failedAt >= sent && way.failedSince(sent)) ground.drop('link')
      else if (target.boot !== boot || !target.powered || !target.isLocal(way.arriving!.dst)) ground.drop('gone')
      else target.receive(way.arriving!, payload, way.trace)
    }
    queue.schedule(way.links.length === 0 ? LOOPBACK : delay, arrive, target.lane)
  }

  #lost(way: Way, reason: DropReason, payload: Payload): undefined {
    way.see(payload, this.#ground.queue.now)
    this.#ground.drop(way.crossing(this.#ground, sizeOf(payload)) < 0 ? 'loss' : reason)
  }

  /** A router drops it and says so, once it is there. */
  #stopped(way: Way, at: Kernel, flow: Flow, payload: Payload, reason: 'ttl' | 'no-route' | 'no-neighbor', detail: string): undefined {
    const ground = this.#ground
    way.see(payload, ground.queue.now)
    const delay = way.crossing(ground, sizeOf(payload))
    ground.drop(delay < 0 ? 'loss' : reason)
    if (delay < 0 || payload.kind === 'icmp-error') return
    const error: IcmpError = { kind: 'icmp-error', code: reason === 'ttl' ? 'ttl' : 'unreachable', about: flow, detail }
    const complain = () => {
      if (at.powered) this.complain(at, error)
    }
    ground.queue.schedule(delay, complain, at.lane)
  }

  /** It waits for its neighbour's MAC address; from there it goes on with what holds then. */
  #wait(way: Way, at: Kernel, flow: Flow, translated: Flow, payload: Payload, ttl: number, inbound: boolean, gateway: number): void {
    const ground = this.#ground
    way.see(payload, ground.queue.now)
    const delay = way.crossing(ground, sizeOf(payload))
    if (delay < 0) {
      ground.drop('loss')
      return
    }
    const { boot } = at
    const proceed = (): void => {
      if (at.boot !== boot || !at.powered) {
        ground.drop('gone')
        return
      }
      const found = this.#walk(at, flow, payload, ttl, inbound, way.continued(ground))
      if (found !== undefined) this.#ride(found, payload)
    }
    if (delay > 0) {
      ground.queue.schedule(delay, proceed, at.lane)
      return
    }
    const hop = at.nextHop(translated)!
    at.neighbor(hop.interface, gateway).wait({
      source: translated.src,
      resume: proceed,
      fail: () => {
        ground.drop('no-neighbor')
        if (payload.kind === 'icmp-error') return
        const detail = `${formatIpv4(gateway)} does not answer ARP at ${hop.interface.name} of ${at.name}`
        this.complain(at, { kind: 'icmp-error', code: 'unreachable', about: translated, detail })
      },
    })
  }

  /** An ICMP error to whoever sent what it is about; also to this machine itself. */
  complain(at: Kernel, error: IcmpError): void {
    const { src } = error.about
    if (at.isLocal(src)) {
      this.#ground.queue.schedule(0, () => {
        if (at.powered) at.told(error)
      })
      return
    }
    const source = at.sourceFor(src)
    if (source !== undefined) this.send(at, new Flow(ICMP, source, 0, src, 0), error, at.ttl)
  }
}

/** Within one machine. */
const LOOPBACK = 10
