import type { CloseReason, ConnectFailure } from '../ports.ts'

/** The kernel's error for a connection attempt, in the port's words. */
export function connectFailure(error: NodeJS.ErrnoException): ConnectFailure {
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused'
    case 'ETIMEDOUT':
      return 'timeout'
    case 'EADDRNOTAVAIL':
      return 'address-not-local'
    // EHOSTUNREACH, ENETUNREACH, and what routes of the types prohibit (EACCES) and blackhole (EINVAL) answer.
    default:
      return 'unreachable'
  }
}

/** The kernel's error for an open connection. What it reports after retransmitting in vain is ETIMEDOUT, or the ICMP error that came meanwhile. */
export function closeReason(error: NodeJS.ErrnoException): CloseReason {
  switch (error.code) {
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'timeout'
    default:
      return 'reset'
  }
}

export function listenFailure(error: NodeJS.ErrnoException): 'address-in-use' | 'address-not-local' | 'not-permitted' {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'address-in-use'
    case 'EADDRNOTAVAIL':
      return 'address-not-local'
    default:
      return 'not-permitted'
  }
}
