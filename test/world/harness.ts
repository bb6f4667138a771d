import type { Micros } from '../../src/model/index.ts'
import type { Endpoint, World } from '../../src/world/index.ts'

/** What the contract needs of a world, so that one suite runs on both. Every call of `device` makes a new device. */
export interface WorldHarness {
  device(): Device
  /** Waits until `holds`; fails with what was `recorded` after `limit`. */
  until(holds: () => boolean, what: string, limit?: Micros): Promise<void>
  /** Lets time pass. */
  pass(length: Micros): Promise<void>
  /** Called by recorders whenever something happened. */
  woken(): void
  /** An endpoint of a machine that is there and never answers. */
  noAnswer(): Promise<Endpoint>
  /** A device, and an endpoint that it has no way to. */
  unreachable(): Promise<{ readonly world: World; readonly endpoint: Endpoint }>
  /** A peer on another machine that accepts connections and can lose power. */
  silentPeer(): Promise<SilentPeer>
  close(): Promise<void>
}

export interface Device {
  readonly world: World
  readonly address: string
}

export interface SilentPeer {
  readonly world: World
  readonly endpoint: Endpoint
  powerOff(): Promise<void>
  /** Another machine takes the address, knowing nothing of the connections. */
  replace(): Promise<void>
}

/** Collects what comes to a sink. */
export class Tape<T extends { readonly type: string }> {
  readonly all: T[] = []
  readonly #woken: () => void
  constructor(harness: WorldHarness) {
    this.#woken = () => harness.woken()
  }
  readonly sink = (event: T): void => {
    this.all.push(event)
    this.#woken()
  }
  get types(): string[] {
    return this.all.map(({ type }) => type)
  }
  find<K extends T['type']>(type: K): Extract<T, { readonly type: K }> | undefined {
    return this.all.find((event) => event.type === type) as Extract<T, { readonly type: K }> | undefined
  }
}
