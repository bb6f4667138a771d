/**
 * What two OPENs come to: the checks of RFC 4271 §6.2 that depend on the configuration, and the capabilities that both ends have.
 */
import { formatIpv4, type Ipv4 } from '../net/index.ts'
import type { GracefulRestartConfig } from './config.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'
import {
  AS_TRANS,
  asnOf,
  type Capability,
  type CodecContext,
  ErrorCode,
  EXTENDED_MESSAGE_SIZE,
  type Family,
  familyName,
  type GracefulRestart,
  IPV4_UNICAST,
  IPV6_UNICAST,
  isIpv4Unicast,
  NO_DATA,
  OpenError,
  type OpenMessage,
  type WireError,
} from './wire/index.ts'

export const FAMILIES: Readonly<Record<FamilyName, Family>> = { ipv4: IPV4_UNICAST, ipv6: IPV6_UNICAST }

export interface OpenConfig {
  readonly localAsn: number
  readonly peerAsn: number
  readonly routerId: Ipv4
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  readonly addPath: { readonly send: boolean; readonly receive: boolean }
  readonly families: readonly FamilyName[]
  readonly addPathIpv6: { readonly send: boolean; readonly receive: boolean }
  readonly enhancedRouteRefresh: boolean
  readonly extendedMessages: boolean
  readonly gracefulRestart?: Required<GracefulRestartConfig>
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
  /** Families that both ends speak. */
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean }
  /** As `addPath`, for IPv6 unicast. */
  readonly addPathIpv6: { readonly send: boolean; readonly receive: boolean }
  /** RFC 7313: both ends mark where an answer to a route refresh begins and ends. */
  readonly enhancedRouteRefresh: boolean
  /** RFC 8654: the peer takes messages beyond 4096 octets; whether it may send them is what we offered. */
  readonly extendedMessages: boolean
  /** RFC 4724: what the peer offered, where we offered it too. */
  readonly gracefulRestart?: GracefulRestart
  /** All that the peer offered. */
  readonly peerCapabilities: readonly Capability[]
}

/** `restarting`: RFC 4724 §4.1, this speaker was restarted and wants its peers to go on until it has their routes again. */
export function openOf(config: OpenConfig, restarting = false): OpenMessage {
  const addPath = [
    ...(config.families.includes('ipv4') ? [{ ...IPV4_UNICAST, ...config.addPath }] : []),
    ...(config.families.includes('ipv6') ? [{ ...IPV6_UNICAST, ...config.addPathIpv6 }] : []),
  ].filter(({ send, receive }) => send || receive)
  const families = config.families.map((family) => FAMILIES[family])
  const { gracefulRestart } = config
  return {
    type: 'open',
    myAs: config.localAsn > 0xffff ? AS_TRANS : config.localAsn,
    holdTimeSeconds: config.holdTimeSeconds,
    identifier: config.routerId,
    capabilities: [
      ...families.map((family) => ({ type: 'multiprotocol' as const, ...family })),
      { type: 'route-refresh' },
      { type: 'four-octet-as', asn: config.localAsn },
      ...(addPath.length > 0 ? [{ type: 'add-path' as const, families: addPath }] : []),
      ...(config.extendedMessages ? [{ type: 'extended-message' as const }] : []),
      ...(config.enhancedRouteRefresh ? [{ type: 'enhanced-route-refresh' as const }] : []),
      ...(gracefulRestart === undefined
        ? []
        : [
            {
              type: 'graceful-restart' as const,
              restarting,
              notification: false,
              restartSeconds: gracefulRestart.restartSeconds,
              families: families.map((family) => ({ ...family, forwarding: gracefulRestart.forwardingPreserved })),
            },
          ]),
    ],
  }
}

/** The session's parameters, or the OPEN Message Error with which the peer's OPEN is answered. */
export function negotiate(config: OpenConfig, open: OpenMessage): Negotiated | WireError {
  const asn = asnOf(open)
  // RFC 7607 §2: also beside a four-octet number, with which it should be AS_TRANS (RFC 6793 §9).
  if (open.myAs === 0) return refuse(OpenError.badPeerAs, 'the peer is AS 0 (RFC 7607)', 'My Autonomous System', 20)
  if (asn !== config.peerAsn) {
    return refuse(OpenError.badPeerAs, `the peer is AS ${asn}, it is configured as AS ${config.peerAsn}`, 'My Autonomous System', 20)
  }
  if (open.identifier === config.routerId && asn === config.localAsn) {
    return refuse(OpenError.badIdentifier, `the peer has our own BGP identifier ${formatIpv4(open.identifier)}`, 'BGP Identifier', 24)
  }
  const offered = open.capabilities.filter((c) => c.type === 'multiprotocol')
  // RFC 4760 §8: without the capability it is IPv4 unicast alone.
  const speaks = (family: Family) => (offered.length === 0 ? isIpv4Unicast(family) : offered.some((one) => sameFamily(one, family)))
  const families = {
    ipv4: config.families.includes('ipv4') && speaks(IPV4_UNICAST),
    ipv6: config.families.includes('ipv6') && speaks(IPV6_UNICAST),
  }
  if (!families.ipv4 && !families.ipv6) {
    const wanted = config.families.map((family) => FAMILIES[family])
    const names = (list: readonly Family[]) => (list.length === 0 ? 'IPv4 unicast' : list.map(familyName).join(', '))
    // RFC 5492 §5: the data holds the capabilities that are missing.
    const data = Uint8Array.from(wanted.flatMap(({ afi, safi }) => [1, 4, afi >> 8, afi & 255, 0, safi]))
    const detail = `the peer does not speak ${names(wanted)}, only ${names(offered)}`
    return refuse(OpenError.unsupportedCapability, detail, 'Capabilities', 29, data)
  }
  const holdTimeSeconds = Math.min(config.holdTimeSeconds, open.holdTimeSeconds)
  const offers = (type: Capability['type']) => open.capabilities.some((c) => c.type === type)
  // RFC 4724 §3: of several the last counts.
  const restart = open.capabilities.findLast((c) => c.type === 'graceful-restart')
  return {
    peerIdentifier: open.identifier,
    holdTimeSeconds,
    keepaliveSeconds: holdTimeSeconds === 0 ? 0 : Math.min(config.keepaliveSeconds, holdTimeSeconds / 3),
    fourOctetAs: offers('four-octet-as'),
    routeRefresh: offers('route-refresh'),
    addPath: agree(open, IPV4_UNICAST, config.addPath, families.ipv4),
    families,
    addPathIpv6: agree(open, IPV6_UNICAST, config.addPathIpv6, families.ipv6),
    enhancedRouteRefresh: config.enhancedRouteRefresh && offers('enhanced-route-refresh') && offers('route-refresh'),
    extendedMessages: config.extendedMessages && offers('extended-message'),
    ...(config.gracefulRestart && restart ? { gracefulRestart: restart } : {}),
    peerCapabilities: open.capabilities,
  }
}

/** How UPDATEs are encoded in one direction. What we may send beyond 4096 octets is what the peer offered to take (RFC 8654 §4). */
export function contextOf(
  { fourOctetAs, addPath, addPathIpv6, families, extendedMessages }: Negotiated,
  way: 'send' | 'receive',
): CodecContext {
  return {
    fourOctetAs,
    addPath: addPath[way],
    ...(families.ipv6 ? { ipv6: { addPath: addPathIpv6[way] } } : {}),
    ...(extendedMessages && way === 'send' ? { maxMessageSize: EXTENDED_MESSAGE_SIZE } : {}),
  }
}

/** RFC 7911 §4: each direction where one end sends and the other receives; a family that comes twice counts once, the first time. */
function agree(open: OpenMessage, family: Family, ours: OpenConfig['addPath'], negotiated: boolean): OpenConfig['addPath'] {
  const theirs = open.capabilities
    .flatMap((c) => (c.type === 'add-path' ? c.families : []))
    .find((one) => negotiated && sameFamily(one, family))
  return { send: ours.send && theirs?.receive === true, receive: ours.receive && theirs?.send === true }
}

function sameFamily(a: Family, b: Family): boolean {
  return a.afi === b.afi && a.safi === b.safi
}

function refuse(subcode: number, detail: string, field: string, offset: number, data: Uint8Array = NO_DATA): WireError {
  return { code: ErrorCode.open, subcode, data, detail, field, offset }
}
