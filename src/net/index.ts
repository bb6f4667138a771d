/**
 * net: IPv4 and IPv6 addresses, prefixes and stable hashes. Values only.
 *
 * Refuses: I/O, time, chance, and anything that knows what BGP is. Imports nothing.
 */
export { stableHash } from './hash.ts'
export { compareIpv4, formatIpv4, type Ipv4, ipv4, parseIpv4 } from './ipv4.ts'
export { formatIpv6, formatPrefix6, type Ipv6, ipv6Bytes, maskIpv6, type Prefix6, parseIpv6, parsePrefix6 } from './ipv6.ts'
export { contains, formatPrefix, maskOf, overlaps, type Prefix, parsePrefix, prefix, prefixOf } from './prefix.ts'
