/**
 * A control-plane node's part in the CP VIP: the address is local, the API is served there, and the node's own speaker announces it (R4, R5, R15).
 * All of it starts from the local file alone.
 *
 *     come   VIP local → the API listens there → announce
 *     go     withdraw → it has left on every session, and routers had time to follow → VIP no longer local
 *
 * The other order of going would have routers send to a node that no longer takes it. It goes only where `withdrawUnhealthy` is set and the API
 * here is not healthy: it does not run, it cannot listen, or the store has not answered for two thirds of a lease. What tells of the store is
 * the node's own lease, which its agent renews through this very API; nothing is asked for this alone.
 */
import { MILLISECOND, type Micros, SECOND, type TimerProfile } from '../../model/index.ts'
import type { Timer, World } from '../../world/index.ts'
import type { ControlPlaneSpeakerConfig } from './config.ts'
import type { HostKeeper } from './host-keeper.ts'
import { NodeApi } from './node-api.ts'
import { type NodeSession, type NodeSpeaker, peerOf, type SpeakerFactory } from './speaker.ts'

/** A node that starts announces at once, as its file says; a store that it never reaches counts against it only then. */
const START_GRACE: Micros = 30 * SECOND
/** From the withdraw on the wire until the address goes: routers took 20–70 ms to follow (docs/routers.md), and packets are under way. */
const DRAIN: Micros = 500 * MILLISECOND

export interface ControlPlaneStatus {
  readonly vip: string
  readonly announced: boolean
  /** The address is local here. */
  readonly local: boolean
  readonly api: 'serving' | 'stopped'
  readonly healthy: boolean
}

export class ControlPlaneNode {
  readonly #world: World
  readonly #config: ControlPlaneSpeakerConfig
  readonly #address: string
  readonly #timers: TimerProfile
  readonly #host: HostKeeper
  readonly #openSpeaker: SpeakerFactory
  /** Absent: the VIP is announced with nothing behind it. */
  readonly #api: NodeApi | undefined
  readonly #silence: Timer
  readonly #drain: Timer
  #speaker: NodeSpeaker | undefined
  #vip: 'away' | 'adding' | 'local' | 'removing' = 'away'
  #route: 'away' | 'announced' | 'withdrawing' | 'draining' = 'away'
  #storeAnswers = true
  #stopped = false

  constructor(
    world: World,
    host: HostKeeper,
    openSpeaker: SpeakerFactory,
    options: { readonly config: ControlPlaneSpeakerConfig; readonly address: string; readonly timers: TimerProfile },
  ) {
    const { config, address, timers } = options
    this.#world = world
    this.#host = host
    this.#openSpeaker = openSpeaker
    this.#config = config
    this.#address = address
    this.#timers = timers
    const { front, vip } = config
    if (front !== undefined)
      this.#api = new NodeApi(world, {
        ...front,
        address,
        vip,
        timeout: Math.floor(timers.leaseDuration / 4),
        changed: () => this.#step(),
      })
    this.#silence = world.clock.timer('store silence', () => this.#silent())
    this.#drain = world.clock.timer('CP VIP drain', () => this.#drained())
  }

  /** `told` is called once the API here listens at the node's own address, or cannot: who asks before that is refused. */
  start(told: () => void): void {
    this.#silence.start(START_GRACE)
    if (this.#api === undefined) told()
    else this.#api.start(told)
    this.#step()
  }

  /** Cease to every peer, then `done`; the address stays, as a floating IP's does. */
  stop(done: () => void): void {
    this.#stopped = true
    for (const timer of [this.#silence, this.#drain]) timer.stop()
    this.#api?.stop()
    if (this.#speaker === undefined) done()
    else this.#speaker.stop(done)
  }

  get status(): ControlPlaneStatus {
    return {
      vip: this.#config.vip,
      announced: this.#route === 'announced',
      local: this.#vip === 'local' || this.#vip === 'removing',
      api: this.#api?.serving ? 'serving' : 'stopped',
      healthy: this.#healthy,
    }
  }

  sessions(): readonly NodeSession[] {
    return this.#speaker?.sessions() ?? []
  }

  /** The node's own lease was renewed: the store answers. */
  storeAnswered(): void {
    this.#silence.start(Math.ceil((this.#timers.leaseDuration * 2) / 3))
    this.#storeAnswers = true
    this.#step()
  }

  /** The API's process dies here, and nothing else does; the node's own agent has no other. */
  stopApi(): void {
    this.#api?.stop()
    this.#step()
  }

  startApi(): void {
    this.#api?.start()
    this.#step()
  }

  /** Its speaker has something new: perhaps the withdraw has left on its last session. */
  sessionsChanged(): void {
    this.#step()
  }

  get #healthy(): boolean {
    return this.#api === undefined || (this.#api.running && this.#api.problem === undefined && this.#storeAnswers)
  }

  get #wanted(): boolean {
    return this.#config.withdrawUnhealthy !== true || this.#healthy
  }

  /** Does the one thing that is next, if any; what it begins calls again when it is over. */
  #step(): void {
    if (this.#stopped) return
    if (this.#wanted) this.#come()
    else this.#go()
  }

  #come(): void {
    this.#drain.stop()
    if (this.#vip === 'away') {
      this.#vip = 'adding'
      this.#host.setVips('control plane', [this.#config.vip], () => {
        this.#vip = 'local'
        this.#api?.vipCame()
        this.#step()
      })
    }
    if (this.#vip !== 'local' || (this.#api?.running && !this.#api.vipTried)) return
    if (this.#route === 'announced') return
    const again = this.#route !== 'away' || this.#speaker !== undefined
    this.#route = 'announced'
    this.#announce([this.#config.vip])
    if (again) this.#say('info', `the API is healthy: ${this.#config.vip} is announced again`)
  }

  #go(): void {
    if (this.#route === 'announced') {
      this.#say('warning', `the API is not healthy (${this.#why()}): ${this.#config.vip} is withdrawn`)
      this.#route = 'withdrawing'
      this.#announce([])
    }
    if (this.#route === 'withdrawing' && this.sessions().every((session) => session.advertised.length === 0)) {
      this.#route = 'draining'
      this.#drain.start(DRAIN)
    }
    // Where it cannot listen at the VIP it goes on trying, and for that the VIP must be local.
    if (this.#route !== 'away' || this.#vip !== 'local' || this.#api?.vipRefused) return
    this.#vip = 'removing'
    this.#api?.vipGoes()
    this.#host.setVips('control plane', [], () => {
      this.#vip = 'away'
      this.#say('info', `${this.#config.vip} is no longer local`)
      this.#step()
    })
  }

  #drained(): void {
    this.#route = 'away'
    this.#step()
  }

  #announce(vips: readonly string[]): void {
    const { localAsn, peers } = this.#config
    const address = this.#address
    this.#speaker ??= this.#openSpeaker({
      localAddress: address,
      localAsn,
      routerId: address,
      peers: peers.map((peer) => peerOf(peer.address, peer.asn, this.#timers)),
    })
    this.#speaker.announce(vips.map((vip) => ({ prefix: `${vip}/32`, nextHops: [address], singleNextHop: address })))
  }

  #silent(): void {
    // An answer may wait to be read behind this timer.
    this.#world.clock.yield(() => {
      if (this.#silence.running || this.#stopped) return
      this.#storeAnswers = false
      this.#step()
    })
  }

  #why(): string {
    if (this.#api?.running !== true) return 'it does not run'
    return this.#api.problem ?? 'the store does not answer'
  }

  #say(level: 'info' | 'warning' | 'error', message: string): void {
    this.#world.events.emit({ type: 'log', device: this.#world.name, level, message })
  }
}
