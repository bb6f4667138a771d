/** The advertiser itself: a speaker with one route, its log, its health, and its end in good order. */
import { Speaker, type SpeakerEvent } from '../../bgp/index.ts'
import { SECOND } from '../../model/index.ts'
import type { Listener, Timer, World } from '../../world/index.ts'
import type { Options } from './arguments.ts'
import type { AdvertiserConfig } from './config.ts'
import { healthOf, serveHealth } from './health.ts'
import type { Log } from './log.ts'
import { Narrator } from './narrate.ts'

export const HEALTH_ADDRESS = '127.0.0.1'

/** Between two lines about a session that is not up. */
const REMINDER = 10 * SECOND
/** How long a peer that does not read may hold back the withdrawal at the end. */
const PATIENCE = 1 * SECOND

export interface HealthFailure {
  readonly reason: string
  readonly detail: string
}

export class Advertiser {
  readonly #world: World
  readonly #config: AdvertiserConfig
  readonly #options: Options
  readonly #log: Log
  readonly #route: string
  readonly #reminder: Timer
  #health: Listener | undefined
  #speaker: Speaker | undefined
  #narrator: Narrator | undefined
  #withdrawing: { readonly peers: Set<string>; readonly done: () => void } | undefined

  constructor(world: World, config: AdvertiserConfig, options: Options, log: Log) {
    this.#world = world
    this.#config = config
    this.#options = options
    this.#log = log
    this.#route = `${options.advertiseIp}/32`
    this.#reminder = world.clock.timer('bgpadvertiser reminder', () => this.#remind())
  }

  /** The health server first: where its port is taken another one of this program may run, and nothing has been said to a peer yet. */
  start(failed: (failure: HealthFailure) => void): void {
    const local = { localIP: this.#config.localIP, localASN: this.#config.localASN, route: this.#route }
    this.#health = serveHealth(
      this.#world,
      HEALTH_ADDRESS,
      this.#options.healthPort,
      () => healthOf(local, this.#speaker?.peers() ?? [], this.#world.clock.now()),
      (failure) => (failure === undefined ? this.#begin() : failed(failure)),
    )
  }

  /** Withdraws, then Cease, then FIN; `done` when all of it has left this program. */
  stop(signal: string, done: () => void): void {
    this.#log.zap('Stopping.', { signal })
    this.#reminder.stop()
    const speaker = this.#speaker
    if (speaker === undefined) {
      this.#close(done)
      return
    }
    this.#withdraw(speaker, () => {
      this.#log.zap('Route deleted.', { route: this.#loggedRoute })
      speaker.stop(() => this.#close(done))
    })
  }

  #begin(): void {
    const { localIP, localASN, peers } = this.#config
    const log = this.#log
    log.zap('GoBGP gRPC debug endpoint disabled')
    const speaker = new Speaker(this.#world, { localAddress: localIP, localAsn: localASN, peers: [] }, (event) => this.#heard(event))
    this.#speaker = speaker
    this.#narrator = new Narrator(log, {
      localASN,
      reasonOf: (peerAddress) => speaker.peers().find((peer) => peer.peerAddress === peerAddress)?.reason,
      routeTo: (prefix) => speaker.routeTo(prefix),
    })
    log.zap('Started.')
    log.glog('started', 'BGP advertiser started.')
    log.glog('health', `Health status HTTP server started at "${HEALTH_ADDRESS}:${this.#options.healthPort}".`)
    for (const { peerIP, peerASN } of peers) {
      log.logrus('info', `Add a peer configuration for:${peerIP}`, { Topic: 'Peer' })
      speaker.addPeer({ peerAddress: peerIP, peerAsn: peerASN, port: this.#options.port })
      log.zap('Peer added.', { peer: `${peerIP}/${peerASN}` })
      log.glog('peer', `Peer applied: {${peerASN} ${peerIP}}`)
    }
    speaker.announce([{ prefix: this.#route, nextHops: [localIP], singleNextHop: localIP }])
    log.logrus('debug', 'create Destination', { Nlri: this.#route, Topic: 'Table' })
    log.zap('Route added.', { route: this.#loggedRoute })
    log.glog('route', `Route added: {0 0 ${localIP} ${this.#route} }`)
    log.glog('serving', 'BGP advertiser serving...')
    this.#reminder.start(REMINDER)
  }

  get #loggedRoute() {
    return { ID: 0, Metric: 0, NextHop: this.#config.localIP, Prefix: this.#route, VRF: '' }
  }

  #heard(event: SpeakerEvent): void {
    this.#narrator?.handle(event)
    const withdrawing = this.#withdrawing
    if (withdrawing === undefined) return
    const gone = (event.type === 'update-sent' && event.withdrawn.length > 0) || (event.type === 'state' && event.from === 'Established')
    if (gone && withdrawing.peers.delete(event.peerAddress) && withdrawing.peers.size === 0) withdrawing.done()
  }

  #withdraw(speaker: Speaker, done: () => void): void {
    const told = speaker.peers().filter((peer) => peer.state === 'Established' && peer.prefixesSent > 0)
    const patience = this.#world.clock.timer('bgpadvertiser withdrawal', () => finish())
    let over = false
    const finish = () => {
      if (over) return
      over = true
      patience.stop()
      this.#withdrawing = undefined
      done()
    }
    if (told.length > 0) patience.start(PATIENCE)
    this.#withdrawing = { peers: new Set(told.map((peer) => peer.peerAddress)), done: finish }
    speaker.announce([])
    if (told.length === 0) this.#world.clock.yield(finish)
  }

  #close(done: () => void): void {
    this.#health?.close()
    this.#log.zap('Stopped.')
    done()
  }

  #remind(): void {
    // In Idle its last failure has just been told.
    for (const { peerAddress, state } of this.#speaker?.peers() ?? [])
      if (state !== 'Established' && state !== 'Idle') this.#narrator?.remind(peerAddress, state)
    this.#reminder.start(REMINDER)
  }
}
