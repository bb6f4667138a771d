/** From a node towards its peer, past BGP: the kernel's route, ping, and one TCP connection to port 179. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { BGP_PORT } from '../../../../bgp/index.ts'
import type { Look } from '../../../../cluster/preflight/index.ts'
import { run } from './command.ts'

/** Longer than a SYN's first retransmission, so that one lost packet is no verdict. */
const KNOCK_MS = 1_500

export async function look(from: string, to: string): Promise<Look> {
  const hop = await firstHop(from, to)
  const ping = await succeeds('ping', ['-n', '-q', '-c', '2', '-i', '0.2', '-W', '1', '-I', from, to])
  // Asked anew: the kernel goes on using an entry for seconds after its owner has gone.
  const silent =
    !ping && hop !== undefined && !(await succeeds('arping', ['-q', '-f', '-c', '2', '-w', '2', '-I', hop.dev, '-s', from, hop.address]))
  const before = await icmpUnreachable()
  const outcome = await knock(from, to)
  return {
    routed: hop !== undefined,
    ...(silent && { silentHop: hop.address }),
    ping,
    knock: { outcome, icmpUnreachable: (await icmpUnreachable()) - before },
  }
}

/** The gateway, or the address itself on the node's own link. */
async function firstHop(from: string, to: string): Promise<{ readonly address: string; readonly dev: string } | undefined> {
  try {
    const found = JSON.parse(await run('ip', ['-4', '-json', 'route', 'get', to, 'from', from])) as readonly {
      readonly gateway?: string
      readonly dev?: string
    }[]
    const [route] = found
    return route?.dev === undefined ? undefined : { address: route.gateway ?? to, dev: route.dev }
  } catch {
    return undefined
  }
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  )
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
