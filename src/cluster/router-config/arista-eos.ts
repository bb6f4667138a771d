import { heading, isMultihop, isOffLink, MULTIHOP_TTL, type PeerConfig, within } from './peer.ts'

/** Arista EOS, pasted after `configure`. */
export function aristaEos(config: PeerConfig): string[] {
  const { name, peerIP, peerASN, neighbors, prefixes, maximumPaths, addPathReceive } = config
  return [
    ...heading(config).map((line) => `! ${line}`),
    ...(isOffLink(config) ? [`! ${peerIP} is the address of Loopback0 here: put the interface that has it where that is another.`] : []),
    `ip prefix-list ${name}-VIPS`,
    ...prefixes.map((prefix, index) => `   seq ${10 * (index + 1)} permit ${within(prefix, 'ge 32')}`),
    '!',
    `route-map ${name}-IN permit 10`,
    `   match ip address prefix-list ${name}-VIPS`,
    '!',
    `route-map ${name}-OUT deny 10`,
    '!',
    `router bgp ${peerASN}`,
    `   maximum-paths ${maximumPaths} ecmp ${maximumPaths}`,
    ...neighbors.flatMap((neighbor) => {
      const own = `   neighbor ${neighbor.address}`
      return [
        `${own} remote-as ${neighbor.asn}`,
        `${own} description ${neighbor.description}`,
        `${own} passive`,
        ...(isOffLink(config) ? [`${own} update-source Loopback0`] : []),
        ...(isMultihop(neighbor) ? [`${own} ebgp-multihop ${MULTIHOP_TTL}`] : []),
        `${own} route-map ${name}-IN in`,
        `${own} route-map ${name}-OUT out`,
      ]
    }),
    '   !',
    '   address-family ipv4',
    ...neighbors.flatMap(({ address, kind }) => [
      `      neighbor ${address} activate`,
      ...(addPathReceive && kind === 'floating IP' ? [`      neighbor ${address} additional-paths receive`] : []),
    ]),
    '!',
  ]
}
