/** One UDP flow that a sweep watches: since when it goes unanswered, for how long it did, and which way it went. */
import { LEAST_OUTAGE, MILLISECOND, type Micros } from '../../../model/index.ts'
import type { Endpoint } from '../../../world/index.ts'
import type { DatagramSocket, LiveTrace } from '../net/index.ts'
import { readAnswer } from '../programs/backend.ts'

/** Longer than any packet takes that does not wait for something to be repaired. */
export const PATIENCE: Micros = 100 * MILLISECOND

/** A time without an answer. */
export interface Outage {
  readonly from: Micros
  readonly to: Micros
}

export class WatchedFlow {
  readonly from: string
  readonly to: Endpoint
  readonly service: string
  readonly sourcePort: number
  /** The forward way of the last datagram that was answered, both ends included. */
  path: readonly string[] = []
  lost = false
  /** Its source is itself what failed: nothing is sent. */
  muted = false
  readonly outages: Outage[] = []
  /** Those that are too short to be told. */
  readonly brief: Outage[] = []
  #socket: DatagramSocket | undefined
  #back: LiveTrace | undefined
  /** When those were sent that have had no answer, in order. */
  #sent: Micros[] = []

  constructor(from: string, to: Endpoint, service: string, sourcePort: number) {
    this.from = from
    this.to = to
    this.service = service
    this.sourcePort = sourcePort
  }

  open(socket: DatagramSocket): void {
    this.#socket = socket
  }

  /** Its source has no power: nothing is sent, and nothing is lost. */
  dead(): void {
    this.#socket = undefined
    this.#back = undefined
    this.#sent = []
    this.lost = false
  }

  /** What was until now is of no interest. */
  forget(): void {
    this.outages.length = 0
    this.brief.length = 0
  }

  close(): void {
    this.#socket?.close()
    this.dead()
  }

  get alive(): boolean {
    return this.#socket !== undefined
  }

  /** Without an answer for longer than any that is on its way. */
  unanswered(now: Micros): boolean {
    return this.lost || (this.silentSince !== undefined && now - this.silentSince >= PATIENCE)
  }

  /** Since when it has had no answer. */
  get silentSince(): Micros | undefined {
    return this.#sent[0]
  }

  /** Whether a datagram that were sent now would be answered by the way of the last one. */
  get holds(): boolean {
    return this.#back?.holds() === true && this.#socket?.holds(this.to) === true
  }

  send(now: Micros): void {
    if (this.#socket === undefined || this.muted || this.#sent.at(-1) === now) return
    this.#sent.push(now)
    this.#back = undefined
    this.#socket.send(this.to, String(now))
  }

  answered(text: string, trace: LiveTrace, now: Micros): void {
    const answer = readAnswer(text)
    if (answer === undefined) return
    const sent = Number(answer.echo)
    const index = this.#sent.indexOf(sent)
    if (index < 0) return
    const since = this.#sent[0]!
    // What had to wait on its way was not answered before it arrived.
    const back = now - sent > PATIENCE ? now : sent
    if (back > since) (back - since >= LEAST_OUTAGE ? this.outages : this.brief).push({ from: since, to: back })
    this.#sent = this.#sent.slice(index + 1)
    this.lost = false
    this.#back = trace
    this.path = answer.trace?.devices ?? []
  }

  /** Answers whether it has become lost. */
  judge(now: Micros): boolean {
    const since = this.silentSince
    if (this.lost || since === undefined || now - since < PATIENCE) return false
    this.lost = true
    return true
  }
}
