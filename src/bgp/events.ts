/** What a speaker tells its owner. Events come in order, and never before the call that caused them has returned. */
import type { SessionState } from '../model/index.ts'
import type { Ipv4 } from '../net/index.ts'
import type { Negotiated } from './negotiation.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'
import type { Batch } from './rib/adj-rib-out.ts'
import type { Changes } from './rib/changes.ts'
import { formatKey } from './rib/key.ts'
import type { Nlri, UpdateMessage, UpdateView } from './wire/index.ts'

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
      /** IPv6 unicast, where there is any. */
      readonly ipv6?: NonNullable<Batch['ipv6']>
    }
  /** They cannot be announced in this session: their attributes (a very long AS_PATH) leave no room for them in a message (RFC 4271 §9.2). */
  | { readonly type: 'routes-oversized'; readonly peerAddress: string; readonly prefixes: readonly string[] }
  | { readonly type: 'update-received'; readonly peerAddress: string; readonly update: UpdateMessage }
  /** RFC 4724: all routes of the family have been said. Sent only where graceful restart was negotiated. */
  | {
      readonly type: 'end-of-rib'
      readonly peerAddress: string
      readonly direction: 'sent' | 'received'
      readonly family: FamilyName
    }
  /** A ROUTE-REFRESH (RFC 2918, RFC 7313): a request, or what stands before and after its answer. */
  | {
      readonly type: 'route-refresh'
      readonly peerAddress: string
      readonly direction: 'sent' | 'received'
      readonly family: FamilyName
      readonly subtype: 'request' | 'begin' | 'end'
      /** Nothing was done about it, and why. */
      readonly ignored?: string
    }
  /** RFC 4724: the peer is away, and its routes stay for so long; with 0 what it did not say again is gone. */
  | { readonly type: 'routes-stale'; readonly peerAddress: string; readonly families: readonly FamilyName[]; readonly seconds: number }
  /** The paths of these prefixes (`a.b.c.d/n`, `x::y/n`) from this peer changed; `routesIn` and `routeTo` tell what they are now. */
  | { readonly type: 'routes-changed'; readonly peerAddress: string; readonly prefixes: readonly string[] }
  | { readonly type: 'keepalive-sent'; readonly peerAddress: string }
  /** `detail`: what was wrong and at which octet, where it was we who found it; what an operator wrote (RFC 9003), where a peer sent it. */
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

/** The message is read when somebody looks at it: whoever fills a table of a million routes does not. */
export function updateReceived(peerAddress: string, view: UpdateView): SpeakerEvent {
  return {
    type: 'update-received',
    peerAddress,
    get update() {
      return view.message
    },
  }
}

/** The prefixes' texts are made when somebody looks. */
export function routesChanged(peerAddress: string, changes: Changes): SpeakerEvent {
  let prefixes: readonly string[] | undefined
  return {
    type: 'routes-changed',
    peerAddress,
    get prefixes() {
      prefixes ??= Array.from(changes.keys(), formatKey)
      return prefixes
    },
  }
}

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
