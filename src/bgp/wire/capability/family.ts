/** Address families, RFC 4760 §6 and IANA. */
export interface Family {
  readonly afi: number
  readonly safi: number
}

export const IPV4_UNICAST: Family = { afi: 1, safi: 1 }

export function isIpv4Unicast(family: Family): boolean {
  return family.afi === 1 && family.safi === 1
}
