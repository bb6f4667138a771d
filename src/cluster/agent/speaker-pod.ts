/**
 * The static Pod that a control-plane node's speaker is (R15): its log, which is kept here and answered to whoever may reach the node; and what it
 * says of itself to the API, told when it starts, and again when the API does. The speaker needs none of this.
 */
import { describeEvent, type SpeakerEvent } from '../../bgp/index.ts'
import type { Call, Listener, Timer, World } from '../../world/index.ts'
import {
  type ApiClient,
  type Backoff,
  NODE_PORT,
  POD,
  type Pod,
  type PodLog,
  type PodStatus,
  podLogPath,
  speakerPod,
} from '../api/index.ts'

/** As much as is kept; a keepalive's line every 30 s makes eight hours of it. */
const KEPT_LINES = 1_000

export class SpeakerPod {
  readonly #world: World
  readonly #client: ApiClient
  readonly #address: string
  readonly #pod: ReturnType<typeof speakerPod>
  readonly #startedAt: string
  readonly #retry: Timer
  readonly #backoff: Backoff
  readonly #lines: string[] = []
  #listener: Listener | undefined
  #call: Call | undefined
  /** How often it had run before this process, once the API has said so. */
  #restarts: number | undefined
  #store: string | undefined

  constructor(world: World, client: ApiClient, { node, address }: { readonly node: string; readonly address: string }) {
    this.#world = world
    this.#client = client
    this.#address = address
    this.#pod = speakerPod(node)
    this.#startedAt = world.clock.wallTime()
    this.#retry = world.clock.timer('report of the static Pod', () => this.report())
    this.#backoff = client.backoff()
  }

  /** From here on the log can be read. */
  start(): void {
    const path = podLogPath(this.#pod)
    this.#listener = this.#world.calls.serve({ address: this.#address, port: NODE_PORT }, (event) => {
      if (event.type === 'failed') this.#say(`the log cannot be served: ${event.reason}: ${event.detail}`)
      if (event.type !== 'request') return
      const { request } = event
      if (request.path === path) request.reply(200, { lines: this.#lines } satisfies PodLog)
      else request.reply(404, { message: `there is no ${request.path}` })
    })
  }

  /** A line of the log. */
  note(event: SpeakerEvent): void {
    this.#lines.push(`${this.#world.clock.wallTime()} ${describeEvent(event)}`)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
  }

  /** `store`: when the lease was made, which tells one life of the API’s store from another. One that started anew has to be told again. */
  known(store: string): void {
    if (this.#store !== undefined && this.#store !== store) this.report()
    this.#store = store
  }

  /** Tells the API that it runs; how often it had run before is what the API has. */
  report(): void {
    this.#retry.stop()
    this.#call?.cancel()
    const { name, namespace } = this.#pod.metadata
    this.#call = this.#client.get<Pod>(POD, name, namespace, (found) => {
      if (!found.ok) return this.#again()
      const before = found.value.status?.containerStatuses?.[0]
      // A Pod that was only listed has not run yet.
      this.#restarts ??= before?.started === true ? before.restartCount + 1 : 0
      const metadata = { name, ...(namespace !== undefined && { namespace }) }
      this.#call = this.#client.updateStatus(POD, { metadata, status: this.#status(this.#restarts) }, (written) => {
        this.#call = undefined
        if (!written.ok) this.#again()
      })
    })
  }

  stop(): void {
    this.#listener?.close()
    this.#retry.stop()
    this.#call?.cancel()
  }

  #again(): void {
    this.#call = undefined
    this.#retry.start(this.#backoff.next())
  }

  #status(restartCount: number): PodStatus {
    const startedAt = this.#startedAt
    const holds = (type: string) => ({ type, status: 'True' as const, reason: 'Started', message: '', lastTransitionTime: startedAt })
    const name = this.#pod.spec.containers[0]?.name ?? ''
    return {
      phase: 'Running',
      hostIP: this.#address,
      podIP: this.#address,
      startTime: startedAt,
      conditions: [holds('Ready'), holds('ContainersReady')],
      containerStatuses: [{ name, ready: true, started: true, restartCount, state: { running: { startedAt } } }],
    }
  }

  #say(message: string): void {
    this.#world.events.emit({ type: 'log', device: this.#world.name, level: 'warning', message })
  }
}
