import { CELLS, type Cell, type Daemon, ROUTER, ROUTER_ASN, ROUTER_ID, type Run, THEIRS } from '../terms.ts'
import { held } from './held.ts'

const LOG = '/tmp/bgpd.log'

const vtysh = (run: Run, ...commands: string[]): Promise<string> => run('vtysh', ...commands.flatMap((command) => ['-c', command]))
const configure = (run: Run, ...commands: string[]): Promise<string> =>
  vtysh(run, 'configure terminal', `router bgp ${ROUTER_ASN}`, ...commands)

const neighbor = ({ address, asn, mode }: Cell): string[] => [
  ` neighbor ${address} remote-as ${asn}`,
  ` neighbor ${address} update-source ${ROUTER}`,
  ` neighbor ${address} timers 2 6`,
  ` neighbor ${address} timers connect 1`,
  ` neighbor ${address} advertisement-interval 0`,
  ...(mode === 'we connect' ? [` neighbor ${address} passive`] : []),
]

interface Table {
  readonly routes?: Readonly<Record<string, { readonly paths?: readonly Path[] } | readonly Path[]>>
}
interface Path {
  readonly nexthops?: readonly { readonly ip: string }[]
  readonly addpathRxId?: number
  readonly peer?: { readonly peerId?: string }
}

export const frr: Daemon = {
  files: {
    '/etc/frr/vtysh.conf': 'service integrated-vtysh-config\n',
    '/etc/frr/bgpd.conf': [
      `log file ${LOG} informational`,
      `router bgp ${ROUTER_ASN}`,
      ` bgp router-id ${ROUTER_ID}`,
      ' bgp log-neighbor-changes',
      ' no bgp ebgp-requires-policy',
      ' no bgp network import-check',
      ...CELLS.flatMap(neighbor),
      ' address-family ipv4 unicast',
      `  network ${THEIRS}`,
      ...CELLS.map(({ address, addPath }) => `  neighbor ${address} ${addPath ? 'addpath-tx-all-paths' : 'disable-addpath-rx'}`),
      ' exit-address-family',
      '',
    ].join('\n'),
  },
  beside: [['/usr/lib/frr/zebra', '-A', '127.0.0.1', '-P', '0']],
  command: ['/usr/lib/frr/bgpd', '-A', '127.0.0.1', '-P', '0', '-f', '/etc/frr/bgpd.conf'],
  version: async (run) => `FRR ${/FRRouting (\S+)/.exec(await vtysh(run, 'show version'))?.[1] ?? '?'}`,
  async ready(run) {
    if (!(await vtysh(run, 'show bgp summary json')).includes(CELLS[0]!.address)) throw new Error('no neighbors yet')
  },
  async held(run) {
    const { routes = {} } = JSON.parse(await vtysh(run, 'show bgp ipv4 unicast json detail')) as Table
    return held(
      Object.entries(routes).flatMap(([prefix, route]) =>
        ('paths' in route ? (route.paths ?? []) : (route as readonly Path[])).map((path) => ({
          neighbor: path.peer?.peerId ?? '',
          prefix,
          path: `${path.nexthops?.[0]?.ip} ${path.addpathRxId || '-'}`,
        })),
      ),
    )
  },
  reset: (run, { address }) => vtysh(run, `clear bgp ipv4 ${address}`),
  async refresh(run, { address }) {
    await vtysh(run, `clear bgp ipv4 unicast ${address} soft in`)
    return 'asked'
  },
  shutdown: (run, { address }, message) => configure(run, `neighbor ${address} shutdown message ${message}`),
  enable: (run, { address }) => configure(run, `no neighbor ${address} shutdown`),
  heard: async (run, { address }) =>
    (await run('cat', LOG))
      .split('\n')
      .filter((line) => line.includes('%NOTIFICATION: received') && line.includes(address))
      .join('\n'),
}
