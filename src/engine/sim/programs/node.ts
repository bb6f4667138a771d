/** A cluster node: its backends, and its agent, which may die by itself. */
import { Agent, type AgentConfig } from '../../../cluster/agent/index.ts'
import type { World } from '../../../world/index.ts'
import type { Machine } from '../net/index.ts'
import { type BackendOptions, serveBackend } from './backend.ts'

export interface NodeProgramOptions {
  readonly backend: BackendOptions
  /** Absent before there is a cluster. */
  readonly agent: AgentConfig | undefined
}

export class NodeProgram {
  readonly #machine: Machine
  readonly #options: NodeProgramOptions
  #world: World | undefined
  #agent: { readonly world: World; readonly agent: Agent } | undefined

  constructor(machine: Machine, options: NodeProgramOptions) {
    this.#machine = machine
    this.#options = options
  }

  boot(): void {
    const { backend, agent } = this.#options
    const world = this.#machine.startWorld('node')
    this.#world = world
    serveBackend(this.#machine, world, backend)
    if (agent !== undefined) this.#startAgent(agent)
    world.events.emit({ type: 'ready', device: this.#machine.name, what: 'node' })
  }

  /** For what is tried from this node. */
  get world(): World {
    if (this.#world === undefined) throw new Error(`${this.#machine.name} has no power`)
    return this.#world
  }

  lost(): void {
    this.#world = undefined
    this.#agent = undefined
  }

  /** The agent, or with `api` only what a control-plane node serves at the CP VIP. */
  kill(program?: string): void {
    const { world, agent } = this.#running()
    if (program === 'api') {
      agent.stopApi()
      return
    }
    this.#agent = undefined
    world.end()
  }

  start(program?: string): void {
    if (program === 'api') {
      this.#running().agent.startApi()
      return
    }
    const { agent } = this.#options
    if (agent === undefined) throw new Error(`no agent was configured on ${this.#machine.name}`)
    if (this.#agent !== undefined) throw new Error(`the agent runs already on ${this.#machine.name}`)
    this.#startAgent(agent)
  }

  #startAgent(config: AgentConfig): void {
    const world = this.#machine.startWorld('agent')
    const agent = new Agent(world, config)
    this.#agent = { world, agent }
    agent.start()
  }

  #running() {
    if (this.#agent === undefined) throw new Error(`the agent does not run on ${this.#machine.name}`)
    return this.#agent
  }
}
