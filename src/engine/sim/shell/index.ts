/**
 * sim/shell: the few commands of a device's shell that change or show what is simulated: addresses, packet filters, ping. Nobody is at a real
 * shell here: whatever else a scenario wants of one, it wants of real routers, and is told so.
 *
 * Refuses: programs, files beyond what nft reads, and guesses at commands. Imports the simulation.
 */
import type { CommandResult } from '../../lab.ts'
import type { Simulation } from '../simulation.ts'
import { ipAddress, ipRouteGet } from './ip.ts'
import { nft } from './nft.ts'
import { ping } from './ping.ts'
import { copyTool, tools } from './tools.ts'

export interface Command {
  readonly simulation: Simulation
  readonly device: string
  readonly words: readonly string[]
  /** Text of a file that was copied to the device. */
  readonly read: (path: string) => string | undefined
  readonly done: (result: CommandResult) => void
}

/** Answers whether the command is one that it knows. */
export type Interpreter = (command: Command) => boolean

const INTERPRETERS: readonly Interpreter[] = [ipAddress, ipRouteGet, nft, ping, tools]

export class Shell {
  readonly #simulation: Simulation
  readonly #files = new Map<string, string>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  /** Throws for a command that is not simulated. */
  exec(device: string, words: readonly string[], done: (result: CommandResult) => void): void {
    this.#powered(device)
    const read = (path: string) => this.#files.get(`${device} ${path}`)
    const command = { simulation: this.#simulation, device, words, read, done }
    if (!INTERPRETERS.some((interpreter) => interpreter(command))) this.refuse(device, words.join(' '))
  }

  copy(device: string, path: string, content: string | Uint8Array): void {
    this.#powered(device)
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content)
    copyTool(this.#simulation.machine(device), path, text)
    this.#files.set(`${device} ${path}`, text)
  }

  refuse(device: string, what: string): never {
    throw new Error(`${device}: ${what}: the simulator has no such command; it needs real routers (--engine docker)`)
  }

  #powered(device: string): void {
    if (!this.#simulation.machine(device).powered) throw new Error(`${device} has no power`)
  }
}

/** Every command takes a moment. */
const PROMPT = 1_000

export function answer(simulation: Simulation, done: (result: CommandResult) => void, result: Partial<CommandResult> = {}): void {
  simulation.queue.schedule(PROMPT, () => done({ code: 0, stdout: '', stderr: '', ...result }))
}
