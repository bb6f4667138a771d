import type { LabEvent, LabEventBody, Micros } from '../../model/index.ts'
import type { HostInterface, World } from '../ports.ts'
import { seededRandom } from '../random.ts'
import { type HostMemory, VirtualHost } from './host.ts'
import { type Forwarding, Network } from './network.ts'
import { startProcess } from './process.ts'
import { EventQueue } from './queue.ts'
import { Stack } from './stack.ts'
import { DEFAULT_EPOCH_SECONDS } from './wall-time.ts'

export interface UniverseOptions {
  /** Same seed, same run. Default 1. */
  readonly seed?: number
  /** One way between any two worlds. Default 200 µs. */
  readonly latency?: Micros
  /** Up to this much more per segment, drawn from the seed. Default 0. */
  readonly jitter?: Micros
  /** Wall time at instant 0, seconds since 1970. */
  readonly epochSeconds?: number
  /** From `Host.apply` until it is there. Default 5 ms. */
  readonly applyDelay?: Micros
  /** `send` answers `false` from here on. Default 64 KiB. */
  readonly sendBuffer?: number
  /** What a paused receiver takes before its sender has to wait. Default 64 KiB. */
  readonly receiveBuffer?: number
  /** How long data may stay unacknowledged. Default 924.6 s, Linux's. */
  readonly retransmissionLimit?: Micros
}

export interface WorldOptions {
  readonly name: string
  /** The machine's own: `a.b.c.d` or `a.b.c.d/n`. None: it reaches only itself. */
  readonly addresses: readonly string[]
  /** Default: one, `eth0`, with all addresses. */
  readonly interfaces?: readonly HostInterface[]
}

export interface VirtualWorld extends World {
  readonly host: VirtualHost
  /** No callback of it runs any more. */
  readonly ended: boolean
}

interface Machine {
  readonly stack: Stack
  readonly memory: HostMemory
  world: VirtualWorld
}

/** Several devices on one clock. Time moves only in `step`, `run` and `runUntil`; the same calls with the same seed give the same log. */
export class VirtualUniverse {
  readonly #options: Required<UniverseOptions>
  readonly #queue = new EventQueue(0)
  readonly #network: Network
  readonly #machines = new Map<string, Machine>()
  readonly #log: LabEvent[] = []
  readonly #listeners = new Set<(event: LabEvent) => void>()
  #incarnations = 0

  constructor(options: UniverseOptions = {}) {
    this.#options = {
      seed: 1,
      latency: 200,
      jitter: 0,
      epochSeconds: DEFAULT_EPOCH_SECONDS,
      applyDelay: 5_000,
      sendBuffer: 65_536,
      receiveBuffer: 65_536,
      retransmissionLimit: 924_600_000,
      ...options,
    }
    this.#network = new Network(this.#queue, this.#options, seededRandom(`${this.#options.seed}/network`))
  }

  get now(): Micros {
    return this.#queue.now
  }

  /** Events that wait, retransmissions and timers included. */
  get pending(): number {
    return this.#queue.pending
  }

  /** When the next event is due. */
  get next(): Micros | undefined {
    return this.#queue.next
  }

  /** What all worlds have emitted, in order. */
  get events(): readonly LabEvent[] {
    return this.#log
  }

  /** Called at every event; returns how to stop. */
  subscribe(listener: (event: LabEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(body: LabEventBody): LabEvent {
    const event: LabEvent = { ...body, at: this.now }
    this.#log.push(event)
    for (const listener of this.#listeners) listener(event)
    return event
  }

  /**
   * Starts a device. One that ended (`World.end()`) may be started again under its name: the machine kept its applied host state. After
   * `powerOff` it is a fresh machine. Throws where a world of that name is still running.
   */
  createWorld(options: WorldOptions): VirtualWorld {
    const { name } = options
    const machine = this.#machines.get(name)
    if (machine && !machine.world.ended) throw new Error(`${name} is running: end it or power it off first`)
    const running = machine?.stack.powered ? machine : undefined
    const stack = running?.stack ?? this.#boot(options)
    const memory = running?.memory ?? { applied: undefined }
    const world = this.#process(stack, options, memory)
    this.#machines.set(name, { stack, memory, world })
    return world
  }

  /** Runs something at an absolute instant, as a fault does. */
  at(instant: Micros, run: () => void): void {
    this.#queue.schedule(instant - this.now, run)
  }

  /** Runs the next event; `false` if nothing waits. */
  step(): boolean {
    return this.#queue.step()
  }

  /** Runs what is due up to and with `until` (an instant); afterwards it is `until`. */
  run(until: Micros): void {
    for (let next = this.next; next !== undefined && next <= until; next = this.next) this.#queue.step()
    this.#queue.advanceTo(until)
  }

  /** Runs until `predicate` holds (asked before, and after each event) or it is `deadline`; says whether it holds. */
  runUntil(predicate: () => boolean, deadline: Micros): boolean {
    if (predicate()) return true
    for (let next = this.next; next !== undefined && next <= deadline; next = this.next) {
      this.#queue.step()
      if (predicate()) return true
    }
    this.#queue.advanceTo(deadline)
    return false
  }

  /** The machine is dead at once: its world has ended, and nobody is told. */
  powerOff(name: string): void {
    const { stack, world } = this.#machine(name)
    stack.powerOff()
    world.end()
  }

  /** All its links go down: nothing in, nothing out, and it can only talk to itself. */
  cut(name: string): void {
    this.#machine(name).stack.linked = false
  }

  heal(name: string): void {
    this.#machine(name).stack.linked = true
  }

  /** Nothing passes between the two machines any more, in either direction; what else they reach they still reach. */
  part(a: string, b: string): void {
    this.#network.part(this.#machine(a).stack.name, this.#machine(b).stack.name)
  }

  rejoin(a: string, b: string): void {
    this.#network.rejoin(a, b)
  }

  /** Stands for the routers: how an address is reached that is local to machines and that none of them answers for (an anycast VIP). */
  forward(forwarding: Forwarding): void {
    this.#network.forward = forwarding
  }

  /** The machine that gets traffic to `address` now. */
  holderOf(address: string): string | undefined {
    return this.#network.holderOf(address)?.name
  }

  #machine(name: string): Machine {
    const machine = this.#machines.get(name)
    if (!machine) throw new Error(`no world is called ${name}; there are: ${[...this.#machines.keys()].join(', ') || 'none'}`)
    return machine
  }

  #boot({ name, addresses }: WorldOptions): Stack {
    // A port of its own for every boot, so that a new machine's connections are not taken for those of the dead one.
    const firstPort = 32_768 + ((this.#incarnations++ * 1_009) % 28_000)
    const stack = new Stack(name, addresses, this.#queue, this.#network, this.#options, firstPort)
    this.#network.addressesChanged(stack)
    return stack
  }

  #process(stack: Stack, options: WorldOptions, memory: HostMemory): VirtualWorld {
    const { name, addresses } = options
    const queue = this.#queue
    return startProcess({
      name,
      queue,
      stack,
      seed: `${this.#options.seed}/${name}`,
      epochSeconds: this.#options.epochSeconds,
      emit: (event) => void this.emit(event),
      host: (guard, emit) =>
        new VirtualHost({
          device: name,
          machine: stack,
          memory,
          queue,
          interfaces: options.interfaces ?? [
            { name: 'eth0', addresses: addresses.map((text) => (text.includes('/') ? text : `${text}/32`)) },
          ],
          applyDelay: this.#options.applyDelay,
          guard: guard.run,
          emit,
          announced: (address) => this.#network.announced(stack, address),
        }),
    })
  }
}
