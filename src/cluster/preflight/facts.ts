/**
 * What a try of one cell brought to light. What a node sees by itself is there on any network; what only the lab can read (a router's tables,
 * its neighbors, the way hop by hop) stands in fields of their own, absent where nobody could read it.
 */
import type { Micros, SessionState } from '../../model/index.ts'
import type { Cell } from './cells.ts'

/** How far a session came, as its node saw it. */
export interface SessionOutcome {
  readonly state: SessionState
  /** From the first attempt until it was Established for the first time. */
  readonly upAfter?: Micros
  /** How attempts ended, in the FSM's words (R40), and how often; in the order of their first time. */
  readonly failures: readonly { readonly reason: string; readonly count: number }[]
  readonly notifications: readonly SessionNotification[]
  /** Why it is not Established, in words. */
  readonly reason?: string
}

export interface SessionNotification {
  readonly direction: 'sent' | 'received'
  readonly code: number
  readonly subcode: number
  /** What was wrong, where it was our side that found it. */
  readonly detail: string
}

/** From the node towards its peer, past BGP: taken after a session did not come up. */
export interface Look {
  /** The node's own kernel has a way there. */
  readonly routed: boolean
  /** The first hop does not answer ARP: this address. */
  readonly silentHop?: string
  readonly ping: boolean
  /** One TCP connection to the BGP port, bound to the node's own IP. */
  readonly knock: {
    readonly outcome: 'connected' | 'refused' | 'unreachable' | 'timeout' | 'address-not-local'
    /** ICMP destination unreachable messages that came in meanwhile. */
    readonly icmpUnreachable: number
  }
}

/** One hop's own decision, by its kernel. */
export interface TraceHop {
  readonly device: string
  /** `via 10.0.1.254 dev eth0`, `local`, `unreachable`. */
  readonly decision: string
}

export type TraceEnd =
  | { readonly type: 'delivered'; readonly device: string }
  /** This device has no route, or one of a type that forwards nothing. */
  | { readonly type: 'no-route'; readonly device: string; readonly how: 'none' | 'unreachable' | 'prohibit' | 'blackhole' }
  | { readonly type: 'loop'; readonly devices: readonly string[] }
  /** It hands the packet to an address that no device of the lab has. */
  | { readonly type: 'lost'; readonly device: string; readonly via: string }

/** The way of a packet by the kernels' tables of the devices that it crosses: only the lab can read them. */
export interface Trace {
  readonly to: string
  readonly hops: readonly TraceHop[]
  readonly end: TraceEnd
}

/** The router of the lab that has the peer's address. */
export interface PeerRouter {
  readonly name: string
  readonly kind: 'frr' | 'gobgp'
}

/** The peer's own view of the node, from its tables. */
export interface NeighborFacts {
  /** Its BGP daemon runs. */
  readonly running: boolean
  /** The node as a neighbor; absent where none is configured. */
  readonly neighbor?: {
    readonly localAsn: number
    /** The AS that it expects of the node. */
    readonly peerAsn: number
    readonly state: SessionState
    readonly reason?: string
  }
}

export interface SessionFacts {
  readonly outcome: SessionOutcome
  readonly look?: Look
  readonly neighbor?: NeighborFacts
  readonly way?: Trace
  readonly back?: Trace
}

export interface AnnouncementFacts {
  /** The UPDATE left the node. */
  readonly sent: boolean
  /** The session afterwards. */
  readonly outcome: SessionOutcome
  /** The peer's tables; absent where they cannot be read. */
  readonly table?: {
    /** The node's own path; absent where the peer does not have it. */
    readonly path?: { readonly valid: boolean; readonly used: boolean; readonly whyNot?: string }
    /** Next hops of other paths that are used. */
    readonly others: readonly string[]
    /** The kernel's next hops: addresses, or interface names. */
    readonly installed: readonly string[]
    /** What the peer says of the session itself. */
    readonly remark?: string
  }
}

/** What the sender of datagrams saw. */
export interface SentDatagrams {
  readonly sent: number
  readonly answered: number
  /** From the first datagram to the first answer. */
  readonly after?: Micros
  /** The VIP is an address of the sender itself. */
  readonly heldHere: boolean
  /** The last ICMP error that came back: `EHOSTUNREACH`. */
  readonly error?: string
}

/** From one other node, or a client, to the VIP. */
export interface ReachFacts {
  readonly from: string
  readonly fromIP: string
  readonly result: SentDatagrams
  /** Datagrams of this sender that the node under test received at the VIP. */
  readonly arrived: number
  /** Taken where something did not come through. */
  readonly way?: Trace
  readonly back?: Trace
}

export interface CellFacts {
  readonly cell: Cell
  readonly router?: PeerRouter
  readonly session: SessionFacts
  /** Absent where the session did not come up. */
  readonly announcement?: AnnouncementFacts
  /** Absent where the peer did not take the announcement. */
  readonly reach?: readonly ReachFacts[]
}

/** One peer while all its nodes announce the VIP at once. */
export interface TogetherFacts {
  readonly peerIP: string
  readonly router?: PeerRouter
  /** Nodes whose session is up and that announce. */
  readonly announcing: readonly { readonly node: string; readonly address: string }[]
  /** The peer's tables; absent where they cannot be read. */
  readonly paths?: readonly { readonly nextHop: string; readonly valid: boolean; readonly used: boolean; readonly whyNot?: string }[]
  readonly installed?: readonly string[]
  /** Flows of one sender, all peers announcing: node → how many arrived there. */
  readonly flows?: { readonly from: string; readonly sent: number; readonly byNode: Readonly<Record<string, number>> }
}
