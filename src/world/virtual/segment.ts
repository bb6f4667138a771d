import type { Endpoint } from '../ports.ts'

/**
 * What goes over the wire between two stacks: TCP reduced to what a program can tell apart. Positions count segments, not bytes: `at` is
 * the place of a segment in its direction's stream, `next` the place that the receiver waits for.
 */
export type Segment = {
  /** One object for all segments of a direction; whoever translates addresses on the way puts another in its place. */
  head: SegmentHead
} & (
  | { readonly kind: 'syn' | 'syn-ack' | 'rst' }
  | { readonly kind: 'data'; readonly at: number; readonly data: Uint8Array }
  | { readonly kind: 'fin'; readonly at: number }
  /** `window`: bytes that the receiver still has room for. Also answers a zero-window `probe`. */
  | { readonly kind: 'ack'; readonly next: number; readonly window: number }
  | { readonly kind: 'probe' }
)

/** One direction of a connection. */
export interface SegmentHead {
  readonly from: Endpoint
  readonly to: Endpoint
  /** Names it: a stack finds the receiving socket by it. */
  readonly flow: string
  /** The other direction. */
  readonly reverse: SegmentHead
}

/** The heads of a connection's two directions, the one from `from` to `to` first. */
export function headOf(from: Endpoint, to: Endpoint): SegmentHead {
  const head = { from, to, flow: flowOf(from, to), reverse: undefined as unknown as SegmentHead }
  head.reverse = { from: to, to: from, flow: flowOf(to, from), reverse: head }
  return head
}

/** Names one direction of a connection. */
export function flowOf(from: Endpoint, to: Endpoint): string {
  return `${from.address}:${from.port}>${to.address}:${to.port}`
}
