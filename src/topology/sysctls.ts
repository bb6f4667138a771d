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

/** Layer-4 hashing, so that the flows of one client spread over the next hops. */
const FORWARDING = { 'net.ipv4.ip_forward': '1', 'net.ipv4.fib_multipath_hash_policy': '1' } as const

export const HOST_SYSCTLS: Readonly<Record<string, string>> = EVERYWHERE

/** A node forwards as well: it hands a VIP's flows on to backends on other nodes. */
export const NODE_SYSCTLS: Readonly<Record<string, string>> = { ...EVERYWHERE, ...FORWARDING }

export const ROUTER_SYSCTLS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...FORWARDING,
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv4.conf.default.arp_announce': '2',
}
