import { vi } from 'vitest'
import { main } from '../../src/cli/index.ts'
import { type Machine, thisMachine } from '../../src/cli/which-engine.ts'

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line in this process. No engine is reached: where one would be needed, DOCKER_HOST names a socket that is not there. */
export function run(...args: string[]): Promise<Outcome> {
  return runOn(thisMachine(), ...args)
}

/** The same on a machine that has only what is said of it. */
export async function runOn(machine: Machine, ...args: string[]): Promise<Outcome> {
  let out = ''
  let err = ''
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text
    return true
  })
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text
    return true
  })
  try {
    return { code: await main(['node', 'peerlab', ...args], machine), out, err }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
    process.exitCode = undefined
  }
}
