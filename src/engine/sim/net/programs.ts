import type { Micros } from '../../../model/index.ts'
import { ipv4 } from '../../../net/index.ts'
import type { ServiceRule, World } from '../../../world/index.ts'
import { type Guard, type HostMachine, type HostMemory, type Stack, startProcess, VirtualHost } from '../../../world/virtual/index.ts'
import type { Ground } from './ground.ts'
import type { Interface } from './interface.ts'
import { announce } from './neighbors.ts'

/** The machine that programs run on. */
export interface ProgramMachine {
  readonly name: string
  readonly interfaces: readonly Interface[]
  holds(address: string): boolean
  setVips(vips: readonly string[]): void
  setServices(services: readonly ServiceRule[]): void
  /** What was added to an interface, or taken from it. */
  addressesChanged(): void
  /** From `Host.apply` until it is there. */
  applyDelay(): Micros
}

export type Program = World & { readonly ended: boolean }

/** The programs of one machine from one boot to the next, and what its agent has made of the host. */
export class Programs {
  readonly #ground: Ground
  readonly #machine: ProgramMachine
  readonly #epochSeconds: number
  readonly #memory: HostMemory = { applied: undefined }
  readonly #running = new Set<Program>()

  constructor(ground: Ground, machine: ProgramMachine, epochSeconds: number) {
    this.#ground = ground
    this.#machine = machine
    this.#epochSeconds = epochSeconds
  }

  start(stack: Stack, seed: string): Program {
    const { queue, emit } = this.#ground
    const world = startProcess({
      name: this.#machine.name,
      queue,
      stack,
      seed,
      epochSeconds: this.#epochSeconds,
      emit,
      host: (guard, say) => this.#host(guard, say),
    })
    for (const other of this.#running) if (other.ended) this.#running.delete(other)
    this.#running.add(world)
    return world
  }

  /** The machine lost power. */
  end(): void {
    for (const world of this.#running) world.end()
    this.#running.clear()
  }

  #host(guard: Guard, emit: World['events']['emit']): VirtualHost {
    const { name: device, interfaces } = this.#machine
    return new VirtualHost({
      device,
      machine: this.#hostMachine(),
      memory: this.#memory,
      queue: this.#ground.queue,
      interfaces: interfaces.map(({ name, addresses }) => ({ name, addresses })),
      applyDelay: () => this.#machine.applyDelay(),
      guard: guard.run,
      emit,
      announced: (address, name) => {
        const own = this.#interface(name)
        if (own?.running) announce(this.#ground, own, ipv4(address), own.macId)
      },
    })
  }

  #hostMachine(): HostMachine {
    const machine = this.#machine
    return {
      holds: (address) => machine.holds(address),
      addAddress: (address, name) => {
        this.#interface(name)?.added.add(ipv4(address))
        machine.addressesChanged()
      },
      removeAddress: (address, name) => {
        this.#interface(name)?.added.delete(ipv4(address))
        machine.addressesChanged()
      },
      setLocal: (vips) => machine.setVips(vips),
      setServices: (services) => machine.setServices(services),
    }
  }

  #interface(name: string): Interface | undefined {
    return this.#machine.interfaces.find((each) => each.name === name)
  }
}
