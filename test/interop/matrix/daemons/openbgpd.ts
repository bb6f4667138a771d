import { CELLS, type Cell, type Daemon, ROUTER, ROUTER_ASN, ROUTER_ID, type Run, THEIRS } from '../terms.ts'
import { held } from './held.ts'

const LOG = '/tmp/openbgpd.log'
const bgpctl = (run: Run, ...words: string[]) => run('bgpctl', ...words)

const neighbor = ({ address, asn, mode, addPath }: Cell): string => `neighbor ${address} {
  remote-as ${asn}
  local-address ${ROUTER}
  ${mode === 'we connect' ? 'passive' : ''}
  ${addPath ? 'announce add-path recv yes\n  announce add-path send all' : ''}
}
`

interface Rib {
  readonly rib?: readonly {
    readonly prefix: string
    readonly exit_nexthop: string
    readonly path_id?: number
    readonly neighbor: { readonly remote_addr: string }
  }[]
}

export const openbgpd: Daemon = {
  files: {
    '/tmp/bgpd.conf': `AS ${ROUTER_ASN}
router-id ${ROUTER_ID}
holdtime 6
connect-retry 1
listen on ${ROUTER}
fib-update no
network ${THEIRS}
${CELLS.map(neighbor).join('')}
allow from ebgp
allow to ebgp
`,
  },
  command: ['sh', '-c', `mkdir -p /run/openbgpd; chmod 600 /tmp/bgpd.conf; exec bgpd -d -v -f /tmp/bgpd.conf >> ${LOG} 2>&1`],
  version: async (run) => (await run('sh', '-c', 'bgpd -V 2>&1')).trim(),
  ready: (run) => bgpctl(run, 'show'),
  async held(run) {
    const { rib = [] } = JSON.parse(await bgpctl(run, '-j', 'show', 'rib', 'in')) as Rib
    return held(
      rib.map(({ prefix, exit_nexthop, path_id, neighbor }) => ({
        neighbor: neighbor.remote_addr,
        prefix,
        path: `${exit_nexthop} ${path_id || '-'}`,
      })),
    )
  },
  reset: (run, { address }) => bgpctl(run, 'neighbor', address, 'clear'),
  async refresh(run, { address }) {
    await bgpctl(run, 'neighbor', address, 'refresh')
    return 'asked'
  },
  shutdown: (run, { address }, message) => bgpctl(run, 'neighbor', address, 'down', message),
  enable: (run, { address }) => bgpctl(run, 'neighbor', address, 'up'),
  heard: (run, { address }) => bgpctl(run, 'show', 'neighbor', address),
  async refusesRefresh(run, { address }) {
    const line = (await run('cat', LOG)).split('\n').find((one) => one.startsWith(`neighbor ${address}: route refresh: `))
    return line?.replace(`neighbor ${address}: `, '')
  },
  nudge: (run, { address }) => bgpctl(run, 'neighbor', address, 'up'),
}
