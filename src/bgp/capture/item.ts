/** What a capture holds, in its order: messages, what is missing between them, and what else is to be said. */
import type { DissectOptions, Json, OptionsUnder } from '../dissect/index.ts'

/** Nanoseconds beside the seconds: captures have more digits than a number keeps. */
export interface CaptureTime {
  readonly seconds: number
  readonly nanoseconds: number
  /** How many digits of the second the capture has; 6 where it does not say. */
  readonly digits?: number
}

/** Where in the input something was; what is not known is left out. */
export interface Place {
  /** Number of the packet that completed the message, from 1, as Wireshark counts. */
  readonly packet?: number
  /** Number of the packet in which it began, where that is another one. */
  readonly firstPacket?: number
  /** Number of the MRT record, from 1. */
  readonly record?: number
  /** Octets from the beginning of the (uncompressed) input. */
  readonly offset?: number
  /** Line of text on which the digits began, from 1. */
  readonly line?: number
  readonly time?: CaptureTime
  /** `10.0.1.10:179`, `[2001:db8::1]:179`; of MRT the addresses alone. */
  readonly from?: string
  readonly to?: string
  readonly fromAsn?: number
  readonly toAsn?: number
}

export interface MessageItem {
  readonly kind: 'message'
  readonly place: Place
  readonly bytes: Uint8Array
  readonly options: DissectOptions
  /** False: neither OPENs nor the file's format told the options. */
  readonly optionsKnown: boolean
  /** What the options would be under other assumptions: one OPEN may have settled some of them. */
  readonly optionsUnder: OptionsUnder
  /** Octets that the message has and the capture has not. */
  readonly missing: number
}

/** A route of a table dump, whose attributes lie in `bytes` from `at` to `end`. */
export interface RouteItem {
  readonly kind: 'route'
  readonly place: Place
  readonly bytes: Uint8Array
  readonly at: number
  readonly end: number
  readonly family: { readonly afi: number; readonly safi: number }
  readonly fourOctetAs: boolean
  readonly prefix: string
  readonly pathId?: number
  readonly peer: { readonly address: string; readonly asn: number; readonly identifier?: string } | undefined
  readonly originated: CaptureTime
}

/** A record that is no message: a session's change of state, the index of a dump's peers. */
export interface RecordItem {
  readonly kind: 'record'
  readonly place: Place
  readonly type: string
  readonly text: string
  readonly json: { readonly [key: string]: Json }
}

/**
 * Octets or packets that were not decoded. `malformed` where the sender is to blame, else the capture.
 *
 *     not-synchronized    octets between messages that are no message
 *     missing             octets of a connection that the capture has not
 *     truncated           the file ends inside a packet or record
 *     unreadable          a packet, record or line that makes no sense
 *     unsupported         of a kind that is not read here
 */
export interface GapItem {
  readonly kind: 'gap'
  readonly place: Place
  readonly reason: 'not-synchronized' | 'missing' | 'truncated' | 'unreadable' | 'unsupported'
  readonly text: string
  /** The first of them, where they are there. */
  readonly bytes?: Uint8Array
  readonly octets?: number
  readonly malformed?: true
}

export type Item = MessageItem | RouteItem | RecordItem | GapItem

/** One file's reader: everything that the octets so far complete. Octets may be cut anywhere. */
export interface CaptureReader {
  push(chunk: Uint8Array): readonly Item[]
  /** What is left at the end of the input. */
  end(): readonly Item[]
}
