/** A routing daemon or speaker dies, its device lives: the kernel sends FIN for it, and its addresses still answer. */
import type { Processes } from '../../engine/lab.ts'
import type { Fault } from './fault.ts'

export function daemonKill(processes: Processes, device: string, process?: string): Fault {
  return {
    kind: 'process-kill',
    device,
    key: `daemon ${device} ${process ?? ''}`,
    cure: false,
    inject: () => processes.kill(device, process),
    undo: () => processes.start(device, process),
  }
}

export function daemonStart(processes: Processes, device: string, process?: string): Fault {
  const key = `daemon ${device} ${process ?? ''}`
  return { kind: 'process-start', device, key, cure: true, inject: () => processes.start(device, process) }
}
