/** Which engine a command runs labs on: the one that was named, else Docker where there is one, else the simulator. */
import { existsSync } from 'node:fs'
import { socketPlaces } from '../engine/docker/places.ts'
import type { Engine } from '../scenario/index.ts'
import { openEngine } from './engine.ts'
import { COMMAND } from './package.ts'
import type { SimulatorOptions } from './simulator.ts'

export const ENGINES = ['sim', 'docker'] as const
export type EngineName = (typeof ENGINES)[number]

/** What can be seen of this machine. */
export interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where a Docker engine would listen. */
  readonly sockets: readonly string[]
  exists(path: string): boolean
}

export function thisMachine(): Machine {
  return { environment: process.env, sockets: socketPlaces(), exists: existsSync }
}

/** To run labs on. What is left of dead owners on a Docker engine is removed, and told. */
export async function openRunner(
  name: EngineName,
  options: SimulatorOptions = {},
  told: (line: string) => void = () => {},
): Promise<Engine> {
  if (name === 'sim') {
    const { openSimulator } = await import('./simulator.ts')
    return openSimulator(options)
  }
  const engine = await openEngine()
  const runner = await engine.runner()
  const reaped = await engine.reap()
  if (reaped.length > 0) told(`removed what was left of ${reaped.join(', ')}`)
  return runner
}

export interface Choice {
  readonly engine: EngineName
  /** The first thing to say, where nobody asked for this engine. */
  readonly notice?: string
}

/**
 * An engine that is named (by DOCKER_HOST, too) or whose socket is there is meant, whether it answers or not: one that does not is an error, and
 * never a reason to take the simulator in its place.
 */
export function whichEngine(named: EngineName | undefined, command: string, machine: Machine): Choice {
  if (named !== undefined) return { engine: named }
  const { environment, sockets, exists } = machine
  if ((environment.DOCKER_HOST ?? '') !== '' || sockets.some(exists)) return { engine: 'docker' }
  const real = `${COMMAND} setup && ${COMMAND} ${command} --engine docker`
  return {
    engine: 'sim',
    notice: `simulated, as there is no Docker engine here (no DOCKER_HOST, no ${sockets[0]}) · real routers: ${real}`,
  }
}
