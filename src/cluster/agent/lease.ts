/** Renews the node's lease: every interval, and after a failure at once with back-off, each attempt a new connection. */
import type { Call, Timer } from '../../world/index.ts'
import type { ApiClient, Backoff } from '../api/index.ts'
import type { AgentConfig } from './config.ts'

export class LeaseRenewer {
  readonly #client: ApiClient
  readonly #config: AgentConfig
  readonly #holding: () => readonly string[]
  readonly #renewed: () => void
  readonly #timer: Timer
  readonly #backoff: Backoff
  #call: Call | undefined

  /** `holding`: the floating IPs that it holds now. `renewed` is called at every success. */
  constructor(client: ApiClient, config: AgentConfig, holding: () => readonly string[], renewed: () => void = () => {}) {
    this.#client = client
    this.#config = config
    this.#holding = holding
    this.#renewed = renewed
    this.#timer = client.world.clock.timer('lease renewal', () => this.#renew())
    this.#backoff = client.backoff()
  }

  start(): void {
    if (this.#call === undefined && !this.#timer.running) this.#renew()
  }

  stop(): void {
    this.#timer.stop()
    this.#call?.cancel()
    this.#call = undefined
  }

  #renew() {
    const { node, timers } = this.#config
    const { clock } = this.#client.world
    const began = clock.now()
    const lease = { holderIdentity: node, leaseDurationSeconds: timers.leaseDuration / 1e6, holding: this.#holding() }
    this.#call = this.#client.renew(node, lease, (result) => {
      this.#call = undefined
      if (!result.ok) {
        this.#timer.start(this.#backoff.next())
        return
      }
      this.#backoff.reset()
      this.#timer.start(Math.max(0, began + timers.leaseRenewInterval - clock.now()))
      this.#renewed()
    })
  }
}
