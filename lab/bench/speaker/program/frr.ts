/** FRR: bgpd, with zebra beside it for next hops alone (`--no_kernel`: no route goes to it). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ControlSocket } from './control.ts'
import { type Daemon, endAll, type Running, type Setup, until } from './daemon.ts'
import { run } from './place.ts'

export const frr: Daemon = {
  version: async () => /version (\S+)/.exec(await run('/usr/lib/frr/bgpd', '--version'))?.[1] ?? '?',
  start,
}

async function start(setup: Setup): Promise<Running> {
  const { ground, place, folder, peerAddress } = setup
  const log = join(folder, 'log')
  const file = join(folder, 'bgpd.conf')
  writeFileSync(file, configuration(setup))
  const state = join(folder, 'vty')
  mkdirSync(state)
  await run('chown', '-R', 'frr:frr', folder)
  const common = ['--vty_socket', state, '-P', '0', '-z', join(state, 'zserv')]
  const zebra = ground.start(place, log, ['/usr/lib/frr/zebra', ...common, '-i', join(state, 'zebra.pid')])
  let bgpd: ReturnType<typeof ground.start> | undefined
  let control: ControlSocket | undefined
  await until(
    'zebra answers',
    async () => {
      ;(await openVty(join(state, 'zebra.vty'))).close()
      return true
    },
    20,
  )
  bgpd = ground.start(place, log, ['/usr/lib/frr/bgpd', ...common, '-i', join(state, 'bgpd.pid'), '--no_kernel', '-f', file])
  await until(
    'bgpd answers',
    async () => {
      control = await openVty(join(state, 'bgpd.vty'))
      return true
    },
    20,
  )
  // The answer ends with three zeros and a status.
  const ask = async (line: string) => (await control!.ask(`${line}\0`)).slice(0, -4)
  await until('bgpd has read its configuration', async () => (await ask('show bgp summary json')).includes(peerAddress), 20)
  return {
    pid: bgpd.pid ?? 0,
    established: async () => (await ask(`show bgp neighbors ${peerAddress} json`)).includes('"bgpState":"Established"'),
    holds: async (prefix) => (await ask(`show bgp ipv4 unicast ${prefix} json`)).includes('"paths"'),
    count: async () => Number(/"pfxRcd":\s*(\d+)/.exec(await ask('show bgp ipv4 unicast summary json'))?.[1] ?? Number.NaN),
    async stop() {
      control?.close()
      await endAll(...(bgpd ? [bgpd] : []), zebra)
    },
  }
}

function openVty(path: string): Promise<ControlSocket> {
  return ControlSocket.open(path, (answer) => answer.length >= 4 && answer.endsWith('\0\0\0', answer.length - 1))
}

function configuration({ address, asn, peerAddress, peerAsn, passive, holdTimeSeconds, keepaliveSeconds }: Setup): string {
  return `router bgp ${asn}
 bgp router-id ${address}
 no bgp ebgp-requires-policy
 neighbor ${peerAddress} remote-as ${peerAsn}
 neighbor ${peerAddress} timers ${keepaliveSeconds} ${holdTimeSeconds}
 neighbor ${peerAddress} timers connect 1
${passive ? ` neighbor ${peerAddress} passive\n` : ''} address-family ipv4 unicast
  neighbor ${peerAddress} route-map none out
 exit-address-family
route-map none deny 1
`
}
