import { heading, isMultihop, MULTIHOP_TTL, type PeerConfig } from './peer.ts'

/**
 * BIRD 2, for an empty bird.conf; where there is one already, its own `router id`, `device`, `direct` and `kernel` stay, and `merge paths` goes into its
 * kernel protocol. A multihop session looks next hops up in the table, so the connected subnets must be in it: hence `direct`.
 */
export function bird(config: PeerConfig): string[] {
  const { name, peerIP, peerASN, neighbors, prefixes, maximumPaths, addPathReceive } = config
  const symbol = name.replaceAll('-', '_')
  const members = prefixes.map((prefix) => (prefix.endsWith('/32') ? prefix : `${prefix}{32,32}`))
  return [
    ...heading(config).map((line) => `# ${line}`),
    '# Where bird.conf has these protocols already, keep its own, and put `merge paths` into its kernel protocol.',
    `router id ${peerIP};`,
    'protocol device { }',
    'protocol direct { ipv4; }',
    'protocol kernel {',
    '  ipv4 { import none; export where source ~ [ RTS_BGP, RTS_STATIC ]; };',
    `  merge paths on limit ${maximumPaths};`,
    '}',
    '',
    `filter ${symbol}_IN { if net ~ [ ${members.join(', ')} ] then accept; reject; }`,
    '',
    ...neighbors.flatMap((neighbor) => {
      const paths = addPathReceive && neighbor.kind === 'floating IP' ? ' add paths rx;' : ''
      return [
        `protocol bgp ${symbol}_${neighbor.address.replaceAll('.', '_')} {`,
        `  description "${neighbor.description}";`,
        `  local ${peerIP} as ${peerASN};`,
        `  neighbor ${neighbor.address} as ${neighbor.asn};`,
        '  passive;',
        isMultihop(neighbor) ? `  multihop ${MULTIHOP_TTL};` : '  direct;',
        `  ipv4 {${paths} import filter ${symbol}_IN; export none; };`,
        '}',
      ]
    }),
  ]
}
