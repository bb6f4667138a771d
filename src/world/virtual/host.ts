import type { LabEventBody, Micros } from '../../model/index.ts'
import type { Host, HostEvent, HostInterface, HostState } from '../ports.ts'
import type { EventQueue } from './queue.ts'
import type { Stack } from './stack.ts'

/** What a virtual host needs of its universe. */
export interface HostContext {
  readonly device: string
  readonly stack: Stack
  readonly queue: EventQueue
  readonly interfaces: readonly HostInterface[]
  /** From `apply` until the state is there. */
  readonly applyDelay: Micros
  guard(run: () => void): () => void
  emit(event: LabEventBody): void
  announced(address: string): void
}

const EMPTY: HostState = { id: 0, addresses: [], localVips: [], services: [] }

/** The Host port in memory: the desired state is there after `applyDelay`, one `apply` after the other. */
export class VirtualHost implements Host {
  readonly #context: HostContext
  #applied: HostState
  /** Local VIPs of the last request. */
  #asked: readonly string[] = []

  /** `left`: what an earlier process on the same machine had applied. */
  constructor(context: HostContext, left: HostState = EMPTY) {
    this.#context = context
    this.#applied = left
  }

  /** What the machine has now beyond its own configuration. */
  get applied(): HostState {
    return this.#applied
  }

  interfaces(): readonly HostInterface[] {
    return this.#context.interfaces
  }

  apply(desired: HostState, sink: (event: HostEvent) => void): void {
    const { queue, guard, applyDelay } = this.#context
    queue.schedule(
      applyDelay,
      guard(() => {
        const detail = this.#reconcile(desired)
        sink(detail === undefined ? { type: 'applied', id: desired.id } : { type: 'failed', id: desired.id, detail })
      }),
    )
  }

  announce(address: string, interfaceName: string, count: number, interval: Micros): void {
    const { device, queue, guard, stack, emit, announced } = this.#context
    const send = (left: number): void => {
      if (!stack.holds(address)) {
        emit({ type: 'log', device, level: 'warning', message: `gratuitous ARP for ${address} on ${interfaceName}: not held here` })
        return
      }
      if (left === count) emit({ type: 'gratuitous-arp', device, address, count })
      announced(address)
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
    const { device, stack, interfaces, emit } = this.#context
    const missing = desired.addresses.find((wanted) => !interfaces.some(({ name }) => name === wanted.interface))
    if (missing) return `${missing.address}: ${device} has no interface ${missing.interface}`
    const before = this.#applied
    const kept = desired.servicesUnknown ? before.localVips.filter((vip) => !this.#asked.includes(vip)) : []
    const localVips = [...new Set([...desired.localVips, ...kept])].sort()
    this.#asked = desired.localVips
    this.#applied = { ...desired, localVips, services: desired.servicesUnknown ? before.services : desired.services }
    stack.setLocal(localVips)
    for (const { address, interface: name } of desired.addresses) {
      if (before.addresses.some((had) => had.address === address)) continue
      stack.addAddress(address)
      emit({ type: 'address', device, address, interface: name, present: true })
    }
    for (const { address, interface: name } of before.addresses) {
      if (desired.addresses.some((wanted) => wanted.address === address)) continue
      stack.removeAddress(address)
      emit({ type: 'address', device, address, interface: name, present: false })
    }
    return undefined
  }
}
