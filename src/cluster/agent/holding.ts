/**
 * One floating IP on this node, taken and given up in the one right order (requirements, floating-IP policy):
 *
 *     take     address /32 on its interface → gratuitous ARP → speaker from that address
 *     give up  Cease and close → address away
 *
 * The other order of giving up would leave both ends unaware until the hold time ends. A change of mind under way is followed once the step
 * that runs is over.
 */
import type { PeerConfig } from '../../bgp/index.ts'
import type { TimerProfile } from '../../model/index.ts'
import type { World } from '../../world/index.ts'
import type { HostKeeper } from './host-keeper.ts'
import type { NodeRoute, NodeSpeaker, SpeakerFactory } from './speaker.ts'

export type HoldingState = 'adding' | 'held' | 'closing' | 'removing' | 'gone'

export interface HoldingOptions {
  readonly address: string
  readonly interfaceName: string
  readonly timers: TimerProfile
  readonly openSpeaker: SpeakerFactory
  /** Its state is another now. */
  changed(): void
}

export class Holding {
  readonly #world: World
  readonly #host: HostKeeper
  readonly #options: HoldingOptions
  #state: HoldingState = 'gone'
  #wanted = false
  #speaker: NodeSpeaker | undefined
  #peers: readonly PeerConfig[] = []
  #localAsn: number | undefined
  #routes: readonly NodeRoute[] | undefined

  constructor(world: World, host: HostKeeper, options: HoldingOptions) {
    this.#world = world
    this.#host = host
    this.#options = options
  }

  get address(): string {
    return this.#options.address
  }

  get state(): HoldingState {
    return this.#state
  }

  /** False once it is to be given up. */
  get wanted(): boolean {
    return this.#wanted
  }

  get speaker(): NodeSpeaker | undefined {
    return this.#speaker
  }

  acquire(): void {
    this.#wanted = true
    if (this.#state === 'gone') this.#add()
  }

  release(): void {
    this.#wanted = false
    if (this.#state === 'held') this.#close()
  }

  /** The sessions to keep from this address; `localAsn` is the same for all of them. */
  setPeers(localAsn: number | undefined, peers: readonly PeerConfig[]): void {
    const another = this.#localAsn !== undefined && localAsn !== undefined && localAsn !== this.#localAsn
    this.#localAsn = localAsn ?? this.#localAsn
    this.#peers = peers
    if (this.#state !== 'held') return
    if (another && this.#speaker !== undefined) this.#reopen(this.#speaker)
    else if (this.#speaker !== undefined) this.#speaker.setPeers(peers)
    else this.#open()
  }

  /** What its sessions announce; `undefined` until that is known. */
  setRoutes(routes: readonly NodeRoute[] | undefined): void {
    this.#routes = routes
    if (routes !== undefined) this.#speaker?.announce(routes)
  }

  /** The node goes down in good order: Cease and close, the address stays as it is. */
  shutdown(done: () => void): void {
    this.#wanted = false
    const speaker = this.#speaker
    this.#speaker = undefined
    if (speaker === undefined) done()
    else speaker.stop(done)
  }

  #enter(state: HoldingState) {
    this.#state = state
    this.#options.changed()
  }

  #add() {
    const { address, interfaceName, timers } = this.#options
    this.#enter('adding')
    this.#host.addAddress(address, interfaceName, () => {
      if (!this.#wanted) {
        this.#remove()
        return
      }
      const { count, interval } = timers.gratuitousArp
      this.#world.host.announce(address, interfaceName, count, interval)
      this.#enter('held')
      if (this.#speaker === undefined) this.#open()
    })
  }

  #open() {
    if (this.#localAsn === undefined || this.#peers.length === 0) return
    this.#speaker = this.#options.openSpeaker({
      localAddress: this.address,
      localAsn: this.#localAsn,
      routerId: this.address,
      peers: this.#peers,
    })
    if (this.#routes !== undefined) this.#speaker.announce(this.#routes)
  }

  /** Its own AS number has changed: every session of it ends and is set up anew. */
  #reopen(speaker: NodeSpeaker) {
    this.#speaker = undefined
    this.#enter('closing')
    speaker.stop(() => {
      if (!this.#wanted) {
        this.#remove()
        return
      }
      this.#enter('held')
      this.#open()
    })
  }

  #close() {
    const speaker = this.#speaker
    this.#speaker = undefined
    if (speaker === undefined) {
      this.#remove()
      return
    }
    this.#enter('closing')
    speaker.stop(() => this.#remove())
  }

  #remove() {
    this.#enter('removing')
    this.#host.removeAddress(this.address, () => {
      this.#enter('gone')
      if (this.#wanted) this.#add()
    })
  }
}
