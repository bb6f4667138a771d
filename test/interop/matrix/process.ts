/** Commands and long-lived processes of the walk, which runs as root beside the daemon in its container. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import type { Run } from './terms.ts'

export const run: Run = (command, ...args) =>
  new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${[command, ...args].join(' ')}: ${stderr || stdout || error.message}`)) : resolve(stdout),
    )
  })

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A process group of its own, so that a daemon of several processes is stopped and killed whole. */
export class Group {
  readonly child: ChildProcess
  readonly #ended: Promise<void>

  constructor(command: readonly string[], stdio: 'talk' | 'log', name: string) {
    const errors = openSync(`/tmp/${name}.err`, 'a')
    const streams = stdio === 'talk' ? (['pipe', 'pipe', errors] as const) : (['ignore', errors, errors] as const)
    this.child = spawn(command[0]!, command.slice(1), { stdio: [...streams], detached: true })
    this.#ended = new Promise((resolve) => this.child.once('exit', () => resolve()))
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(-this.child.pid!, signal)
  }

  async kill(): Promise<void> {
    process.kill(-this.child.pid!, 'SIGKILL')
    await this.#ended
  }
}

/**
 * A veth pair with the daemon at one end and our six addresses at the other, in a network namespace of their own: its process id.
 * A container's own namespace has no other link.
 */
export async function wire(router: string, routerId: string, ours: readonly string[]): Promise<number> {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
  const inPeers = ['nsenter', '-t', String(holder.pid), '-n']
  const own = await run('readlink', '/proc/self/ns/net')
  while ((await run('readlink', `/proc/${holder.pid}/ns/net`)) === own) await pause(10)
  const ip = async (line: string) => run('ip', ...line.split(' '))
  const peersIp = (line: string) => run(inPeers[0]!, ...inPeers.slice(1), 'ip', ...line.split(' '))
  await ip('link set lo up')
  await ip(`addr add ${routerId}/32 dev lo`)
  await ip(`link add rack0 type veth peer name peers0 netns ${holder.pid}`)
  await ip(`addr add ${router}/24 dev rack0`)
  await peersIp('link set lo up')
  // Each a /32: with the first of several in one subnet the kernel takes the others away too, and with a link's last one its routes.
  await peersIp('addr add 10.0.1.100/32 dev peers0')
  for (const address of ours) await peersIp(`addr add ${address}/32 dev peers0`)
  await peersIp('link set peers0 up')
  await peersIp(`route add ${router}/32 dev peers0`)
  await ip('link set rack0 up')
  return holder.pid!
}
