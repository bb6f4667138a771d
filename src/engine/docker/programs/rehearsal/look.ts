/** From a node towards its peer, past BGP: the kernel's route, ping, and one TCP connection to port 179. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { BGP_PORT } from '../../../../bgp/index.ts'
import type { Look } from '../../../../cluster/preflight/index.ts'
import { run } from './command.ts'

/** Longer than a SYN's first retransmission, so that one lost packet is no verdict. */
const KNOCK_MS = 1_500

export async function look(from: string, to: string): Promise<Look> {
  const done = (command: Promise<string>) =>
    command.then(
      () => true,
      () => false,
    )
  const routed = await done(run('ip', ['-4', 'route', 'get', to, 'from', from]))
  const ping = await done(run('ping', ['-n', '-q', '-c', '2', '-i', '0.2', '-W', '1', '-I', from, to]))
  const before = await icmpUnreachable()
  const outcome = await knock(from, to)
  return { routed, ping, knock: { outcome, icmpUnreachable: (await icmpUnreachable()) - before } }
}

function knock(from: string, to: string): Promise<Look['knock']['outcome']> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port: BGP_PORT, localAddress: from, family: 4 })
    const end = (outcome: Look['knock']['outcome']) => {
      clearTimeout(patience)
      socket.destroy()
      resolve(outcome)
    }
    const patience = setTimeout(() => end('timeout'), KNOCK_MS)
    socket.on('connect', () => end('connected'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(failure(error)))
  })
}

function failure({ code }: NodeJS.ErrnoException): Look['knock']['outcome'] {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'EADDRNOTAVAIL') return 'address-not-local'
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable'
}

/** How many ICMP destination unreachable messages have come in so far: the one sign by which a filter's ICMP error differs from a RST. */
async function icmpUnreachable(): Promise<number> {
  const [names, values] = (await readFile('/proc/net/snmp', 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' '))
  return Number(values?.[names?.indexOf('InDestUnreachs') ?? -1] ?? 0)
}
