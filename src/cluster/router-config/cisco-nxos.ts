import { heading, isMultihop, isOffLink, MULTIHOP_TTL, type PeerConfig, within } from './peer.ts'

/** `maximum-paths` goes no further. */
const MAXIMUM_PATHS = 64

/** Cisco NX-OS, pasted after `configure terminal`. */
export function ciscoNxos(config: PeerConfig): string[] {
  const { name, peerIP, peerASN, neighbors, prefixes, maximumPaths, addPathReceive } = config
  return [
    ...heading(config).map((line) => `! ${line}`),
    ...(isOffLink(config) ? [`! ${peerIP} is the address of loopback0 here: put the interface that has it where that is another.`] : []),
    'feature bgp',
    ...prefixes.map((prefix, index) => `ip prefix-list ${name}-VIPS seq ${10 * (index + 1)} permit ${within(prefix, 'ge 32')}`),
    `route-map ${name}-IN permit 10`,
    `  match ip address prefix-list ${name}-VIPS`,
    `route-map ${name}-OUT deny 10`,
    `router bgp ${peerASN}`,
    '  address-family ipv4 unicast',
    `    maximum-paths ${Math.min(MAXIMUM_PATHS, maximumPaths)}`,
    ...neighbors.flatMap((neighbor) => [
      `  neighbor ${neighbor.address}`,
      `    remote-as ${neighbor.asn}`,
      `    description ${neighbor.description}`,
      ...(isOffLink(config) ? ['    update-source loopback0'] : []),
      ...(isMultihop(neighbor) ? [`    ebgp-multihop ${MULTIHOP_TTL}`] : []),
      '    transport connection-mode passive',
      '    address-family ipv4 unicast',
      `      route-map ${name}-IN in`,
      `      route-map ${name}-OUT out`,
      // Here it is this neighbor's alone: `additional-paths receive` under the router's address family is on for every neighbor.
      ...(addPathReceive && neighbor.kind === 'floating IP' ? ['      capability additional-paths receive'] : []),
    ]),
  ]
}
