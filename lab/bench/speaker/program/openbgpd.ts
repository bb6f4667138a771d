/** OpenBGPD: three processes (parent, session engine, route decision engine); no routes into the kernel. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Daemon, endAll, type Running, type Setup, until } from './daemon.ts'
import { run } from './place.ts'

export const openbgpd: Daemon = {
  version: async () => (await run('sh', '-c', '/usr/sbin/bgpd -V 2>&1')).trim().replace('OpenBGPD ', ''),
  start,
}

async function start(setup: Setup): Promise<Running> {
  const { ground, place, folder, peerAddress } = setup
  const file = join(folder, 'openbgpd.conf')
  const socket = join(folder, 'openbgpd.sock')
  writeFileSync(file, configuration(setup, socket))
  chmodSync(file, 0o600)
  // Where it locks itself in; the package leaves that to systemd.
  const home = (await run('getent', 'passwd', '_openbgpd')).split(':')[5] ?? ''
  mkdirSync(home, { recursive: true })
  const child = ground.start(place, join(folder, 'log'), ['/usr/sbin/bgpd', '-d', '-f', file])
  const ask = (...words: string[]) => run('bgpctl', '-s', socket, ...words)
  await until('OpenBGPD answers', async () => (await ask('show', 'summary')).includes(peerAddress), 20)
  return {
    pid: child.pid ?? 0,
    established: async () => (await ask('-j', 'show', 'neighbor', peerAddress)).includes('"state": "Established"'),
    holds: async (prefix) => (await ask('show', 'rib', prefix)).includes(prefix),
    count: async () =>
      Number(/"prefixes":\s*\{[^}]*"received":\s*(\d+)/.exec(await ask('-j', 'show', 'neighbor', peerAddress))?.[1] ?? Number.NaN),
    stop: () => endAll(child),
  }
}

function configuration({ address, asn, peerAddress, peerAsn, passive, holdTimeSeconds }: Setup, socket: string): string {
  return `AS ${asn}
router-id ${address}
fib-update no
listen on ${address}
socket "${socket}"
neighbor ${peerAddress} {
  remote-as ${peerAsn}
  holdtime ${holdTimeSeconds}
  announce add-path recv yes
${passive ? '  passive\n' : ''}}
allow from ebgp
deny to ebgp
`
}
