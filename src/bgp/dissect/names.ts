/** Numbers that IANA gave names to. */
import type { Family } from '../wire/capability/family.ts'

const AFI: Readonly<Record<number, string>> = { 1: 'IPv4', 2: 'IPv6', 25: 'L2VPN', 16388: 'BGP-LS' }

const SAFI: Readonly<Record<number, string>> = {
  1: 'unicast',
  2: 'multicast',
  4: 'labeled unicast',
  5: 'MVPN',
  65: 'VPLS',
  66: 'MDT',
  70: 'EVPN',
  71: 'BGP-LS',
  72: 'BGP-LS VPN',
  73: 'SR policy',
  85: 'MUP',
  128: 'VPN',
  129: 'multicast VPN',
  132: 'route target constraint',
  133: 'flow specification',
  134: 'VPN flow specification',
}

export function afiName(afi: number): string | undefined {
  return AFI[afi]
}

export function safiName(safi: number): string | undefined {
  return SAFI[safi]
}

/** `IPv4 unicast`; numbers where there is no name. */
export function familyName({ afi, safi }: Family): string {
  const [first, second] = [AFI[afi] ?? `AFI ${afi}`, SAFI[safi] ?? `SAFI ${safi}`]
  return first === second ? first : `${first} ${second}`
}

export const MESSAGE_TYPES: Readonly<Record<number, string>> = {
  1: 'OPEN',
  2: 'UPDATE',
  3: 'NOTIFICATION',
  4: 'KEEPALIVE',
  5: 'ROUTE-REFRESH',
}

/** IANA "BGP Well-known Communities". */
const COMMUNITIES: Readonly<Record<number, string>> = {
  4294901760: 'GRACEFUL_SHUTDOWN',
  4294901761: 'ACCEPT_OWN',
  4294901762: 'ROUTE_FILTER_TRANSLATED_v4',
  4294901763: 'ROUTE_FILTER_v4',
  4294901764: 'ROUTE_FILTER_TRANSLATED_v6',
  4294901765: 'ROUTE_FILTER_v6',
  4294901766: 'LLGR_STALE',
  4294901767: 'NO_LLGR',
  4294901768: 'accept-own-nexthop',
  4294901769: 'Standby PE',
  4294902426: 'BLACKHOLE',
  4294967041: 'NO_EXPORT',
  4294967042: 'NO_ADVERTISE',
  4294967043: 'NO_EXPORT_SUBCONFED',
  4294967044: 'NOPEER',
}

export function communityName(value: number): string | undefined {
  return COMMUNITIES[value]
}

/** RFC 9012 and IANA "BGP Tunnel Encapsulation Attribute Tunnel Types". */
export const TUNNEL_TYPES: Readonly<Record<number, string>> = {
  1: 'L2TPv3 over IP',
  2: 'GRE',
  7: 'IP in IP',
  8: 'VXLAN',
  9: 'NVGRE',
  10: 'MPLS',
  11: 'MPLS in GRE',
  12: 'VXLAN GPE',
  13: 'MPLS in UDP',
  14: 'IPv6 tunnel',
  15: 'SR policy',
  19: 'Geneve',
}
