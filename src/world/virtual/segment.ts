import type { Endpoint } from '../ports.ts'

/**
 * What goes over the wire between two stacks: TCP reduced to what a program can tell apart. Positions count segments, not bytes: `at` is
 * the place of a segment in its direction's stream, `next` the place that the receiver waits for.
 */
export type Segment = SegmentHead &
  (
    | { readonly kind: 'syn' | 'syn-ack' | 'rst' }
    | { readonly kind: 'data'; readonly at: number; readonly data: Uint8Array }
    | { readonly kind: 'fin'; readonly at: number }
    /** `window`: bytes that the receiver still has room for. Also answers a zero-window `probe`. */
    | { readonly kind: 'ack'; readonly next: number; readonly window: number }
    | { readonly kind: 'probe' }
  )

export interface SegmentHead {
  readonly from: Endpoint
  readonly to: Endpoint
  /** `flowOf(from, to)`, made once for a connection: a stack finds the receiving socket by it. */
  readonly flow: string
}

/** Names one direction of a connection. */
export function flowOf(from: Endpoint, to: Endpoint): string {
  return `${from.address}:${from.port}>${to.address}:${to.port}`
}
