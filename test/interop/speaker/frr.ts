import { ASN, type Daemon, NODE, PEER_ASN, ROUTER, type Run } from './terms.ts'

const LOG = '/tmp/bgpd.log'

const vtysh = (run: Run, ...commands: string[]): Promise<string> => run('vtysh', ...commands.flatMap((command) => ['-c', command]))

interface BgpPath {
  readonly nexthops?: readonly { readonly ip: string }[]
  readonly addpathRxId?: number
  readonly peer?: { readonly peerId?: string }
}

export const frr: Daemon = {
  files: (addPath) => ({
    '/etc/frr/vtysh.conf': 'service integrated-vtysh-config\n',
    '/etc/frr/bgpd.conf': [
      `log file ${LOG} informational`,
      `router bgp ${PEER_ASN}`,
      ` bgp router-id ${ROUTER}`,
      ' bgp log-neighbor-changes',
      ' no bgp ebgp-requires-policy',
      ' no bgp network import-check',
      ` neighbor ${NODE} remote-as ${ASN}`,
      ` neighbor ${NODE} update-source ${ROUTER}`,
      ` neighbor ${NODE} ebgp-multihop`,
      ` neighbor ${NODE} passive`,
      ` neighbor ${NODE} timers 3 9`,
      ` neighbor ${NODE} timers connect 1`,
      ' address-family ipv4 unicast',
      '  network 192.0.2.0/24',
      ...(addPath ? [] : [`  neighbor ${NODE} disable-addpath-rx`]),
      ' exit-address-family',
      '',
    ].join('\n'),
  }),
  commands: [
    ['/usr/lib/frr/zebra', '-A', '127.0.0.1', '-P', '0'],
    ['/usr/lib/frr/bgpd', '-A', '127.0.0.1', '-P', '0', '-f', '/etc/frr/bgpd.conf'],
  ],
  ready: (run) =>
    vtysh(run, 'show bgp summary json').then(
      (text) => text.includes(NODE),
      () => false,
    ),
  prepare: async () => {},
  async paths(run, prefix) {
    const parsed = JSON.parse(await vtysh(run, `show bgp ipv4 unicast ${prefix} json`)) as { readonly paths?: readonly BgpPath[] }
    return (parsed.paths ?? [])
      .map((path) => ({ hop: path.nexthops?.[0]?.ip ?? '', id: path.addpathRxId }))
      .sort((a, b) => (a.id ?? 0) - (b.id ?? 0))
      .map(({ hop, id }) => `${hop} ${id ? id : '-'}`)
  },
  asksAgain: true,
  refresh: async (run) => void (await vtysh(run, `clear bgp ipv4 unicast ${NODE} soft in`)),
  reset: async (run) => void (await vtysh(run, `clear bgp ipv4 ${NODE}`)),
  notifications: async (run) => (await run('cat', LOG)).split('\n').filter((line) => line.includes('%NOTIFICATION: received')),
}
