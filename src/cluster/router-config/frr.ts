import { heading, isMultihop, MULTIHOP_TTL, type PeerConfig, within } from './peer.ts'

/** FRR, pasted into `vtysh` after `configure terminal`, or as part of frr.conf. ADD-PATH is received unless it is disabled. */
export function frr(config: PeerConfig): string[] {
  const { name, peerIP, peerASN, neighbors, prefixes, maximumPaths } = config
  return [
    ...heading(config).map((line) => `! ${line}`),
    ...prefixes.map((prefix, index) => `ip prefix-list ${name}-VIPS seq ${10 * (index + 1)} permit ${within(prefix, 'ge 32')}`),
    '!',
    `route-map ${name}-IN permit 10`,
    ` match ip address prefix-list ${name}-VIPS`,
    'exit',
    `route-map ${name}-OUT deny 10`,
    'exit',
    '!',
    `router bgp ${peerASN}`,
    ...neighbors.flatMap((neighbor) => {
      const own = ` neighbor ${neighbor.address}`
      return [
        `${own} remote-as ${neighbor.asn}`,
        `${own} description ${neighbor.description}`,
        `${own} passive`,
        `${own} update-source ${peerIP}`,
        ...(isMultihop(neighbor) ? [`${own} ebgp-multihop ${MULTIHOP_TTL}`] : []),
      ]
    }),
    ' !',
    ' address-family ipv4 unicast',
    `  maximum-paths ${maximumPaths}`,
    ...neighbors.flatMap(({ address }) => [
      `  neighbor ${address} activate`,
      `  neighbor ${address} route-map ${name}-IN in`,
      `  neighbor ${address} route-map ${name}-OUT out`,
    ]),
    ' exit-address-family',
    'exit',
  ]
}
