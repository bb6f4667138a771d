/**
 * One node's desired host state, put together from what its parts want: floating IPs, VIPs, service rules. Changes of one turn are one
 * `apply`; one is under way at a time; one that fails is tried again, for the state is still wanted.
 */
import { SECOND } from '../../model/index.ts'
import type { ServiceRule, Timer, World } from '../../world/index.ts'
import { serviceChanges } from './services.ts'

const RETRY = SECOND

export class HostKeeper {
  readonly #world: World
  readonly #addresses = new Map<string, string>()
  readonly #vips = new Map<string, readonly string[]>()
  readonly #retry: Timer
  readonly #refused: (detail: string) => void
  /** `undefined`: they are not known yet, and what stands of them stays. */
  #services: readonly ServiceRule[] | undefined
  /** Those that the host has. */
  #told: readonly ServiceRule[] = []
  #id = 0
  #due = false
  #busy = false
  #waiting: (() => void)[] = []

  /** `services`: there will be some, and until then those that stand stay. `refused`: the host did not take what is wanted. */
  constructor(world: World, options: { readonly services?: boolean; refused?(detail: string): void } = {}) {
    this.#world = world
    this.#services = options.services ? undefined : []
    this.#refused = options.refused ?? (() => {})
    this.#retry = world.clock.timer('host apply retry', () => this.#applySoon())
  }

  /** `done` is called when the host has it, together with all that was asked for before. */
  addAddress(address: string, interfaceName: string, done: () => void): void {
    this.#addresses.set(address, interfaceName)
    this.#change(done)
  }

  removeAddress(address: string, done: () => void): void {
    this.#addresses.delete(address)
    this.#change(done)
  }

  /** The local VIPs of one owner (`control plane`, `services`). */
  setVips(owner: string, vips: readonly string[], done?: () => void): void {
    this.#vips.set(owner, vips)
    this.#change(done)
  }

  setServices(services: readonly ServiceRule[], done?: () => void): void {
    this.#services = services
    this.#change(done)
  }

  stop(): void {
    this.#retry.stop()
    this.#waiting = []
    this.#busy = true
  }

  #change(done: (() => void) | undefined) {
    if (done !== undefined) this.#waiting.push(done)
    this.#applySoon()
  }

  #applySoon() {
    if (this.#due || this.#busy) return
    this.#due = true
    this.#world.clock.yield(() => {
      this.#due = false
      if (!this.#busy) this.#apply()
    })
  }

  /** What new flows meet from now on. */
  #tellServices(services: readonly ServiceRule[]) {
    const { name: device, events } = this.#world
    for (const change of serviceChanges(this.#told, services)) events.emit({ type: 'service', device, ...change })
    this.#told = services
  }

  #apply() {
    this.#busy = true
    this.#retry.stop()
    const id = ++this.#id
    const told = this.#waiting
    this.#waiting = []
    const addresses = [...this.#addresses].map(([address, name]) => ({ address, interface: name }))
    const localVips = [...new Set([...this.#vips.values()].flat())].sort()
    const services = this.#services
    const state = {
      id,
      addresses,
      localVips,
      services: services ?? [],
      ...(services === undefined ? { servicesUnknown: true } : {}),
    } as const
    this.#world.host.apply(state, (event) => {
      this.#busy = false
      if (event.type === 'applied') {
        if (services !== undefined) this.#tellServices(services)
        for (const done of told) done()
        if (this.#waiting.length > 0) this.#applySoon()
        return
      }
      this.#waiting = [...told, ...this.#waiting]
      const { events, name: device } = this.#world
      events.emit({ type: 'log', device, level: 'error', message: `host state was not applied, will be tried again: ${event.detail}` })
      this.#retry.start(RETRY)
      this.#refused(event.detail)
    })
  }
}
