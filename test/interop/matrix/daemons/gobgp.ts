import { CELLS, type Cell, type Daemon, ROUTER, ROUTER_ASN, ROUTER_ID, THEIRS } from '../terms.ts'
import { held } from './held.ts'

const LOG = '/tmp/gobgpd.log'

const neighbor = ({ address, asn, mode, addPath }: Cell): string[] => [
  '[[neighbors]]',
  '[neighbors.config]',
  `neighbor-address = "${address}"`,
  `peer-as = ${asn}`,
  '[neighbors.transport.config]',
  `local-address = "${ROUTER}"`,
  `passive-mode = ${mode === 'we connect'}`,
  '[neighbors.timers.config]',
  'connect-retry = 1',
  'idle-hold-time-after-reset = 1',
  'hold-time = 6',
  'keepalive-interval = 2',
  '[[neighbors.afi-safis]]',
  '[neighbors.afi-safis.config]',
  'afi-safi-name = "ipv4-unicast"',
  '[neighbors.afi-safis.add-paths.config]',
  `receive = ${addPath}`,
  ...(addPath ? ['send-max = 16'] : []),
]

export const gobgp: Daemon = {
  files: {
    '/tmp/gobgpd.toml': ['[global.config]', `as = ${ROUTER_ASN}`, `router-id = "${ROUTER_ID}"`, ...CELLS.flatMap(neighbor), ''].join('\n'),
  },
  command: ['sh', '-c', `exec gobgpd -f /tmp/gobgpd.toml --log-plain -l debug >> ${LOG} 2>&1`],
  version: async (run) => `GoBGP ${/version (\S+)/.exec(await run('gobgpd', '--version'))?.[1] ?? '?'}`,
  async ready(run) {
    if (!(await run('gobgp', 'neighbor')).includes(CELLS.at(-1)!.address)) throw new Error('no neighbors yet')
  },
  prepare: (run) => run('gobgp', 'global', 'rib', 'add', THEIRS, 'nexthop', ROUTER),
  /** Only the text shows identifiers: `ID Network Next Hop AS_PATH Age Attrs`; without ADD-PATH there is no first column. */
  async held(run) {
    const texts = await Promise.all(CELLS.map(({ address }) => run('gobgp', 'neighbor', address, 'adj-in').catch(() => '')))
    return held(
      texts.flatMap((text, i) =>
        text
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .flatMap((words) => {
            const at = words.findIndex((word) => word.includes('/'))
            if (at < 0) return []
            return [
              {
                neighbor: CELLS[i]!.address,
                prefix: words[at]!,
                path: `${words[at + 1]} ${at > 0 && Number(words[at - 1]) ? words[at - 1] : '-'}`,
              },
            ]
          }),
      ),
    )
  },
  reset: (run, { address }) => run('gobgp', 'neighbor', address, 'reset'),
  /** It keeps what it was told, and looks at that again. */
  async refresh(run, { address }) {
    await run('gobgp', 'neighbor', address, 'softresetin')
    return 'never'
  },
  /** `disable --reason` takes the words and does not send them. */
  shutdown: (run, { address }, message) => run('gobgp', 'neighbor', address, 'shutdown', '--reason', message),
  enable: (run, { address }) => run('gobgp', 'neighbor', address, 'enable'),
  heard: async (run, { address }) =>
    (await run('cat', LOG))
      .split('\n')
      .filter((line) => /received notification/i.test(line) && line.includes(address))
      .join('\n'),
}
