/**
 * What two OPENs come to: the checks of RFC 4271 §6.2 that depend on the configuration, and the capabilities that both ends have.
 */
import { formatIpv4, type Ipv4 } from '../net/index.ts'
import {
  AS_TRANS,
  asnOf,
  type Capability,
  ErrorCode,
  IPV4_UNICAST,
  isIpv4Unicast,
  NO_DATA,
  OpenError,
  type OpenMessage,
  type WireError,
} from './wire/index.ts'

export interface OpenConfig {
  readonly localAsn: number
  readonly peerAsn: number
  readonly routerId: Ipv4
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  readonly addPath: { readonly send: boolean; readonly receive: boolean }
}

/** What one Established session runs on. */
export interface Negotiated {
  readonly peerIdentifier: Ipv4
  /** 0: no hold timer, no keepalives. */
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  readonly fourOctetAs: boolean
  readonly routeRefresh: boolean
  /** For IPv4 unicast, from our side (RFC 7911 §4): both ends must have said so. */
  readonly addPath: { readonly send: boolean; readonly receive: boolean }
  /** All that the peer offered. */
  readonly peerCapabilities: readonly Capability[]
}

export function openOf(config: OpenConfig): OpenMessage {
  const { send, receive } = config.addPath
  return {
    type: 'open',
    myAs: config.localAsn > 0xffff ? AS_TRANS : config.localAsn,
    holdTimeSeconds: config.holdTimeSeconds,
    identifier: config.routerId,
    capabilities: [
      { type: 'multiprotocol', ...IPV4_UNICAST },
      { type: 'route-refresh' },
      { type: 'four-octet-as', asn: config.localAsn },
      ...(send || receive ? [{ type: 'add-path' as const, families: [{ ...IPV4_UNICAST, send, receive }] }] : []),
    ],
  }
}

/** The session's parameters, or the OPEN Message Error with which the peer's OPEN is answered. */
export function negotiate(config: OpenConfig, open: OpenMessage): Negotiated | WireError {
  const asn = asnOf(open)
  if (asn !== config.peerAsn) {
    return refuse(OpenError.badPeerAs, `the peer is AS ${asn}, it is configured as AS ${config.peerAsn}`)
  }
  if (open.identifier === config.routerId && asn === config.localAsn) {
    return refuse(OpenError.badIdentifier, `the peer has our own BGP identifier ${formatIpv4(open.identifier)}`)
  }
  const families = open.capabilities.filter((c) => c.type === 'multiprotocol')
  if (families.length > 0 && !families.some(isIpv4Unicast)) {
    // RFC 5492 §5: the data holds the capability that is missing.
    return refuse(OpenError.unsupportedCapability, 'the peer does not speak IPv4 unicast', Uint8Array.of(1, 4, 0, 1, 0, 1))
  }
  const holdTimeSeconds = Math.min(config.holdTimeSeconds, open.holdTimeSeconds)
  const theirs = open.capabilities.flatMap((c) => (c.type === 'add-path' ? c.families : [])).find(isIpv4Unicast)
  return {
    peerIdentifier: open.identifier,
    holdTimeSeconds,
    keepaliveSeconds: holdTimeSeconds === 0 ? 0 : Math.min(config.keepaliveSeconds, holdTimeSeconds / 3),
    fourOctetAs: open.capabilities.some((c) => c.type === 'four-octet-as'),
    routeRefresh: open.capabilities.some((c) => c.type === 'route-refresh'),
    addPath: {
      send: config.addPath.send && theirs?.receive === true,
      receive: config.addPath.receive && theirs?.send === true,
    },
    peerCapabilities: open.capabilities,
  }
}

function refuse(subcode: number, detail: string, data: Uint8Array = NO_DATA): WireError {
  return { code: ErrorCode.open, subcode, data, detail }
}
