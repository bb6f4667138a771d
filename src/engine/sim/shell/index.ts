/**
 * sim/shell: the few commands of a device's shell that change or show what is simulated: addresses, packet filters, ping, and the programs that the
 * lab was opened with. Nobody is at a real shell here: whatever else a scenario wants of one, it wants of real routers, and is told so.
 *
 * Refuses: other programs, files that nothing here reads, and guesses at commands. Imports the simulation.
 */
import { SECOND } from '../../../model/index.ts'
import type { CommandResult, HttpAnswer, RunningCommand, Terminal } from '../../lab.ts'
import type { Simulation } from '../simulation.ts'
import { ipAddress, ipRouteGet } from './ip.ts'
import { nft } from './nft.ts'
import { ping } from './ping.ts'
import { Programs, type SimulatedProgram } from './programs.ts'
import { ps } from './ps.ts'
import { copyTool, tools } from './tools.ts'

export interface Command {
  readonly simulation: Simulation
  readonly device: string
  readonly words: readonly string[]
  /** Text of a file that was copied to the device. */
  readonly read: (path: string) => string | undefined
  /** Of the programs that run on the device. */
  readonly processes: () => readonly { readonly pid: number; readonly command: readonly string[] }[]
  readonly done: (result: CommandResult) => void
}

/** What can be copied to a device and started there, by name. */
export interface Installable {
  readonly bgpadvertiser?: SimulatedProgram
}

/** Answers whether the command is one that it knows. */
export type Interpreter = (command: Command) => boolean

const INTERPRETERS: readonly Interpreter[] = [ipAddress, ipRouteGet, nft, ping, ps, tools]

const HTTP_TIMEOUT = 5 * SECOND

export class Shell {
  readonly #simulation: Simulation
  readonly #installable: Installable
  readonly #files = new Map<string, string>()
  readonly #programs: Programs

  constructor(simulation: Simulation, installable: Installable = {}) {
    this.#simulation = simulation
    this.#installable = installable
    this.#programs = new Programs(simulation)
  }

  /** Throws for a command that is not simulated. */
  exec(device: string, words: readonly string[], done: (result: CommandResult) => void): void {
    this.#powered(device)
    const processes = () => this.#programs.runningOn(device)
    const command = { simulation: this.#simulation, device, words, read: this.#reader(device), processes, done }
    if (!INTERPRETERS.some((interpreter) => interpreter(command))) this.refuse(device, words.join(' '))
  }

  copy(device: string, path: string, content: string | Uint8Array): void {
    this.#powered(device)
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content)
    copyTool(this.#simulation.machine(device), path, text)
    this.#files.set(`${device} ${path}`, text)
  }

  /** Throws for a program that the lab was not opened with. */
  install(device: string, name: keyof Installable, path: string): void {
    this.#powered(device)
    this.#programs.install(device, path, this.#installable[name] ?? this.refuse(device, name))
  }

  /** Throws for what is no installed program. */
  start(device: string, command: readonly string[], terminal: Terminal, done: (running: RunningCommand) => void): void {
    this.#powered(device)
    if (!this.#programs.start(device, command, this.#reader(device), terminal, done)) this.refuse(device, command[0] ?? '')
  }

  httpGet(device: string, url: string, done: (answer: HttpAnswer) => void, failed: (error: Error) => void): void {
    this.#powered(device)
    const { hostname, port, pathname, search } = new URL(url)
    const server = { address: hostname, port: port === '' ? 80 : Number(port) }
    const request = { server, method: 'GET', path: `${pathname}${search}`, timeout: HTTP_TIMEOUT } as const
    this.#simulation.world(device).calls.request(request, (event) => {
      if (event.type === 'reply') done({ status: event.status, body: JSON.stringify(event.body) })
      else failed(new Error(`${device}: ${url}: ${event.type === 'failed' ? event.detail : 'no answer came'}`))
    })
  }

  refuse(device: string, what: string): never {
    throw new Error(`${device}: ${what}: the simulator has no such command; it needs real routers (--engine docker)`)
  }

  #reader(device: string): (path: string) => string | undefined {
    return (path) => this.#files.get(`${device} ${path}`)
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
