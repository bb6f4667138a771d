import type { Micros } from '../../../model/index.ts'
import { formatIpv4, type Ipv4, ipv4 } from '../../../net/index.ts'
import type { VrrpPlan } from '../../../topology/plan.ts'
import type { Scheduled } from '../../../world/virtual/index.ts'
import type { VirtualGateway } from './api.ts'
import type { Ground } from './ground.ts'
import type { Interface } from './interface.ts'
import { announce } from './neighbors.ts'
import { hearers } from './segment.ts'

type State = VirtualGateway['state']

/** Another router's advertisements, one every `interval` from `since` on. */
interface Advertisements {
  readonly since: Micros
  readonly interval: Micros
}

/**
 * One virtual router of RFC 5798 (VRRP version 3) as vrrpd runs it: preemption on, the MAC address 00:00:5e:00:01:VRID on a device of its own that
 * takes frames only while it is master. Advertisements are not sent one by one: when each one would have come is known, so only what changes because of
 * them happens. Loss on a link does not touch them.
 */
export class VirtualRouter {
  readonly vrid: number
  readonly address: Ipv4
  readonly macId: number
  readonly priority: number
  readonly interface: Interface
  readonly #ground: Ground
  readonly #interval: Micros
  #state: State = 'initialize'
  /** The program runs: without it everything stays as it is, and no advertisement is sent. */
  #running = false
  /** Whom it hears as a backup, or heard last. */
  #heard: Advertisements | undefined
  #hears = false
  #masterSince: Micros = 0
  #timer: Scheduled | undefined

  constructor(ground: Ground, own: Interface, plan: VrrpPlan) {
    this.#ground = ground
    this.interface = own
    this.vrid = plan.vrid
    this.address = ipv4(plan.address)
    this.macId = ground.macId(`00:00:5e:00:01:${plan.vrid.toString(16).padStart(2, '0')}`)
    this.priority = plan.priority
    this.#interval = plan.advertisementIntervalMs * 1_000
  }

  get state(): State {
    return this.#state
  }

  get told(): VirtualGateway {
    return { interface: this.interface.name, vrid: this.vrid, address: formatIpv4(this.address), state: this.#state }
  }

  start(): void {
    this.#running = true
    this.#enter('initialize')
    this.reconsider()
  }

  /** Killed: the device stays as it is, up where it was master. */
  stop(): void {
    this.#running = false
    this.#cancel()
  }

  /** Whoever heard it hears it no more. */
  fallSilent(): void {
    for (const other of this.#others()) other.reconsider()
  }

  /** The machine lost power. */
  reset(): void {
    this.stop()
    this.#state = 'initialize'
    this.#heard = undefined
    this.#hears = false
  }

  /** A link changed, or who else is there: looks at what it hears now. */
  reconsider(): void {
    if (!this.#running) return
    if (!this.interface.running) {
      if (this.#state === 'initialize') return
      this.#enter('initialize')
      this.#heard = undefined
      return
    }
    if (this.#state === 'initialize') {
      this.#enter('backup')
      this.#hears = false
      this.#heard = { since: this.#ground.queue.now, interval: this.#interval }
    }
    const above = this.#others().find((other) => other.#state === 'master' && other.#running && this.#yieldsTo(other))
    if (this.#state === 'backup') this.#listen(above)
    else if (above !== undefined && this.#timer === undefined) {
      const next = nextOf(above.#advertisements, this.#ground.queue.now)
      this.#after(next - this.#ground.queue.now, () => this.#stepDown())
    }
  }

  get #advertisements(): Advertisements {
    return { since: this.#masterSince, interval: this.#interval }
  }

  /** As a backup: while a master is heard nothing is due; without one, its last advertisement starts the count (RFC 5798 §6.1). */
  #listen(master: VirtualRouter | undefined): void {
    if (master !== undefined) {
      this.#hears = true
      this.#heard = master.#advertisements
      this.#cancel()
      return
    }
    if (this.#timer !== undefined) return
    const { now } = this.#ground.queue
    const heard = this.#heard!
    const last = this.#hears ? lastOf(heard, now) : heard.since
    this.#hears = false
    const skew = ((256 - this.priority) * this.#interval) / 256
    this.#after(Math.max(0, last + 3 * this.#interval + skew - now), () => this.#becomeMaster())
  }

  #becomeMaster(): void {
    this.#masterSince = this.#ground.queue.now
    this.#enter('master')
    announce(this.#ground, this.interface, this.address, this.macId)
    // Its first advertisement goes out at once: whoever has less priority steps down.
    for (const other of this.#others()) {
      if (other.#state === 'master' && other.#running && other.#yieldsTo(this)) other.#stepDown()
      else other.reconsider()
    }
    this.reconsider()
  }

  #stepDown(): void {
    this.#cancel()
    const above = this.#others().find((other) => other.#state === 'master' && other.#running && this.#yieldsTo(other))
    if (above === undefined) return
    this.#enter('backup')
    this.#listen(above)
  }

  /** RFC 5798 §6.4.3: the higher priority, and of equals the higher address, is master. */
  #yieldsTo(other: VirtualRouter): boolean {
    if (other.priority !== this.priority) return other.priority > this.priority
    return this.#state === 'backup' || (other.interface.own[0]?.address ?? 0) >>> 0 > (this.interface.own[0]?.address ?? 0) >>> 0
  }

  /** The same virtual router on other machines that hear this one. */
  #others(): VirtualRouter[] {
    const found: VirtualRouter[] = []
    hearers(this.interface, (there) => {
      const other = there.virtual.find((each) => each.vrid === this.vrid)
      if (other !== undefined) found.push(other)
    })
    return found
  }

  #enter(state: State): void {
    this.#cancel()
    if (state === this.#state) return
    const { name } = this.interface.kernel
    const message = `VRRP ${this.vrid}: ${capital(this.#state)} -> ${capital(state)}`
    this.#state = state
    this.#ground.changed(this.interface.kernel)
    this.#ground.emit({ type: 'log', device: name, level: 'info', message })
  }

  #after(delay: Micros, run: () => void): void {
    this.#cancel()
    const due = () => {
      this.#timer = undefined
      run()
    }
    this.#timer = this.#ground.queue.schedule(delay, due, this.interface.kernel.lane)
  }

  #cancel(): void {
    if (this.#timer === undefined) return
    this.#ground.queue.cancel(this.#timer)
    this.#timer = undefined
  }
}

function lastOf({ since, interval }: Advertisements, now: Micros): Micros {
  return since + Math.floor((now - since) / interval) * interval
}

function nextOf(advertisements: Advertisements, now: Micros): Micros {
  return lastOf(advertisements, now) + advertisements.interval
}

function capital(state: State): string {
  return state[0]!.toUpperCase() + state.slice(1)
}
