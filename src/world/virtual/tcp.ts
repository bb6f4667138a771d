import type { Micros } from '../../model/index.ts'
import { formatDuration, SECOND } from '../../model/index.ts'
import type { CloseReason, ConnectFailure, Connection, ConnectionEvent, Endpoint } from '../ports.ts'
import type { EventQueue, Scheduled } from './queue.ts'
import type { Segment, SegmentHead } from './segment.ts'

/** What a socket needs from the stack that it belongs to. */
export interface SocketOwner {
  readonly queue: EventQueue
  readonly limits: TcpLimits
  transmit(segment: Segment): void
  /** A passively opened connection is complete. */
  established(socket: Socket): void
  /** The peer has acknowledged something new of what went out with this head: it is there. */
  confirmed(head: SegmentHead): void
  remove(socket: Socket): void
}

/** Whoever opens sockets on a stack: what it opened is closed with it. */
export type Program = object

export interface TcpLimits {
  /** `send` answers `false` once this many bytes wait. */
  readonly sendBuffer: number
  readonly receiveBuffer: number
  /** Unacknowledged data ends a connection after this long; Linux's tcp_retries2 = 15 comes to about 924 s. */
  readonly retransmissionLimit: Micros
}

/** Linux: the least retransmission time-out, the first one of a SYN, and the longest. */
const FIRST_RTO: Micros = 200_000
const SYN_RTO: Micros = SECOND
const LONGEST_RTO: Micros = 120 * SECOND
/** tcp_synack_retries = 5. */
const SYN_ACK_LIMIT: Micros = 63 * SECOND

type State = 'syn-sent' | 'syn-received' | 'open' | 'gone'
type Outgoing = { readonly at: number; readonly data: Uint8Array | undefined }

/**
 * One end of a connection: go-back-N over a wire that may lose everything. It knows no time but the queue's and calls its sink only
 * from within queue events. Nothing here is exact TCP but what a program sees: who learns of an end, how, and when.
 */
export class Socket implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** The flow of what it receives. */
  readonly incoming: string
  /** The program whose socket it is. */
  readonly program: Program
  readonly #head: SegmentHead
  /** It was opened by the other side. */
  readonly passive: boolean
  readonly #owner: SocketOwner
  #sink: ((event: ConnectionEvent) => void) | undefined
  #state: State
  readonly #outgoing: Outgoing[] = []
  #sent = 0
  #nextPlace = 0
  #inFlight = 0
  /** A retransmission timer has expired, and nothing was acknowledged since. */
  #collapsed = false
  #queued = 0
  #window: number
  #held = false
  #finQueued = false
  #timer: Scheduled | undefined
  #giveUp: Scheduled | undefined
  #rto = SYN_RTO
  #dueAt: Micros = 0
  #silentSince: Micros
  #expected = 0
  #received: Uint8Array[] = []
  #receivedBytes = 0
  #finReceived = false
  #paused = false
  #wakeScheduled = false

  /** `head`: of what it sends. */
  constructor(owner: SocketOwner, program: Program, head: SegmentHead, passive: boolean, sink?: (event: ConnectionEvent) => void) {
    this.#owner = owner
    this.program = program
    this.local = head.from
    this.remote = head.to
    this.incoming = head.reverse.flow
    this.#head = head
    this.passive = passive
    this.#sink = sink
    this.#window = owner.limits.receiveBuffer
    this.#silentSince = owner.queue.now
    this.#state = passive ? 'syn-received' : 'syn-sent'
  }

  /** Sends the SYN, or answers one. `timeout` bounds an active open. */
  open(timeout: Micros): void {
    this.#handshake()
    this.#giveUp = this.#owner.queue.schedule(this.passive ? SYN_ACK_LIMIT : timeout, () => {
      this.#giveUp = undefined
      if (this.#state === 'syn-sent')
        this.#fail('timeout', `no answer from ${this.remote.address}:${this.remote.port} within ${formatDuration(timeout)}`)
      else if (this.#state === 'syn-received') this.#vanish()
    })
  }

  /** Gives a passively opened connection its sink. */
  adopt(sink: (event: ConnectionEvent) => void): void {
    this.#sink = sink
  }

  get queued(): number {
    return this.#queued
  }

  send(data: Uint8Array): boolean {
    if (this.#state === 'gone' || this.#finQueued) return true
    if (data.length > 0) {
      this.#outgoing.push({ at: this.#nextPlace++, data })
      this.#queued += data.length
      this.#transmitWaiting()
    }
    this.#held ||= this.#queued >= this.#owner.limits.sendBuffer
    return !this.#held
  }

  close(): void {
    this.#sink = undefined
    if (this.#state === 'syn-sent' || this.#state === 'syn-received') this.abort()
    else this.#finish()
  }

  abort(): void {
    this.#sink = undefined
    if (this.#state === 'gone') return
    if (this.#state !== 'syn-sent') this.#owner.transmit({ kind: 'rst', head: this.#head })
    this.#vanish()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (this.#wakeScheduled) return
    this.#wakeScheduled = true
    this.#owner.queue.schedule(0, () => {
      this.#wakeScheduled = false
      const full = this.#room() <= 0
      this.#deliver()
      if (full && this.#state === 'open' && this.#room() > 0) this.#acknowledge()
    })
  }

  /** An ICMP error has come: it ends an attempt to connect, and nothing else (RFC 5461 §4). */
  unreachable(detail: string): void {
    if (this.#state === 'syn-sent') this.#fail('unreachable', detail)
  }

  /** A segment of this connection has arrived. */
  receive(segment: Segment): void {
    if (this.#state === 'gone') return
    switch (segment.kind) {
      case 'rst':
        if (this.#state === 'syn-sent') this.#fail('refused', `${this.remote.address}:${this.remote.port} refused the connection`)
        else this.#end('reset')
        return
      case 'syn':
        if (this.#state === 'syn-received') this.#owner.transmit({ kind: 'syn-ack', head: this.#head })
        // A challenge ACK (RFC 5961 §4): a peer that knows nothing of this connection answers it with RST.
        else this.#acknowledge()
        return
      case 'syn-ack':
        if (this.#state === 'syn-sent') {
          this.#opened()
          this.#sink?.({ type: 'connected', local: this.local, remote: this.remote })
        }
        if (!this.#is('gone')) this.#acknowledge()
        return
      default:
        // An answer to an older connection of the same ports (RFC 9293 §3.10.7.3).
        if (this.#state === 'syn-sent') {
          this.#owner.transmit({ kind: 'rst', head: this.#head })
          return
        }
        if (this.#state === 'syn-received') {
          this.#opened()
          this.#owner.established(this)
        }
        this.#receiveOpen(segment)
    }
  }

  #receiveOpen(segment: Segment): void {
    if (this.#is('gone')) return
    if (segment.kind === 'ack') this.#acknowledged(segment.next, segment.window)
    else if (segment.kind === 'probe') this.#acknowledge()
    else if (segment.kind === 'data' || segment.kind === 'fin') {
      if (segment.at === this.#expected && !this.#finReceived) {
        this.#expected++
        if (segment.kind === 'fin') this.#finReceived = true
        else if (!this.#finQueued) {
          this.#received.push(segment.data)
          this.#receivedBytes += segment.data.length
        }
      }
      this.#acknowledge()
      if (!this.#wakeScheduled) this.#deliver()
    }
  }

  #is(state: State): boolean {
    return this.#state === state
  }

  #opened(): void {
    this.#state = 'open'
    this.#rto = FIRST_RTO
    this.#cancelTimers()
    this.#transmitWaiting()
  }

  /** Hands over what was received, FIN last; stops when the receiver pauses or ends it. */
  #deliver(): void {
    if (this.#paused && this.#sink) return
    let handed = 0
    while (handed < this.#received.length && !this.#paused && this.#sink) {
      const data = this.#received[handed++]!
      this.#receivedBytes -= data.length
      this.#sink({ type: 'data', data })
    }
    this.#received = this.#received.slice(handed)
    if (!this.#sink) {
      this.#received = []
      this.#receivedBytes = 0
    }
    if (!this.#finReceived || this.#received.length > 0 || this.#is('gone') || (this.#paused && this.#sink)) return
    const sink = this.#sink
    this.#sink = undefined
    this.#finish()
    sink?.({ type: 'closed', reason: 'closed' })
  }

  /** Queues our FIN; the connection is forgotten once both directions are done. */
  #finish(): void {
    if (this.#state === 'gone') return
    if (!this.#finQueued) {
      this.#finQueued = true
      this.#outgoing.push({ at: this.#nextPlace++, data: undefined })
      this.#transmitWaiting()
    }
    this.#forgetIfDone()
  }

  #forgetIfDone(): void {
    if (this.#finQueued && this.#finReceived && this.#outgoing.length === 0) this.#vanish()
  }

  #room(): number {
    return this.#owner.limits.receiveBuffer - this.#receivedBytes
  }

  #acknowledge(): void {
    this.#owner.transmit({ kind: 'ack', head: this.#head, next: this.#expected, window: this.#room() })
  }

  #acknowledged(next: number, window: number): void {
    this.#window = window
    this.#silentSince = this.#owner.queue.now
    let progress = false
    while (this.#outgoing.length > 0 && this.#outgoing[0]!.at < next) {
      const size = this.#outgoing.shift()!.data?.length ?? 0
      this.#queued -= size
      if (this.#sent > 0) {
        this.#inFlight -= size
        this.#sent--
      }
      progress = true
    }
    if (progress) {
      this.#collapsed = false
      this.#restartTimer()
      this.#owner.confirmed(this.#head)
    }
    this.#transmitWaiting()
    this.#forgetIfDone()
    if (this.#held && this.#queued === 0 && !this.#is('gone')) {
      this.#held = false
      this.#sink?.({ type: 'drain' })
    }
  }

  /** Sends as far as the window allows; a FIN needs no window. */
  #transmitWaiting(): void {
    if (this.#state !== 'open' || this.#collapsed) return
    while (this.#sent < this.#outgoing.length) {
      const segment = this.#outgoing[this.#sent]!
      if (segment.data && this.#inFlight >= this.#window) break
      this.#sent++
      this.#inFlight += segment.data?.length ?? 0
      this.#put(segment)
    }
    if (this.#outgoing.length > 0 && !this.#timer) this.#startTimer()
  }

  #put(segment: Outgoing): void {
    if (segment.data) this.#owner.transmit({ kind: 'data', head: this.#head, at: segment.at, data: segment.data })
    else this.#owner.transmit({ kind: 'fin', head: this.#head, at: segment.at })
  }

  #handshake(): void {
    this.#owner.transmit({ kind: this.passive ? 'syn-ack' : 'syn', head: this.#head })
    this.#timer = this.#owner.queue.schedule(this.#rto, () => {
      this.#rto *= 2
      this.#handshake()
    })
  }

  #startTimer(): void {
    if (this.#rto === FIRST_RTO) this.#silentSince = this.#owner.queue.now
    this.#dueAt = this.#owner.queue.now + this.#rto
    this.#timer = this.#owner.queue.schedule(this.#rto, this.#expire)
  }

  /** Progress: the peer is there. The entry stays on the queue where it can, and looks at `#dueAt` when its time comes. */
  #restartTimer(): void {
    this.#rto = FIRST_RTO
    this.#dueAt = this.#owner.queue.now + FIRST_RTO
    if (this.#outgoing.length === 0 || (this.#timer && this.#timer.at > this.#dueAt)) this.#stopTimer()
  }

  readonly #expire = (): void => {
    this.#timer = undefined
    const { queue, limits } = this.#owner
    if (queue.now < this.#dueAt) {
      this.#timer = queue.schedule(this.#dueAt - queue.now, this.#expire)
      return
    }
    if (queue.now - this.#silentSince >= limits.retransmissionLimit) {
      this.#end('timeout')
      return
    }
    if (this.#sent === 0) this.#owner.transmit({ kind: 'probe', head: this.#head })
    else this.#collapse(this.#outgoing[0]!)
    this.#rto = Math.min(this.#rto * 2, LONGEST_RTO)
    this.#startTimer()
  }

  /**
   * RFC 5681 §3.1: the congestion window falls to one segment. Nothing new goes until that one is acknowledged, even where it and all that follows
   * would arrive; what was under way counts as lost, and goes again then.
   */
  #collapse(first: Outgoing): void {
    this.#collapsed = true
    this.#sent = 1
    this.#inFlight = first.data?.length ?? 0
    this.#put(first)
  }

  #stopTimer(): void {
    if (!this.#timer) return
    this.#owner.queue.cancel(this.#timer)
    this.#timer = undefined
  }

  #cancelTimers(): void {
    this.#stopTimer()
    if (!this.#giveUp) return
    this.#owner.queue.cancel(this.#giveUp)
    this.#giveUp = undefined
  }

  #fail(reason: ConnectFailure, detail: string): void {
    const sink = this.#sink
    this.#vanish()
    sink?.({ type: 'failed', reason, detail })
  }

  #end(reason: CloseReason): void {
    const sink = this.#sink
    this.#vanish()
    sink?.({ type: 'closed', reason })
  }

  #vanish(): void {
    this.#state = 'gone'
    this.#sink = undefined
    this.#queued = 0
    this.#cancelTimers()
    this.#owner.remove(this)
  }

  /** The machine lost power: not a segment more. */
  destroy(): void {
    this.#vanish()
  }
}
