import { heading, isMultihop, MULTIHOP_TTL, type PeerConfig } from './peer.ts'

/**
 * NVIDIA Cumulus Linux 5, NVUE commands. NVUE writes FRR's configuration, in which ADD-PATH is received unless it is disabled. The switch may try to
 * connect too: a node answers that with a reset, which does no harm (R3).
 */
export function cumulus(config: PeerConfig): string[] {
  const { name, peerIP, peerASN, neighbors, prefixes, maximumPaths } = config
  const bgp = 'nv set vrf default router bgp'
  const list = `nv set router policy prefix-list ${name}-VIPS rule`
  return [
    ...heading(config).map((line) => `# ${line}`),
    'nv set router bgp autonomous-system '.concat(String(peerASN)),
    ...prefixes.flatMap((prefix, index) => [
      `${list} ${10 * (index + 1)} match ${prefix}${prefix.endsWith('/32') ? '' : ' min-prefix-len 32'}`,
      ...(prefix.endsWith('/32') ? [] : [`${list} ${10 * (index + 1)} match ${prefix} max-prefix-len 32`]),
      `${list} ${10 * (index + 1)} action permit`,
    ]),
    `nv set router policy route-map ${name}-IN rule 10 match type ipv4`,
    `nv set router policy route-map ${name}-IN rule 10 match ip-prefix-list ${name}-VIPS`,
    `nv set router policy route-map ${name}-IN rule 10 action permit`,
    `nv set router policy route-map ${name}-OUT rule 10 action deny`,
    `${bgp} address-family ipv4-unicast multipaths ebgp ${maximumPaths}`,
    ...neighbors.flatMap((neighbor) => {
      const own = `${bgp} neighbor ${neighbor.address}`
      return [
        `${own} remote-as ${neighbor.asn}`,
        `${own} description "${neighbor.description}"`,
        `${own} update-source ${peerIP}`,
        ...(isMultihop(neighbor) ? [`${own} multihop-ttl ${MULTIHOP_TTL}`] : []),
        `${own} address-family ipv4-unicast policy inbound route-map ${name}-IN`,
        `${own} address-family ipv4-unicast policy outbound route-map ${name}-OUT`,
      ]
    }),
    'nv config apply',
  ]
}
