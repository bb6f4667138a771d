import { ASN, type Daemon, NODE, PEER_ASN, ROUTER } from './terms.ts'

const LOG = '/tmp/gobgpd.log'

export const gobgp: Daemon = {
  files: (addPath) => ({
    '/tmp/gobgpd.toml': [
      '[global.config]',
      `as = ${PEER_ASN}`,
      `router-id = "${ROUTER}"`,
      '[[neighbors]]',
      '[neighbors.config]',
      `neighbor-address = "${NODE}"`,
      `peer-as = ${ASN}`,
      '[neighbors.transport.config]',
      `local-address = "${ROUTER}"`,
      'passive-mode = true',
      '[neighbors.ebgp-multihop.config]',
      'enabled = true',
      'multihop-ttl = 64',
      '[neighbors.timers.config]',
      'connect-retry = 1',
      'idle-hold-time-after-reset = 1',
      'hold-time = 9',
      'keepalive-interval = 3',
      '[[neighbors.afi-safis]]',
      '[neighbors.afi-safis.config]',
      'afi-safi-name = "ipv4-unicast"',
      '[neighbors.afi-safis.add-paths.config]',
      `receive = ${addPath}`,
      '',
    ].join('\n'),
  }),
  commands: [['sh', '-c', `exec gobgpd -f /tmp/gobgpd.toml --log-plain -l debug > ${LOG} 2>&1`]],
  ready: (run) =>
    run('gobgp', 'neighbor').then(
      (text) => text.includes(NODE),
      () => false,
    ),
  prepare: async (run) => void (await run('gobgp', 'global', 'rib', 'add', '192.0.2.0/24', 'nexthop', ROUTER)),
  /** Only the text shows identifiers: `ID Network Next Hop AS_PATH Age Attrs`; without ADD-PATH there is no first column. */
  async paths(run, prefix) {
    const text = await run('gobgp', 'neighbor', NODE, 'adj-in').catch(() => '')
    return text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words.includes(prefix))
      .map((words) => {
        const at = words.indexOf(prefix)
        return { hop: words[at + 1] ?? '', id: at === 0 ? undefined : Number(words[at - 1]) }
      })
      .sort((a, b) => (a.id ?? 0) - (b.id ?? 0))
      .map(({ hop, id }) => `${hop} ${id ? id : '-'}`)
  },
  // It keeps what it was told and looks at that again.
  asksAgain: false,
  refresh: async () => {},
  reset: async (run) => void (await run('gobgp', 'neighbor', NODE, 'reset')),
  notifications: async (run) => (await run('cat', LOG)).split('\n').filter((line) => /received notification/i.test(line)),
}
