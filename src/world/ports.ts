/**
 * The ports of a World: the only door from protocol and controller code to the outside. Everything is synchronous: a request returns
 * a handle at once, and what comes of it arrives later as events on the sink given with the request, never before the call returned.
 * After `World.end()` no sink and no timer callback is called again.
 */
import type { LabEventBody, Micros } from '../model/index.ts'

export interface World {
  /** The device's name. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly transport: Transport
  readonly calls: Calls
  readonly host: Host
  readonly events: Events
  /** Ends the device: closes what is open without a word to the peers' applications (as a killed process: the kernel sends FIN), drops every timer. */
  end(): void
}

/** Time. `now` is monotonic and shared by all devices of a lab; wall time is for status fields only. */
export interface Clock {
  now(): Micros
  /** RFC 3339, UTC, whole seconds: `2021-06-14T22:09:36Z`; with `micros`, as Kubernetes' MicroTime: `2021-06-14T22:09:36.000000Z`. */
  wallTime(precision?: 'micros'): string
  /** A one-shot timer that can be started again; `name` is what logs and the simulator call it. */
  timer(name: string, callback: () => void): Timer
  /** Runs `callback` soon, after input that is already waiting was delivered. */
  yield(callback: () => void): void
}

export interface Timer {
  readonly name: string
  readonly running: boolean
  /** When it will fire; `undefined` while stopped. */
  readonly deadline: Micros | undefined
  /** (Re)starts it to fire after `delay`; timers with equal deadlines fire in the order they were started. */
  start(delay: Micros): void
  stop(): void
}

/** Seeded chance: the same seed gives the same numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Byte streams (TCP). */
export interface Transport {
  /** Opens a connection. Exactly one of `connected` or `failed` comes first; after `failed` or `closed` nothing more comes. */
  connect(request: ConnectRequest, sink: (event: ConnectionEvent) => void): Connection
  /** Accepts connections; `address` `'0.0.0.0'` is every local address. */
  listen(local: Endpoint, sink: (event: ListenerEvent) => void): Listener
}

export interface ConnectRequest {
  readonly remote: Endpoint
  /** The local address to bind to; the host must hold it, else `failed` with `address-not-local`. */
  readonly localAddress?: string
  /** Give up after this long with `failed` / `timeout`. */
  readonly timeout: Micros
}

/** Why a connection attempt failed: a reset came (`refused`), nothing came (`timeout`), no route, or the local address is not held. */
export type ConnectFailure = 'refused' | 'timeout' | 'unreachable' | 'address-not-local'

/** How an open connection ended: the peer's FIN (`closed`), its RST (`reset`), or the stack gave up (`timeout`). */
export type CloseReason = 'closed' | 'reset' | 'timeout'

export type ConnectionEvent =
  | { readonly type: 'connected'; readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly type: 'failed'; readonly reason: ConnectFailure; readonly detail: string }
  /** The receiver may keep `data`: the sender of the event never touches it again. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The send buffer that made `send` answer `false` has emptied. */
  | { readonly type: 'drain' }
  | { readonly type: 'closed'; readonly reason: CloseReason }

export interface Connection {
  /** Queues bytes; the caller gives the array away. `false` means: hold back until `drain`. Sending on an ended connection is ignored. */
  send(data: Uint8Array): boolean
  /** Bytes queued here that the peer's stack has not taken. */
  readonly queued: number
  /** Sends what is queued, then FIN; no events follow, `closed` included. */
  close(): void
  /** Sends RST at once; no events follow. */
  abort(): void
  /** Stops and resumes the delivery of `data` (back-pressure towards the peer). */
  pause(): void
  resume(): void
}

export type ListenerEvent =
  | { readonly type: 'listening'; readonly local: Endpoint }
  | { readonly type: 'failed'; readonly reason: 'address-in-use' | 'address-not-local' | 'not-permitted'; readonly detail: string }
  /** A new connection; the receiver must call `accept` with its sink at once, inside the event, else it is reset. */
  | {
      readonly type: 'connection'
      readonly local: Endpoint
      readonly remote: Endpoint
      accept(sink: (event: ConnectionEvent) => void): Connection
    }

export interface Listener {
  close(): void
}

/** JSON messages between programs: request and reply, and watches (one request, many messages). HTTP/1.1 in world/real, in band in virtual. */
export interface Calls {
  /** `reply`, `failed` once; for a watch: any number of `message`, then `ended` or `failed`. */
  request(request: CallRequest, sink: (event: CallEvent) => void): Call
  serve(local: Endpoint, sink: (event: ServerEvent) => void): Listener
}

export interface CallRequest {
  readonly server: Endpoint
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query: `/apis/coordination.k8s.io/v1/leases?watch=1`. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Names in lower case; `content-type` is `application/json` unless it is given here. */
  readonly headers?: Readonly<Record<string, string>>
  /** Until the reply's head. A watch is not timed after its head has come. */
  readonly timeout: Micros
  readonly localAddress?: string
  /** True: every line of the answer's body is one JSON message, delivered as it comes. */
  readonly watch?: boolean
}

export type CallEvent =
  | { readonly type: 'reply'; readonly status: number; readonly body: unknown }
  | { readonly type: 'message'; readonly body: unknown }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly reason: ConnectFailure | CloseReason | 'malformed'; readonly detail: string }

export interface Call {
  /** Ends it from our side; no events follow. */
  cancel(): void
}

export type ServerEvent =
  | { readonly type: 'listening'; readonly local: Endpoint }
  | { readonly type: 'failed'; readonly reason: 'address-in-use' | 'address-not-local' | 'not-permitted'; readonly detail: string }
  | { readonly type: 'request'; readonly request: IncomingRequest }

export interface IncomingRequest {
  readonly method: string
  readonly path: string
  readonly body: unknown
  /** What the client sent along, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly remote: Endpoint
  /** Answers once, whole. */
  reply(status: number, body: unknown): void
  /** Answers once, with something that is not JSON; to a `request` of ours that is `malformed`. */
  replyBytes(status: number, contentType: string, bytes: Uint8Array): void
  /** Answers 200 and keeps the answer open for messages. `onClose` is called when the client goes away. */
  stream(onClose: () => void): MessageStream
}

export interface MessageStream {
  send(message: unknown): void
  end(): void
}

/** The device's own network stack: what the node agent sets up on it. */
export interface Host {
  /** Interfaces and their own addresses (those that the agent did not add). */
  interfaces(): readonly HostInterface[]
  /** VIPs that are local now by an `apply`, perhaps of an earlier process; none on a machine that has just booted. */
  localVips(): readonly string[]
  /**
   * Replaces the desired state; the host reconciles towards it, in this order: new addresses, local VIPs, service rules, then removals.
   * `sink` gets `applied` or `failed` for this request's id, once.
   */
  apply(desired: HostState, sink: (event: HostEvent) => void): void
  /** Sends gratuitous ARP for `address` on `interface`, `count` times, `interval` apart, the first at once. */
  announce(address: string, interfaceName: string, count: number, interval: Micros): void
}

export interface HostInterface {
  readonly name: string
  /** `a.b.c.d/n` each. */
  readonly addresses: readonly string[]
}

/** What the agent wants the host to have beyond its own configuration. */
export interface HostState {
  readonly id: number
  /** Held addresses: floating IPs, added as /32. */
  readonly addresses: readonly { readonly address: string; readonly interface: string }[]
  /** VIPs that are local to this node (`ip route add local VIP/32 dev lo`). */
  readonly localVips: readonly string[]
  readonly services: readonly ServiceRule[]
  /** It is not known yet which Services there are: rules, and local VIPs that this process has not asked for itself, stay as they stand. */
  readonly servicesUnknown?: boolean
}

/** One VIP port and where its flows go: DNAT in prerouting and output, masqueraded (`externalTrafficPolicy: Cluster`). */
export interface ServiceRule {
  readonly name: string
  readonly vip: string
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** Flows are spread evenly over them; none means that the VIP refuses. */
  readonly backends: readonly Endpoint[]
}

export type HostEvent =
  | { readonly type: 'applied'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly detail: string }

/** The device's voice in the lab's one event stream; the world stamps the record. */
export interface Events {
  emit(event: LabEventBody): void
}
