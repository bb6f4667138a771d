/**
 * Where things run: two network namespaces with one veth pair between them, and which core is whose.
 *
 *     this program's own   10.0.0.1 bench0 ─── bench1 10.0.0.2   the other one's
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { openSync } from 'node:fs'

export const HERE = '10.0.0.1'
export const THERE = '10.0.0.2'
export const ASN_HERE = 65001
export const ASN_THERE = 65002
export const INTERFACE = 'bench0'

export type Side = 'here' | 'there'

export interface Place {
  readonly side: Side
  readonly core: number
}

export function run(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${command} ${args.join(' ')}: ${stderr || stdout || error.message}`)) : resolve(stdout),
    )
  })
}

/** What this run made outside itself. */
export class Ground {
  #holder: ChildProcess | undefined

  async make(): Promise<void> {
    // Holds the other namespace open. Its end of a pipe to us is what ends it when we are gone.
    this.#holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { promise, resolve } = Promise.withResolvers<void>()
    // What cat says back says that it is running, so inside.
    this.#holder.stdout?.once('data', () => resolve())
    this.#holder.stdin?.write('\n')
    await promise
    const there = String(this.#holder.pid)
    await run('ip', 'link', 'add', INTERFACE, 'type', 'veth', 'peer', 'name', 'bench1', 'netns', there)
    await run('ip', 'addr', 'add', `${HERE}/24`, 'dev', INTERFACE)
    await run('ip', 'link', 'set', INTERFACE, 'up')
    await run('ip', 'link', 'set', 'lo', 'up')
    for (const line of [`addr add ${THERE}/24 dev bench1`, 'link set bench1 up', 'link set lo up']) {
      await run('nsenter', '-t', there, '-n', 'ip', ...line.split(' '))
    }
  }

  /** Starts a daemon in its namespace, on its core alone. Its PID is the child's. */
  start({ side, core }: Place, log: string, command: readonly string[]): ChildProcess {
    const enter = side === 'here' ? [] : ['nsenter', '-t', String(this.#holder?.pid), '-n']
    const [program = '', ...args] = [...enter, 'taskset', '-c', String(core), ...command]
    const output = openSync(log, 'a')
    return spawn(program, args, { stdio: ['ignore', output, output] })
  }

  end(): void {
    this.#holder?.kill('SIGKILL')
  }
}

/** Puts this program on a core, threads and all. */
export async function moveTo(core: number): Promise<void> {
  await run('taskset', '-a', '-c', '-p', String(core), String(process.pid))
}
