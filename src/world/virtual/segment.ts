import type { Endpoint } from '../ports.ts'

/**
 * What goes over the wire between two stacks: TCP reduced to what a program can tell apart. Positions count segments, not bytes: `at` is
 * the place of a segment in its direction's stream, `next` the place that the receiver waits for.
 */
export type Segment =
  | { readonly kind: 'syn'; readonly from: Endpoint; readonly to: Endpoint }
  | { readonly kind: 'syn-ack'; readonly from: Endpoint; readonly to: Endpoint }
  | { readonly kind: 'data'; readonly from: Endpoint; readonly to: Endpoint; readonly at: number; readonly data: Uint8Array }
  | { readonly kind: 'fin'; readonly from: Endpoint; readonly to: Endpoint; readonly at: number }
  /** `window`: bytes that the receiver still has room for. Also answers a zero-window probe. */
  | { readonly kind: 'ack'; readonly from: Endpoint; readonly to: Endpoint; readonly next: number; readonly window: number }
  | { readonly kind: 'probe'; readonly from: Endpoint; readonly to: Endpoint }
  | { readonly kind: 'rst'; readonly from: Endpoint; readonly to: Endpoint }

/** Names a connection within one stack. */
export function connectionKey(local: Endpoint, remote: Endpoint): string {
  return `${local.address}:${local.port}-${remote.address}:${remote.port}`
}
