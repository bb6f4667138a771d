/**
 * Kernel settings of each kind of device, given when its container is created. Both `all` and `default` are set, because interfaces are made
 * afterwards and inherit `default`. Why each is needed: docs/routers.md, "A rack with two ToRs".
 */
const EVERYWHERE = {
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  // An address is answered for by the interface that holds it: without this a VRRP backup answers ARP for the gateway with its own MAC.
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.default.arp_ignore': '1',
} as const

/**
 * The five-tuple is hashed, as a switch does. Policy 1 would do so too, but only for packets that carry no hash yet: here they come with their
 * socket's own, a random number which Linux changes at a retransmission (`net.core.txrehash`), so that TCP flows changed their way and were reset,
 * and every tier chose by the same number. Policy 3 hashes what it is told: both addresses, the protocol, both ports.
 */
const FORWARDING = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.fib_multipath_hash_policy': '3',
  'net.ipv4.fib_multipath_hash_fields': '55',
} as const

export const HOST_SYSCTLS: Readonly<Record<string, string>> = EVERYWHERE

/** A node forwards as well: it hands a VIP's flows on to backends on other nodes. */
export const NODE_SYSCTLS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...FORWARDING,
  // To a neighbour that asks a VIP whose backend is in the same rack it would send redirects, for nothing, and with them use up the ICMP errors
  // that it may send to that address (icmp_ratelimit): then a VIP without backends does not refuse UDP but hangs.
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
}

export const ROUTER_SYSCTLS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...FORWARDING,
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv4.conf.default.arp_announce': '2',
}
