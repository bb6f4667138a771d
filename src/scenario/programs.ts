/** Programs that a scenario starts on a device: what they print and how they end are records of the lab's event stream. */
import type { RunningCommand } from '../engine/lab.ts'
import type { Injected, Run } from './run.ts'
import type { Tracked } from './tracked.ts'

export class ProgramHandle {
  readonly device: string
  /** The command's, with a number from the second one on a device: `bgpadvertiser`, `bgpadvertiser-2`. */
  readonly name: string
  readonly #run: Run
  readonly #running: RunningCommand

  constructor(run: Run, device: string, name: string, running: RunningCommand) {
    this.#run = run
    this.device = device
    this.name = name
    this.#running = running
  }

  /** Ctrl-C at its terminal; answers the moment. */
  ctrlC(): Tracked<Injected> {
    return this.#run.track(`Ctrl-C at ${this.name}`, async () => {
      const { lab } = this.#run
      const { at } = lab.events.emit({ type: 'log', device: this.device, level: 'info', message: `Ctrl-C at ${this.name}` })
      this.#running.interrupt()
      return { at, device: this.device }
    })
  }
}

export async function startProgram(run: Run, device: string, command: readonly string[]): Promise<ProgramHandle> {
  const { lab } = run
  const name = run.programName(device, command[0]?.split('/').at(-1) ?? '')
  let over = false
  const running = await lab.shell.start(device, command, {
    line: (line) => lab.events.emit({ type: 'output', device, program: name, line }),
    ended: (code) => {
      over = true
      if (code !== undefined) lab.events.emit({ type: 'exit', device, program: name, code })
    },
  })
  run.onEnd(`program ${device} ${name}`, `end of ${name} on ${device}`, async () => {
    if (!over) running.interrupt()
  })
  return new ProgramHandle(run, device, name, running)
}
