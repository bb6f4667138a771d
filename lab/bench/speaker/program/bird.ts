/** BIRD 2: bgp protocol alone, no kernel protocol; one static protocol for each next hop that it announces. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ControlSocket } from './control.ts'
import { type AnnouncingDaemon, endAll, type RunningAnnouncer, type Setup, until, type VipSet } from './daemon.ts'
import { run } from './place.ts'

export const bird: AnnouncingDaemon = {
  version: async () => (await run('sh', '-c', 'bird --version 2>&1')).trim().replace('BIRD version ', ''),
  start: (setup) => start(setup),
  startAnnouncer: (setup, vips) => start(setup, vips),
}

async function start(setup: Setup, vips?: VipSet): Promise<RunningAnnouncer> {
  const { ground, place, folder } = setup
  const file = join(folder, 'bird.conf')
  const socket = join(folder, 'bird.ctl')
  writeFileSync(file, configuration(setup, vips))
  const child = ground.start(place, join(folder, 'log'), ['bird', '-f', '-c', file, '-s', socket, '-P', join(folder, 'pid')])
  // A reply ends with a line whose code is followed by a space.
  const open = () => ControlSocket.open(socket, (answer) => /(^|\n)\d{4} [^\n]*\n$/.test(answer), true)
  let control: ControlSocket | undefined
  await until(
    'BIRD answers',
    async () => {
      control = await open()
      return true
    },
    20,
  )
  const ask = (line: string) => control!.ask(`${line}\n`)
  const last = vips?.nextHops.length ?? 0
  return {
    pid: child.pid ?? 0,
    established: async () => (await ask('show protocols peer')).includes('Established'),
    holds: async (prefix) => (await ask(`show route ${prefix}`)).includes(prefix),
    count: async () => Number(/Routes:\s+(\d+) imported/.exec(await ask('show protocols all peer'))?.[1] ?? Number.NaN),
    announce: async () => void (await ask('enable "hop*"')),
    withdrawLastHop: async () => void (await ask(`disable hop${last}`)),
    async stop() {
      control?.close()
      await endAll(child)
    },
  }
}

function configuration(setup: Setup, vips: VipSet | undefined): string {
  const { address, asn, peerAddress, peerAsn, passive, holdTimeSeconds, keepaliveSeconds } = setup
  const statics = vips?.nextHops.map(
    (hop, i) => `protocol static hop${i + 1} {
  disabled yes;
  ipv4 { import all; };
${vips.prefixes.map((prefix) => `  route ${prefix} via ${hop};`).join('\n')}
}`,
  )
  return `router id ${address};
protocol device { }
protocol bgp peer {
  local ${address} as ${asn};
  neighbor ${peerAddress} as ${peerAsn};
  passive ${passive ? 'yes' : 'no'};
  connect retry time 1;
  connect delay time 1;
  hold time ${holdTimeSeconds};
  keepalive time ${keepaliveSeconds};
  ipv4 { import all; export ${vips ? 'all' : 'none'}; add paths on; };
}
${statics?.join('\n') ?? ''}
`
}
