/** The simulator for the command line, loaded only when a command needs it. */
import type { Engine as RunnerEngine } from '../scenario/index.ts'

export interface SimulatorOptions {
  /** Of every lab; the topology's name where absent. */
  readonly seed?: string
  /** How long a scenario may wait for what is not the lab's, in real milliseconds. */
  readonly stallMillis?: number
}

export async function openSimulator({ seed, stallMillis }: SimulatorOptions = {}): Promise<RunnerEngine> {
  const [{ createSimLab }, { bgpadvertiser }] = await Promise.all([
    import('../engine/sim/driver/index.ts'),
    import('./bgpadvertiser/simulated.ts'),
  ])
  return {
    description: `simulator, in virtual time${seed === undefined ? '' : `, seed ${seed}`}`,
    open: (plan, { signal }) =>
      createSimLab(plan, {
        signal,
        programs: { bgpadvertiser },
        ...(seed !== undefined && { seed }),
        ...(stallMillis !== undefined && { stallMillis }),
      }),
    // It is memory of this process.
    leftovers: async () => [],
    lacks: ['shell'],
    ...(seed !== undefined && { seed }),
  }
}
