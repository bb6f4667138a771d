/**
 * Writes sessions' status back (R36): a change within a second, changes of a short while as one write, and a session that does not change once
 * in every renewal interval, so that its Last Report Time tells a quiet session from a silent agent. Only the newest state is ever written.
 * Every session is reported by itself: one whose write hangs does not keep another waiting. While the API is away the reports wait.
 */
import { MILLISECOND, type Micros } from '../../model/index.ts'
import type { Call, Timer } from '../../world/index.ts'
import { type ApiClient, type Backoff, BGP_SESSION, type BGPSession } from '../api/index.ts'
import type { NodeSession } from './speaker.ts'

const COALESCE = 200 * MILLISECOND

export interface SessionSources {
  /** The object that a session is reported in; `undefined` while there is none. */
  objectFor(localAddress: string, peerAddress: string): BGPSession | undefined
  /** The session as it is now; `undefined` once there is none. */
  session(localAddress: string, peerAddress: string): NodeSession | undefined
}

export class SessionReports {
  readonly #client: ApiClient
  readonly #sources: SessionSources
  readonly #interval: Micros
  readonly #reports = new Map<string, Report>()

  /** `interval`: the longest time between two reports of a session. */
  constructor(client: ApiClient, interval: Micros, sources: SessionSources) {
    this.#client = client
    this.#interval = interval
    this.#sources = sources
  }

  /** This session has something to tell. */
  changed(localAddress: string, peerAddress: string): void {
    const key = `${localAddress} ${peerAddress}`
    let report = this.#reports.get(key)
    if (report === undefined) {
      const read = () => {
        const object = this.#sources.objectFor(localAddress, peerAddress)
        const session = this.#sources.session(localAddress, peerAddress)
        return object === undefined || session === undefined ? undefined : { object, session }
      }
      report = new Report(this.#client, key, this.#interval, read, () => this.#reports.delete(key))
      this.#reports.set(key, report)
    }
    report.changed()
  }

  stop(): void {
    for (const report of this.#reports.values()) report.stop()
    this.#reports.clear()
  }
}

/** One session's reports, as long as there is the session and its object. */
class Report {
  readonly #client: ApiClient
  readonly #interval: Micros
  readonly #read: () => { readonly object: BGPSession; readonly session: NodeSession } | undefined
  readonly #over: () => void
  readonly #timer: Timer
  readonly #backoff: Backoff
  #call: Call | undefined
  /** Something changed since the last write began. */
  #news = false
  /** When it has to be written again although nothing changed. */
  #due: Micros = 0

  constructor(
    client: ApiClient,
    key: string,
    interval: Micros,
    read: () => { readonly object: BGPSession; readonly session: NodeSession } | undefined,
    over: () => void,
  ) {
    this.#client = client
    this.#interval = interval
    this.#read = read
    this.#over = over
    this.#timer = client.world.clock.timer(`report of session ${key}`, () => this.#write())
    this.#backoff = client.backoff()
  }

  changed(): void {
    if (this.#news) return
    this.#news = true
    if (this.#call === undefined) this.#timer.start(COALESCE)
  }

  stop(): void {
    this.#timer.stop()
    this.#call?.cancel()
  }

  #write() {
    const found = this.#read()
    if (found === undefined) {
      this.#over()
      return
    }
    const { object, session } = found
    const { clock } = this.#client.world
    this.#news = false
    // Read once: between two reads of a real clock the due time may pass.
    const left = this.#due - clock.now()
    if (left > 0 && sameReport(object, session)) {
      this.#timer.start(left)
      return
    }
    const { namespace, name } = object.metadata
    const { state, advertised, reason } = session
    const why = reason === undefined ? {} : { stateReason: reason }
    const status = { state, advertisedRoutes: advertised, lastReportTime: clock.wallTime(), ...why }
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) }
    this.#call = this.#client.updateStatus(BGP_SESSION, { metadata, status }, (result) => {
      this.#call = undefined
      if (!result.ok && result.error.code === 'unavailable') {
        // Until it has been heard, it is news.
        this.#news = true
        this.#timer.start(this.#backoff.next())
        return
      }
      this.#backoff.reset()
      this.#due = clock.now() + this.#interval
      this.#timer.start(this.#news ? COALESCE : this.#interval)
    })
  }
}

/** What the object last said, as far as the informer has it. */
function sameReport(object: BGPSession, { state, advertised, reason }: NodeSession): boolean {
  const status = object.status
  return status?.state === state && status.stateReason === reason && status.advertisedRoutes.join() === advertised.join()
}
