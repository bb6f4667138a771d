import type { LabEventBody, Micros } from '../../model/index.ts'
import type { Host, HostEvent, HostInterface, HostState, ServiceRule } from '../ports.ts'
import type { EventQueue } from './queue.ts'

/** The machine whose state a host keeps. */
export interface HostMachine {
  holds(address: string): boolean
  addAddress(address: string, interfaceName: string): void
  removeAddress(address: string, interfaceName: string): void
  /** Replaces the addresses that are local without being answered for on the wire. */
  setLocal(addresses: readonly string[]): void
  setServices?(services: readonly ServiceRule[]): void
}

/** What a machine was last given; it outlives the program that gave it. */
export interface HostMemory {
  applied: HostState | undefined
}

/** What a virtual host needs of its universe. */
export interface HostContext {
  readonly device: string
  readonly machine: HostMachine
  readonly memory: HostMemory
  readonly queue: EventQueue
  readonly interfaces: readonly HostInterface[]
  /** From `apply` until the state is there. */
  readonly applyDelay: Micros | (() => Micros)
  guard(run: () => void): () => void
  emit(event: LabEventBody): void
  announced(address: string, interfaceName: string): void
}

const EMPTY: HostState = { id: 0, addresses: [], localVips: [], services: [] }

/** The Host port in memory: the desired state is there after `applyDelay`, one `apply` after the other. */
export class VirtualHost implements Host {
  readonly #context: HostContext
  /** Local VIPs of the last request. */
  #asked: readonly string[] = []

  constructor(context: HostContext) {
    this.#context = context
  }

  /** What the machine has now beyond its own configuration. */
  get applied(): HostState {
    return this.#context.memory.applied ?? EMPTY
  }

  interfaces(): readonly HostInterface[] {
    return this.#context.interfaces
  }

  localVips(): readonly string[] {
    return this.applied.localVips
  }

  apply(desired: HostState, sink: (event: HostEvent) => void): void {
    const { queue, guard, applyDelay } = this.#context
    queue.schedule(
      typeof applyDelay === 'number' ? applyDelay : applyDelay(),
      guard(() => {
        const detail = this.#reconcile(desired)
        sink(detail === undefined ? { type: 'applied', id: desired.id } : { type: 'failed', id: desired.id, detail })
      }),
    )
  }

  announce(address: string, interfaceName: string, count: number, interval: Micros): void {
    const { device, queue, guard, machine, emit, announced } = this.#context
    const send = (left: number): void => {
      if (!machine.holds(address)) {
        emit({ type: 'log', device, level: 'warning', message: `gratuitous ARP for ${address} on ${interfaceName}: not held here` })
        return
      }
      if (left === count) emit({ type: 'gratuitous-arp', device, address, count })
      announced(address, interfaceName)
      if (left > 1)
        queue.schedule(
          interval,
          guard(() => send(left - 1)),
        )
    }
    if (count > 0)
      queue.schedule(
        0,
        guard(() => send(count)),
      )
  }

  #reconcile(desired: HostState): string | undefined {
    const { device, machine, memory, interfaces, emit } = this.#context
    const missing = desired.addresses.find((wanted) => !interfaces.some(({ name }) => name === wanted.interface))
    if (missing) return `${missing.address}: ${device} has no interface ${missing.interface}`
    const before = this.applied
    const kept = desired.servicesUnknown ? before.localVips.filter((vip) => !this.#asked.includes(vip)) : []
    const localVips = [...new Set([...desired.localVips, ...kept])].sort()
    const services = desired.servicesUnknown ? before.services : desired.services
    this.#asked = desired.localVips
    memory.applied = { ...desired, localVips, services }
    for (const { address, interface: name } of desired.addresses) {
      if (before.addresses.some((had) => had.address === address)) continue
      machine.addAddress(address, name)
      emit({ type: 'address', device, address, interface: name, present: true })
    }
    machine.setLocal(localVips)
    machine.setServices?.(services)
    for (const { address, interface: name } of before.addresses) {
      if (desired.addresses.some((wanted) => wanted.address === address)) continue
      machine.removeAddress(address, name)
      emit({ type: 'address', device, address, interface: name, present: false })
    }
    return undefined
  }
}
