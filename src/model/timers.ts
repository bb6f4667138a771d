import { MILLISECOND, type Micros, SECOND } from './time.ts'

/** Every timer of a lab. They are always set explicitly, on our side and on the routers', and printed. */
export interface TimerProfile {
  readonly name: 'default' | 'fast'
  /** RFC 4271 §10 HoldTime; routers and speakers are given the same. */
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  /** How long a speaker and a router wait before they try a failed session again. */
  readonly connectRetrySeconds: number
  /** A node that has not renewed for this long is not Ready. */
  readonly leaseDuration: Micros
  readonly leaseRenewInterval: Micros
  /** Gratuitous ARP for a floating IP that a node takes over. */
  readonly gratuitousArp: { readonly count: number; readonly interval: Micros }
}

export const TIMER_PROFILES: Readonly<Record<TimerProfile['name'], TimerProfile>> = {
  default: {
    name: 'default',
    holdTimeSeconds: 90,
    keepaliveSeconds: 30,
    connectRetrySeconds: 5,
    leaseDuration: 40 * SECOND,
    leaseRenewInterval: 10 * SECOND,
    gratuitousArp: { count: 3, interval: 200 * MILLISECOND },
  },
  fast: {
    name: 'fast',
    holdTimeSeconds: 9,
    keepaliveSeconds: 3,
    connectRetrySeconds: 1,
    leaseDuration: 3 * SECOND,
    leaseRenewInterval: 1 * SECOND,
    gratuitousArp: { count: 3, interval: 200 * MILLISECOND },
  },
}
