import { CELLS, type Cell, type Daemon, ROUTER, ROUTER_ASN, ROUTER_ID, type Run, THEIRS } from '../terms.ts'
import { held } from './held.ts'

const LOG = '/tmp/bird.log'

const nameOf = ({ address }: Cell) => `peer${address.split('.')[3]}`
const birdc = (run: Run, ...words: string[]) => run('birdc', ...words)

const neighbor = (cell: Cell): string => `protocol bgp ${nameOf(cell)} {
  local ${ROUTER} as ${ROUTER_ASN};
  neighbor ${cell.address} as ${cell.asn};
  ${cell.mode === 'we connect' ? 'passive yes;' : ''}
  hold time 6; keepalive time 2;
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  ipv4 { add paths ${cell.addPath ? 'yes' : 'no'}; import all; export all; };
}
`

export const bird: Daemon = {
  files: {
    '/tmp/bird.conf': `log "${LOG}" all;
router id ${ROUTER_ID};
protocol device {}
protocol direct { ipv4; interface "rack0"; }
protocol static { ipv4; route ${THEIRS} blackhole; }
${CELLS.map(neighbor).join('')}`,
  },
  command: ['sh', '-c', 'mkdir -p /run/bird; exec bird -f -c /tmp/bird.conf'],
  version: async (run) => `BIRD ${/version (\S+)/.exec(await run('sh', '-c', 'bird --version 2>&1'))?.[1] ?? '?'}`,
  ready: (run) => birdc(run, 'show', 'status'),
  /** A block for each prefix; it tells the protocol of a path, and no path identifier. */
  async held(run) {
    let prefix = ''
    let neighbor = ''
    const rows: { neighbor: string; prefix: string; path: string }[] = []
    for (const line of (await birdc(run, 'show', 'route', 'all')).split('\n')) {
      const head = /^(\S*)\s+(?:unicast|blackhole) \[peer(\d+) /.exec(line)
      if (/^\S+\/\d+\s/.test(line)) prefix = line.split(/\s/)[0]!
      if (/ \[\w+ /.test(line)) neighbor = head ? `10.0.1.${head[2]}` : ''
      const hop = /BGP\.next_hop: (\S+)/.exec(line)?.[1]
      if (hop !== undefined && neighbor !== '') rows.push({ neighbor, prefix, path: `${hop} ?` })
    }
    return held(rows)
  },
  reset: (run, cell) => birdc(run, 'restart', nameOf(cell)),
  async refresh(run, cell) {
    await birdc(run, 'reload', 'in', nameOf(cell))
    return 'asked'
  },
  shutdown: (run, cell, message) => birdc(run, `disable ${nameOf(cell)} "${message}"`),
  enable: (run, cell) => birdc(run, 'enable', nameOf(cell)),
  heard: async (run, cell) =>
    (await run('cat', LOG))
      .split('\n')
      .filter((line) => line.includes(`${nameOf(cell)}: Received: `))
      .join('\n'),
}
