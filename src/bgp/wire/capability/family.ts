/** Address families, RFC 4760 §6 and IANA. */
export interface Family {
  readonly afi: number
  readonly safi: number
}

export const IPV4_UNICAST: Family = { afi: 1, safi: 1 }

export function isIpv4Unicast(family: Family): boolean {
  return family.afi === 1 && family.safi === 1
}

export const IPV6_UNICAST: Family = { afi: 2, safi: 1 }

export function isIpv6Unicast(family: Family): boolean {
  return family.afi === 2 && family.safi === 1
}

/** `IPv4 unicast`, `AFI 25 SAFI 65`. */
export function familyName(family: Family): string {
  if (isIpv4Unicast(family)) return 'IPv4 unicast'
  if (isIpv6Unicast(family)) return 'IPv6 unicast'
  return `AFI ${family.afi} SAFI ${family.safi}`
}
