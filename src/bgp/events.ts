/** What a speaker tells its owner. Events come in order, and never before the call that caused them has returned. */
import type { SessionState } from '../model/index.ts'
import type { Ipv4 } from '../net/index.ts'
import type { Negotiated } from './negotiation.ts'
import type { Nlri, UpdateMessage } from './wire/index.ts'

export type SpeakerEvent =
  /** A session changed its state; `reason` in the words of R40. The same goes to the World's events. */
  | {
      readonly type: 'state'
      readonly peerAddress: string
      readonly from: SessionState
      readonly to: SessionState
      readonly reason: string
    }
  | { readonly type: 'established'; readonly peerAddress: string; readonly negotiated: Negotiated }
  /** UPDATEs were handed to the transport. */
  | {
      readonly type: 'update-sent'
      readonly peerAddress: string
      readonly messages: number
      readonly announced: readonly { readonly nextHop: Ipv4; readonly nlri: readonly Nlri[] }[]
      readonly withdrawn: readonly Nlri[]
    }
  | { readonly type: 'update-received'; readonly peerAddress: string; readonly update: UpdateMessage }
  /** The paths of these prefixes (`a.b.c.d/n`) from this peer changed; `routesIn` and `routeTo` tell what they are now. */
  | { readonly type: 'routes-changed'; readonly peerAddress: string; readonly prefixes: readonly string[] }
  | { readonly type: 'keepalive-sent'; readonly peerAddress: string }
  /** `detail`: what was wrong, where it was we who found it. */
  | {
      readonly type: 'notification'
      readonly peerAddress: string
      readonly direction: 'sent' | 'received'
      readonly code: number
      readonly subcode: number
      readonly detail: string
    }
  | { readonly type: 'listening'; readonly address: string; readonly port: number }
  /** It is tried again a second later. */
  | { readonly type: 'listen-failed'; readonly reason: 'address-in-use' | 'address-not-local' | 'not-permitted'; readonly detail: string }

/**
 * Delivers events to a sink, but those that arise inside a call only after it has returned.
 */
export class Outbox<E> {
  readonly #sink: (event: E) => void
  readonly #soon: (callback: () => void) => void
  #calls = 0
  #waiting: E[] = []

  constructor(sink: (event: E) => void, soon: (callback: () => void) => void) {
    this.#sink = sink
    this.#soon = soon
  }

  emit(event: E): void {
    if (this.#calls === 0 && this.#waiting.length === 0) {
      this.#sink(event)
      return
    }
    this.#waiting.push(event)
    if (this.#waiting.length === 1) this.#soon(() => this.#deliver())
  }

  /** Runs a call of the owner. */
  during<T>(call: () => T): T {
    this.#calls++
    try {
      return call()
    } finally {
      this.#calls--
    }
  }

  #deliver(): void {
    const events = this.#waiting
    this.#waiting = []
    for (const event of events) this.#sink(event)
  }
}
