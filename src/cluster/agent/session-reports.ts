/**
 * Writes sessions' status back (R36), coalesced: changes of a short while are one write for each session, and only the newest state is ever
 * written. While the API is away the reports wait.
 */
import { MILLISECOND } from '../../model/index.ts'
import type { Call, Timer } from '../../world/index.ts'
import { type ApiClient, type Backoff, BGP_SESSION, type BGPSession } from '../api/index.ts'
import type { NodeSession } from './speaker.ts'

const COALESCE = 200 * MILLISECOND

export class SessionReports {
  readonly #client: ApiClient
  readonly #objectFor: (localAddress: string, peerAddress: string) => BGPSession | undefined
  readonly #session: (localAddress: string, peerAddress: string) => NodeSession | undefined
  readonly #due = new Map<string, { readonly localAddress: string; readonly peerAddress: string }>()
  readonly #timer: Timer
  readonly #backoff: Backoff
  #call: Call | undefined

  constructor(
    client: ApiClient,
    objectFor: (localAddress: string, peerAddress: string) => BGPSession | undefined,
    session: (localAddress: string, peerAddress: string) => NodeSession | undefined,
  ) {
    this.#client = client
    this.#objectFor = objectFor
    this.#session = session
    this.#timer = client.world.clock.timer('session reports', () => this.#next())
    this.#backoff = client.backoff()
  }

  /** This session has something to tell. */
  changed(localAddress: string, peerAddress: string): void {
    this.#due.set(`${localAddress} ${peerAddress}`, { localAddress, peerAddress })
    if (this.#call === undefined && !this.#timer.running) this.#timer.start(COALESCE)
  }

  stop(): void {
    this.#timer.stop()
    this.#call?.cancel()
    this.#due.clear()
  }

  #next() {
    const [first] = this.#due
    if (first === undefined) return
    const [key, ends] = first
    this.#due.delete(key)
    const object = this.#objectFor(ends.localAddress, ends.peerAddress)
    const session = this.#session(ends.localAddress, ends.peerAddress)
    const { namespace, name } = object?.metadata ?? {}
    if (name === undefined || namespace === undefined || session === undefined || sameReport(object, session)) {
      this.#next()
      return
    }
    const { state, advertised } = session
    const status = { state, advertisedRoutes: advertised, lastReportTime: this.#client.world.clock.wallTime() }
    this.#call = this.#client.updateStatus(BGP_SESSION, { metadata: { name, namespace }, status }, (result) => {
      this.#call = undefined
      if (result.ok || result.error.code !== 'unavailable') {
        this.#backoff.reset()
        this.#next()
        return
      }
      if (!this.#due.has(key)) this.#due.set(key, ends)
      this.#timer.start(this.#backoff.next())
    })
  }
}

/** What the object last said, as far as the informer has it. */
function sameReport(object: BGPSession | undefined, { state, advertised }: NodeSession): boolean {
  const status = object?.status
  return status?.state === state && status.advertisedRoutes.join() === advertised.join()
}
