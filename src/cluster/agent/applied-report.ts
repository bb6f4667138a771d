/**
 * Tells the API what this load-balancer node has of the Services: up to which revision they are set up on the host, or in which words the host
 * refuses. The balancer takes the node as a next hop by that, so it is told once for each change and never by renewals. Only the newest is
 * written, one write at a time; while the API is away it waits.
 */
import type { Call, Timer } from '../../world/index.ts'
import { type ApiClient, type Backoff, type Condition, LOAD_BALANCER_NODE, SYSTEM_NAMESPACE } from '../api/index.ts'

export class AppliedReport {
  readonly #client: ApiClient
  readonly #node: string
  readonly #told: () => void
  readonly #retry: Timer
  readonly #backoff: Backoff
  #revision: string | undefined
  #refusal: string | undefined
  #call: Call | undefined
  #news = false
  /** The last write said what the host made of the Services. */
  #outcome = false

  /** `told` is called whenever the API has heard what became of the Services here. */
  constructor(client: ApiClient, node: string, told: () => void) {
    this.#client = client
    this.#node = node
    this.#told = told
    this.#retry = client.world.clock.timer('report of applied Services', () => this.#write())
    this.#backoff = client.backoff()
  }

  /** The host has nothing: it has just booted, and what was told before is true no more. */
  nothing(): void {
    this.#changed()
  }

  /** The host has every Service as it was at this revision. */
  applied(revision: string): void {
    this.#revision = revision
    this.#refusal = undefined
    this.#changed()
  }

  /** The host does not take them; what it had before stands. */
  refused(detail: string): void {
    if (this.#refusal === detail) return
    this.#refusal = detail
    this.#changed()
  }

  stop(): void {
    this.#news = false
    this.#retry.stop()
    this.#call?.cancel()
  }

  /** What the host took at once is told at once. */
  #changed() {
    if (this.#news) return
    this.#news = true
    this.#client.world.clock.yield(() => {
      if (this.#news && this.#call === undefined) this.#write()
    })
  }

  #write() {
    this.#news = false
    this.#retry.stop()
    this.#outcome = this.#revision !== undefined || this.#refusal !== undefined
    const metadata = { name: this.#node, namespace: SYSTEM_NAMESPACE }
    const status = {
      ...(this.#revision === undefined ? {} : { servicesApplied: this.#revision }),
      conditions: [this.#condition()],
    }
    this.#call = this.#client.updateStatus(LOAD_BALANCER_NODE, { metadata, status }, (result) => {
      this.#call = undefined
      if (this.#news) this.#write()
      else if (!result.ok) this.#retry.start(this.#backoff.next())
      if (!result.ok) return
      this.#backoff.reset()
      if (this.#outcome) this.#told()
    })
  }

  #condition(): Condition {
    const common = { type: 'ServicesApplied', lastTransitionTime: this.#client.world.clock.wallTime() }
    if (!this.#outcome) return { ...common, status: 'Unknown', reason: 'Started', message: 'it has just booted and sets them up' }
    if (this.#refusal === undefined) return { ...common, status: 'True', reason: 'Applied', message: 'VIPs are local and rules stand' }
    return { ...common, status: 'False', reason: 'HostRefuses', message: this.#refusal }
  }
}
