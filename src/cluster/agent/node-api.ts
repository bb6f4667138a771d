/**
 * The API's process on a control-plane node, with two doors to the store: at the node's own address for as long as it runs, for the node's own
 * agent; and at the CP VIP while that is local, for everybody else. The first one rests on no session and does not go with the VIP: so the
 * agent's renewals tell of this node's API and of no other's, also of its recovery.
 */
import { type Micros, SECOND } from '../../model/index.ts'
import type { Endpoint, Timer, World } from '../../world/index.ts'
import { ApiFront } from './api-front.ts'

const LISTEN_RETRY: Micros = 1 * SECOND

export interface NodeApiOptions {
  /** The node's own address, from which the store is reached as well. */
  readonly address: string
  readonly vip: string
  /** `controlPlaneLBPort` (R27), at both. */
  readonly port: number
  readonly upstream: Endpoint
  /** For a connection to the store. */
  readonly timeout: Micros
  /** A door has opened, or could not be opened. */
  changed(): void
}

export class NodeApi {
  readonly #own: Door
  readonly #atVip: Door
  #running = false
  /** The VIP is local. */
  #vipHere = false

  constructor(world: World, { address, vip, port, upstream, timeout, changed }: NodeApiOptions) {
    const door = (at: string) =>
      new Door(world, new ApiFront(world, { listen: { address: at, port }, upstream, localAddress: address, timeout }), changed)
    this.#own = door(address)
    this.#atVip = door(vip)
  }

  get running(): boolean {
    return this.#running
  }

  /** It listens wherever it should. */
  get serving(): boolean {
    return this.#own.serving && (!this.#vipHere || this.#atVip.serving)
  }

  /** Why it does not listen somewhere; it goes on trying. */
  get problem(): string | undefined {
    return this.#own.problem ?? this.#atVip.problem
  }

  /** It listens at the VIP, or has said why it cannot. */
  get vipTried(): boolean {
    return this.#atVip.serving || this.#atVip.problem !== undefined
  }

  get vipRefused(): boolean {
    return this.#atVip.problem !== undefined
  }

  /** The process starts. `told` is called once the node's own door is open, or cannot be. */
  start(told: () => void = () => {}): void {
    this.#running = true
    this.#own.open(told)
    if (this.#vipHere) this.#atVip.open()
  }

  /** The process dies: new connections are refused, those that are open get FIN. */
  stop(): void {
    this.#running = false
    this.#own.close()
    this.#atVip.close()
  }

  vipCame(): void {
    this.#vipHere = true
    if (this.#running) this.#atVip.open()
  }

  /** Called while the address still carries the FIN: after that these connections would be deaf and dumb. */
  vipGoes(): void {
    this.#vipHere = false
    this.#atVip.close()
  }
}

/** A front that goes on trying to listen. */
class Door {
  readonly #world: World
  readonly #front: ApiFront
  readonly #changed: () => void
  readonly #retry: Timer
  problem: string | undefined

  constructor(world: World, front: ApiFront, changed: () => void) {
    this.#world = world
    this.#front = front
    this.#changed = changed
    this.#retry = world.clock.timer('API listen retry', () => this.open())
  }

  get serving(): boolean {
    return this.#front.serving
  }

  open(told: () => void = () => {}): void {
    this.#front.start((problem) => {
      if (problem !== undefined) {
        const { events, name: device } = this.#world
        if (problem !== this.problem) events.emit({ type: 'log', device, level: 'error', message: `the API cannot listen: ${problem}` })
        this.#retry.start(LISTEN_RETRY)
      }
      this.problem = problem
      told()
      this.#changed()
    })
  }

  close(): void {
    this.#retry.stop()
    this.#front.stop()
    this.problem = undefined
  }
}
