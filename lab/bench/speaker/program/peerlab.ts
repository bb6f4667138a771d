/** Our own speaker, as a process like the others: this program again, with `target` as its argument (target.ts). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ControlSocket } from './control.ts'
import { type AnnouncingDaemon, endAll, type RunningAnnouncer, type Setup, until, type VipSet } from './daemon.ts'
import type { LoopReport, TargetCommand, TargetOptions } from './target.ts'

/** What only our own process tells. */
export interface RunningPeerlab extends RunningAnnouncer {
  /** Of its event loop, since the last time. */
  loop(): Promise<LoopReport>
}

export const peerlab: AnnouncingDaemon = {
  version: async () => `on Node ${process.version}`,
  start: (setup) => startPeerlab(setup),
  startAnnouncer: (setup, vips) => startPeerlab(setup, vips),
}

export async function startPeerlab(setup: Setup, vips?: VipSet): Promise<RunningPeerlab> {
  const { ground, place, folder, ...bgp } = setup
  const socket = join(folder, 'control')
  const log = join(folder, 'log')
  const options: TargetOptions = { ...bgp, socket, ...(vips ? { vips } : {}) }
  const program = process.argv[1] ?? ''
  const child = ground.start(place, log, [process.execPath, ...process.execArgv, program, 'target', JSON.stringify(options)])
  let control: ControlSocket | undefined
  await until(
    'our speaker answers',
    async () => {
      control = await ControlSocket.open(socket, (answer) => answer.endsWith('\n'))
      return true
    },
    20,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${readFileSync(log, 'utf8')}`)
  })
  const ask = async (command: TargetCommand) => JSON.parse(await control!.ask(`${JSON.stringify(command)}\n`)) as unknown
  return {
    pid: child.pid ?? 0,
    established: async () => (await ask({ op: 'state' })) === 'Established',
    holds: async (prefix) => (await ask({ op: 'holds', prefix })) === true,
    count: async () => Number(await ask({ op: 'count' })),
    announce: async () => void (await ask({ op: 'announce' })),
    withdrawLastHop: async () => void (await ask({ op: 'withdraw' })),
    loop: async () => (await ask({ op: 'loop' })) as LoopReport,
    async stop() {
      control?.close()
      await endAll(child)
    },
  }
}
