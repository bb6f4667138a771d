import { heading, isMultihop, MULTIHOP_TTL, type PeerConfig } from './peer.ts'

/** GoBGP 3, a whole gobgpd.toml. It puts no route into the kernel by itself: that takes zebra, or an installer of the router's own. */
export function gobgp(config: PeerConfig): string[] {
  const { cluster, peerIP, peerASN, neighbors, prefixes, addPathReceive } = config
  const own = (what: string) => JSON.stringify(`${cluster}-${what}`)
  return [
    ...heading(config).map((line) => `# ${line}`),
    '[global.config]',
    `as = ${peerASN}`,
    `router-id = "${peerIP}"`,
    '',
    '[global.use-multiple-paths.config]',
    'enabled = true',
    '',
    '[global.apply-policy.config]',
    `import-policy-list = [${own('in')}]`,
    'default-import-policy = "accept-route"',
    `export-policy-list = [${own('out')}]`,
    'default-export-policy = "accept-route"',
    '',
    '[[defined-sets.prefix-sets]]',
    `prefix-set-name = ${own('vips')}`,
    ...prefixes.flatMap((prefix) => ['[[defined-sets.prefix-sets.prefix-list]]', `ip-prefix = "${prefix}"`, 'masklength-range = "32..32"']),
    '',
    '[[defined-sets.neighbor-sets]]',
    `neighbor-set-name = ${own('nodes')}`,
    `neighbor-info-list = [${neighbors.map(({ address }) => JSON.stringify(address)).join(', ')}]`,
    '',
    '# From the cluster: its VIPs. To the cluster: nothing.',
    ...statement(own('in'), own('nodes'), own('vips')),
    ...statement(own('out'), own('nodes')),
    ...neighbors.flatMap((neighbor) => [
      '',
      '[[neighbors]]',
      '[neighbors.config]',
      `neighbor-address = "${neighbor.address}"`,
      `peer-as = ${neighbor.asn}`,
      `description = ${JSON.stringify(neighbor.description)}`,
      '[neighbors.transport.config]',
      `local-address = "${peerIP}"`,
      'passive-mode = true',
      ...(isMultihop(neighbor) ? ['[neighbors.ebgp-multihop.config]', 'enabled = true', `multihop-ttl = ${MULTIHOP_TTL}`] : []),
      '[[neighbors.afi-safis]]',
      '[neighbors.afi-safis.config]',
      'afi-safi-name = "ipv4-unicast"',
      '[neighbors.afi-safis.add-paths.config]',
      `receive = ${addPathReceive && neighbor.kind === 'floating IP'}`,
    ]),
  ]
}

/** Rejects what these neighbors are on the other end of; with `except`, all but that. Others' routes are left to other policies. */
function statement(name: string, nodes: string, except?: string): string[] {
  const condition = '[policy-definitions.statements.conditions.match'
  return [
    '[[policy-definitions]]',
    `name = ${name}`,
    '[[policy-definitions.statements]]',
    `name = ${name}`,
    `${condition}-neighbor-set]`,
    `neighbor-set = ${nodes}`,
    'match-set-options = "any"',
    ...(except === undefined ? [] : [`${condition}-prefix-set]`, `prefix-set = ${except}`, 'match-set-options = "invert"']),
    '[policy-definitions.statements.actions]',
    'route-disposition = "reject-route"',
  ]
}
