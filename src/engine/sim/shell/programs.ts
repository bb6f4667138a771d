/**
 * Programs that somebody copies to a device and starts there. What such a program is comes from whoever opens the lab: here it gets a world of its
 * own on its machine, a terminal, and signals.
 */
import type { World } from '../../../world/index.ts'
import type { RunningCommand, Terminal } from '../../lab.ts'
import { POWER_OFF } from '../../view.ts'
import type { Machine } from '../net/index.ts'
import type { Simulation } from '../simulation.ts'

/** One that runs. */
export interface SimulatedProcess {
  readonly pid: number
  /** What stands behind its name on its command line. */
  readonly words: readonly string[]
  readonly machine: Machine
  readonly world: World
  /** Text of a file on its device. */
  read(path: string): string | undefined
  /** One line, at its terminal. */
  print(line: string): void
  onSignal(listener: (signal: string) => void): void
  /** Ends it: what is open is closed as the kernel closes it. */
  exit(code: number): void
}

/** Starts its work at once, and calls `exit` in the end. */
export type SimulatedProgram = (process: SimulatedProcess) => void

interface Running {
  readonly pid: number
  readonly device: string
  readonly command: readonly string[]
  readonly lost: () => void
}

/** From Enter until a program runs, and from Ctrl-C until it hears of it. */
const PROMPT = 1_000
const FIRST_PID = 1_001

export class Programs {
  readonly #simulation: Simulation
  readonly #installed = new Map<string, SimulatedProgram>()
  readonly #running = new Set<Running>()
  #pid = FIRST_PID

  constructor(simulation: Simulation) {
    this.#simulation = simulation
    simulation.log.subscribe((event) => {
      if (event.type !== 'fault' || event.fault !== POWER_OFF) return
      for (const each of [...this.#running]) if (each.device === event.device) each.lost()
    })
  }

  /** Puts a program at a path of a device. */
  install(device: string, path: string, program: SimulatedProgram): void {
    this.#installed.set(`${device} ${path}`, program)
  }

  /** The command lines of what runs on a device, by process ID. */
  runningOn(device: string): { readonly pid: number; readonly command: readonly string[] }[] {
    return [...this.#running].filter((each) => each.device === device)
  }

  /** Answers `false` where no program is at that path. */
  start(
    device: string,
    command: readonly string[],
    read: (path: string) => string | undefined,
    terminal: Terminal,
    done: (running: RunningCommand) => void,
  ): boolean {
    const [path = '', ...words] = command
    const program = this.#installed.get(`${device} ${path}`)
    if (program === undefined) return false
    const { queue } = this.#simulation
    queue.schedule(PROMPT, () => {
      const machine = this.#simulation.machine(device)
      const pid = this.#pid++
      const world = machine.startWorld(`${path} ${pid}`)
      let signalled: (signal: string) => void = () => end(130)
      const end = (code: number | undefined) => {
        if (!this.#running.delete(running)) return
        world.end()
        terminal.ended(code)
      }
      const running: Running = { pid, device, command, lost: () => end(undefined) }
      this.#running.add(running)
      const guarded = (act: () => void) => {
        if (this.#running.has(running)) act()
      }
      program({
        pid,
        words,
        machine,
        world,
        read,
        print: (line) => guarded(() => terminal.line(line)),
        onSignal(listener) {
          signalled = listener
        },
        exit: end,
      })
      done({ interrupt: () => void queue.schedule(PROMPT, () => guarded(() => signalled('SIGINT'))) })
    })
    return true
  }
}
