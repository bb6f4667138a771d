/**
 * Renews the node's lease. Each attempt is a connection of its own, given up after a quarter of the lease; but the next one does not wait for
 * that: it starts a sixteenth of the lease after the one before, while that is still open, and the first answer counts. Towards an address that
 * several nodes serve, a new connection may take another next hop. Were the attempts made one after the other, with a third of the ways dead one
 * renewal in thirty would find no live way within its lease.
 */
import type { Micros } from '../../model/index.ts'
import type { Call, Timer } from '../../world/index.ts'
import type { ApiClient, Backoff, Resource } from '../api/index.ts'
import type { AgentConfig } from './config.ts'

/** So many attempts are under way at most; with a time-out of a quarter of the lease no more ever are while the lease runs. */
const AT_ONCE = 4

export class LeaseRenewer {
  readonly #client: ApiClient
  readonly #config: AgentConfig
  readonly #holding: () => readonly string[]
  readonly #renewed: (lease: Resource) => void
  readonly #timer: Timer
  readonly #backoff: Backoff
  readonly #calls = new Set<Call>()
  /** The start of this round of attempts, and the last success (or the start of it all). */
  #began: Micros = 0
  #fresh: Micros = 0

  /** `holding`: the floating IPs that it holds now. `renewed` is called at every success. */
  constructor(client: ApiClient, config: AgentConfig, holding: () => readonly string[], renewed: (lease: Resource) => void = () => {}) {
    this.#client = client
    this.#config = config
    this.#holding = holding
    this.#renewed = renewed
    this.#timer = client.world.clock.timer('lease renewal', () => this.#attempt())
    this.#backoff = client.backoff()
  }

  start(): void {
    if (this.#calls.size > 0 || this.#timer.running) return
    this.#fresh = this.#began = this.#client.world.clock.now()
    this.#attempt()
  }

  stop(): void {
    this.#timer.stop()
    this.#abandon()
  }

  #abandon() {
    for (const call of this.#calls) call.cancel()
    this.#calls.clear()
  }

  #attempt() {
    const { node, timers } = this.#config
    const { clock } = this.#client.world
    if (this.#calls.size === 0) this.#began = clock.now()
    this.#timer.start(this.#patience())
    if (this.#calls.size >= AT_ONCE) return
    const lease = { holderIdentity: node, leaseDurationSeconds: timers.leaseDuration / 1e6, holding: this.#holding() }
    const call = this.#client.renew(node, lease, (result) => {
      this.#calls.delete(call)
      if (!result.ok) return
      this.#abandon()
      this.#backoff.reset()
      this.#fresh = clock.now()
      this.#timer.start(Math.max(0, this.#began + timers.leaseRenewInterval - clock.now()))
      this.#renewed(result.value)
    })
    this.#calls.add(call)
  }

  /** Until the next attempt. Once the lease has ended there is no hurry any more, and a hundred agents must not come back together. */
  #patience(): Micros {
    const { leaseDuration } = this.#config.timers
    const lost = this.#client.world.clock.now() - this.#fresh > leaseDuration
    return lost ? this.#backoff.next() : Math.ceil(leaseDuration / 16)
  }
}
