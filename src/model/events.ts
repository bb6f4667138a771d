import type { FibRoute, Route, Session, SessionState } from './routes.ts'
import type { Micros } from './time.ts'

/** A Kubernetes-shaped object, as far as whoever knows no kinds looks. */
export interface ResourceObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string; readonly generation: number }
  readonly spec?: unknown
  readonly status?: unknown
}

/** What happened, before it is stamped. `device` is the lab device that saw or did it. */
export type LabEventBody =
  | { readonly type: 'step'; readonly name: string; readonly phase: 'start' | 'end'; readonly ok?: boolean }
  | { readonly type: 'assertion'; readonly name: string; readonly holds: boolean; readonly difference?: string }
  | { readonly type: 'fault'; readonly device: string; readonly fault: string; readonly detail: string }
  /** A device's process says that it is ready for use. */
  | { readonly type: 'ready'; readonly device: string; readonly what: string }
  /** A router's (or receiving speaker's) session as it is now. */
  | { readonly type: 'session'; readonly device: string; readonly session: Session }
  | { readonly type: 'session-removed'; readonly device: string; readonly localAddress: string; readonly peerAddress: string }
  /** A router's BGP table for one prefix as it is now; no paths means that it is gone. `uncertainty` is how long its read took. */
  | { readonly type: 'route'; readonly device: string; readonly route: Route; readonly uncertainty: Micros }
  /** A kernel route as it is now; no next hops means that it is gone. */
  | { readonly type: 'fib'; readonly device: string; readonly route: FibRoute }
  /** A speaker's FSM moved (R40 names). */
  | {
      readonly type: 'fsm'
      readonly device: string
      readonly localAddress: string
      readonly peerAddress: string
      readonly from: SessionState
      readonly to: SessionState
      readonly reason: string
    }
  | { readonly type: 'floating-ip'; readonly address: string; readonly node?: string; readonly previous?: string; readonly reason: string }
  /** An object of the resource API as it is now; absent when it is gone. What only reports that nothing changed is not told. */
  | {
      readonly type: 'resource'
      readonly kind: string
      readonly name: string
      readonly namespace?: string
      readonly object?: ResourceObject
    }
  | { readonly type: 'node-ready'; readonly node: string; readonly ready: boolean; readonly reason: string }
  | { readonly type: 'address'; readonly device: string; readonly address: string; readonly interface: string; readonly present: boolean }
  /** To which backends an LB node now sends a Service's new flows; empty: it refuses them; absent: it no longer serves it. */
  | { readonly type: 'service'; readonly device: string; readonly service: string; readonly backends?: readonly string[] }
  | { readonly type: 'gratuitous-arp'; readonly device: string; readonly address: string; readonly count: number }
  /** One flow of a traffic probe stopped or resumed getting answers. */
  | {
      readonly type: 'probe'
      readonly device: string
      readonly probe: string
      readonly flow: number
      readonly state: 'ok' | 'lost'
      readonly node?: string
    }
  /** The scenario is about to run a command on a device. */
  | { readonly type: 'command'; readonly device: string; readonly command: string }
  /** Many short flows, begun at `since`: how many were answered, and by router the load-balancer nodes that they went over. */
  | {
      readonly type: 'fan-out'
      readonly device: string
      readonly since: Micros
      readonly vip: string
      readonly port: number
      readonly flows: number
      readonly answered: number
      readonly byRouter: Readonly<Record<string, Readonly<Record<string, number>>>>
    }
  /** A line that a program printed which a scenario started. */
  | { readonly type: 'output'; readonly device: string; readonly program: string; readonly line: string }
  | { readonly type: 'exit'; readonly device: string; readonly program: string; readonly code: number }
  | { readonly type: 'log'; readonly device: string; readonly level: 'debug' | 'info' | 'warning' | 'error'; readonly message: string }
  /** Only the one-second audit found this change: a bug in our watching. Fails our own tests. */
  | { readonly type: 'missed-event'; readonly device: string; readonly what: string }

/** One record of the event stream, NDJSON on disk. `at` is on the lab's one monotonic base, shared by all its devices. */
export type LabEvent = LabEventBody & { readonly at: Micros }
