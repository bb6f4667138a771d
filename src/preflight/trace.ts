/** The way of a packet through the lab, by what each device's own kernel says: only a lab can ask them all. */
import type { Trace, TraceEnd, TraceHop } from '../cluster/preflight/index.ts'
import type { Lab } from '../engine/lab.ts'
import { type Decision, devicesWith, readRouteGet } from './route-get.ts'

const MOST_HOPS = 16

/** Asks hop by hop; answers are kept, so that many ways over one router ask it once. */
export class Tracer {
  readonly #lab: Lab
  readonly #decisions = new Map<string, Promise<Decision>>()
  readonly #masters = new Map<string, Promise<string | undefined>>()

  constructor(lab: Lab) {
    this.#lab = lab
  }

  async trace(from: string, to: string): Promise<Trace> {
    const hops: TraceHop[] = []
    const end = (result: TraceEnd): Trace => ({ to, hops, end: result })
    let device = from
    while (hops.length < MOST_HOPS) {
      if (hops.some((hop) => hop.device === device))
        return end({ type: 'loop', devices: [...hops.slice(loopStart(hops, device)).map((hop) => hop.device), device] })
      const decision = await this.#decide(device, to)
      hops.push({ device, decision: decision.words })
      if (decision.type === 'local') return end({ type: 'delivered', device })
      if (decision.type === 'none') return end({ type: 'no-route', device, how: decision.how })
      const next = await this.#owner(decision.via)
      if (next === undefined) return end({ type: 'lost', device, via: decision.via })
      device = next
    }
    return end({ type: 'loop', devices: hops.map((hop) => hop.device) })
  }

  #decide(device: string, to: string): Promise<Decision> {
    const key = `${device} ${to}`
    const known = this.#decisions.get(key) ?? this.#ask(device, to)
    this.#decisions.set(key, known)
    return known
  }

  async #ask(device: string, to: string): Promise<Decision> {
    return readRouteGet(to, await this.#lab.shell.exec(device, ['ip', '-4', '-json', 'route', 'get', to]))
  }

  /** Who has this address. A virtual gateway is the router's whose device for it is up. */
  async #owner(address: string): Promise<string | undefined> {
    const { plan } = this.#lab
    const [plain] = devicesWith(plan, address)
    if (plain !== undefined) return plain
    const candidates = plan.routers.filter((router) => router.vrrp.some((gateway) => gateway.address === address))
    const known =
      this.#masters.get(address) ??
      this.#master(
        candidates.map((router) => router.name),
        address,
      )
    this.#masters.set(address, known)
    return known
  }

  async #master(candidates: readonly string[], address: string): Promise<string | undefined> {
    for (const router of candidates) {
      const { stdout } = await this.#lab.shell.exec(router, ['ip', '-4', '-json', 'address', 'show', 'to', address, 'up'])
      const links = (stdout.trim() === '' ? [] : JSON.parse(stdout)) as readonly { readonly operstate?: string }[]
      if (links.some((link) => link.operstate !== undefined && link.operstate !== 'DOWN')) return router
    }
    return undefined
  }
}

function loopStart(hops: readonly TraceHop[], device: string): number {
  return hops.findIndex((hop) => hop.device === device)
}
