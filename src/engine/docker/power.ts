/** Power off and on, and single links: the wiring helper's faults. */
import type { Micros } from '../../model/index.ts'
import { routesThrough } from '../configs.ts'
import type { Links, Power } from '../lab.ts'
import { POWER_OFF } from '../view.ts'
import { deviceOf, type Parts, reportFault } from './parts.ts'
import { routeLines, wireAgain } from './wiring.ts'
import type { BatchRequest, BatchResult } from './wiring-requests.ts'

export function createPower(parts: Parts): Power {
  const { fleet, plan } = parts
  return {
    /** The kernel of a killed container would still say goodbye on every connection (FIN); so its links go first. */
    async off(device) {
      const { at } = await parts.wiring<{ at: Micros }>('cut', { pid: fleet.pid(device) })
      reportFault(parts, device, POWER_OFF, 'links cut, then killed', at)
      await fleet.kill(device)
      return at
    },
    async on(device) {
      if (fleet.pids.has(device)) throw new Error(`${device} has power already`)
      await fleet.start(device)
      await parts.wiring('wire', wireAgain(plan, fleet.pids, device))
      await seedHash(parts, device)
      const at = parts.now()
      reportFault(parts, device, 'power-on', 'started and wired again', at)
      await parts.startProgram(device)
      return at
    },
  }
}

export function createLinks(parts: Parts): Links {
  const { fleet, plan } = parts
  const batch = async (device: string, lines: readonly string[]): Promise<Micros> => {
    const request: BatchRequest = { device, pid: fleet.pid(device), lines, force: false }
    const result = await parts.wiring<BatchResult>('batch', request)
    if (result.failures.length > 0) throw new Error(`${device}: ${result.failures.join('; ')}`)
    return result.at
  }
  return {
    async down(device, name) {
      return reportFault(parts, device, 'link-down', name, await batch(device, [`link set dev ${name} down`]))
    },
    async up(device, name) {
      const own = deviceOf(plan, device)
      const lines =
        own === undefined
          ? []
          : routeLines(
              routesThrough(
                own,
                own.interfaces.filter((one) => one.name === name),
              ),
            )
      return reportFault(parts, device, 'link-up', name, await batch(device, [`link set dev ${name} up`, ...lines]))
    },
  }
}

/** Gives a device its own multipath hash seed, without which all of a machine's namespaces hash alike (Linux 6.11 and later). */
export async function seedHash(parts: Parts, device: string): Promise<void> {
  const seed = deviceOf(parts.plan, device)?.hashSeed
  if (seed === undefined) return
  await parts.wiring('sysctl', { pid: parts.fleet.pid(device), key: 'net.ipv4.fib_multipath_hash_seed', value: String(seed) })
}
