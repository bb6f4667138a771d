/**
 * Graceful Restart, capability 64, RFC 4724 §3:
 *
 *     Flags and time  2 octets: R (restarting) 0x8000, N (RFC 8538) 0x4000, restart time in seconds 12 bits
 *     for each family: AFI 2 octets | SAFI 1 octet | Flags 1 octet: F (forwarding state preserved) 0x80
 */
import type { Reader, Writer } from '../cursor.ts'
import type { Family } from './family.ts'

export const GRACEFUL_RESTART = 64

export interface GracefulRestart {
  readonly type: 'graceful-restart'
  /** The sender has just restarted, and waits for our End-of-RIB. */
  readonly restarting: boolean
  /** RFC 8538: NOTIFICATIONs are survived too. Not spoken here, kept as it came. */
  readonly notification: boolean
  readonly restartSeconds: number
  readonly families: readonly (Family & { readonly forwarding: boolean })[]
}

export function decodeGracefulRestart(value: Reader): GracefulRestart | undefined {
  if (value.remaining < 2 || value.remaining % 4 !== 2) return undefined
  const head = value.u16()
  const families: (Family & { forwarding: boolean })[] = []
  while (value.remaining > 0) {
    const afi = value.u16()
    const safi = value.u8()
    families.push({ afi, safi, forwarding: (value.u8() & 0x80) !== 0 })
  }
  return {
    type: 'graceful-restart',
    restarting: (head & 0x8000) !== 0,
    notification: (head & 0x4000) !== 0,
    restartSeconds: head & 0xfff,
    families,
  }
}

export function encodeGracefulRestart(writer: Writer, capability: GracefulRestart): void {
  const { restarting, notification, restartSeconds, families } = capability
  writer.u16((restarting ? 0x8000 : 0) | (notification ? 0x4000 : 0) | (restartSeconds & 0xfff))
  for (const { afi, safi, forwarding } of families) {
    writer
      .u16(afi)
      .u8(safi)
      .u8(forwarding ? 0x80 : 0)
  }
}
