import type { Segment } from '../../../world/virtual/index.ts'
import type { Flow } from './flow.ts'

/** What a packet carries. Its addresses are the flow's with which it is sent. */
export type Payload = Segment | Datagram | Echo | IcmpError

export interface Datagram {
  readonly kind: 'datagram'
  readonly data: string
}

export interface Echo {
  readonly kind: 'echo-request' | 'echo-reply'
}

/** RFC 792 destination unreachable (network, host, or port), or time exceeded. */
export interface IcmpError {
  readonly kind: 'icmp-error'
  readonly code: 'unreachable' | 'refused' | 'ttl'
  /** The flow that it is about, as it was when it met its end. */
  readonly about: Flow
  readonly detail: string
}

/** IPv4 with TCP's timestamps, with UDP, with ICMP. */
const TCP_HEADERS = 52
const UDP_HEADERS = 28
const ICMP_ERROR_SIZE = 56
const ECHO_SIZE = 84
const ETHERNET = 18

/** Octets on a link, the Ethernet frame's included. */
export function sizeOf(payload: Payload): number {
  switch (payload.kind) {
    case 'data':
      return ETHERNET + TCP_HEADERS + payload.data.length
    case 'datagram':
      return ETHERNET + UDP_HEADERS + payload.data.length
    case 'echo-request':
    case 'echo-reply':
      return ETHERNET + ECHO_SIZE
    case 'icmp-error':
      return ETHERNET + ICMP_ERROR_SIZE
    default:
      return ETHERNET + TCP_HEADERS
  }
}
