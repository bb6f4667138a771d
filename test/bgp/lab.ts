import type { PeerConfig, SpeakerConfig, SpeakerEvent } from '../../src/bgp/index.ts'
import { Speaker } from '../../src/bgp/index.ts'
import { type Micros, SECOND, type SessionState } from '../../src/model/index.ts'
import { type UniverseOptions, VirtualUniverse, type VirtualWorld } from '../../src/world/virtual/index.ts'

export const NODE = '10.0.1.100'
export const TOR = '10.8.0.10'
export const NODE_ASN = 65001
export const TOR_ASN = 65002
export const TIMERS = { holdTimeSeconds: 9, keepaliveSeconds: 3, connectRetrySeconds: 1 }

/** A node's speaker that connects, and a ToR's that listens, in virtual time. */
export class Lab {
  readonly universe: VirtualUniverse
  readonly worlds = new Map<string, VirtualWorld>()
  readonly events: { readonly device: string; readonly event: SpeakerEvent }[] = []

  constructor(options: UniverseOptions = {}) {
    this.universe = new VirtualUniverse({ seed: 7, ...options })
  }

  world(name: string, address: string): VirtualWorld {
    const running = this.worlds.get(name)
    if (running && !running.ended) return running
    const world = this.universe.createWorld({ name, addresses: [address] })
    this.worlds.set(name, world)
    return world
  }

  speaker(name: string, config: SpeakerConfig, worldAddress = config.localAddress): Speaker {
    return new Speaker(this.world(name, worldAddress), config, (event) => this.events.push({ device: name, event }))
  }

  node(peer: Partial<PeerConfig> = {}, speaker: Partial<SpeakerConfig> = {}): Speaker {
    const peers = [{ peerAddress: TOR, peerAsn: TOR_ASN, ...TIMERS, ...peer }]
    return this.speaker('node', { localAddress: NODE, localAsn: NODE_ASN, peers, ...speaker })
  }

  tor(peer: Partial<PeerConfig> = {}, speaker: Partial<SpeakerConfig> = {}): Speaker {
    const peers = [{ peerAddress: NODE, peerAsn: NODE_ASN, passive: true, addPath: { send: false, receive: true }, ...TIMERS, ...peer }]
    return this.speaker('tor', { localAddress: TOR, localAsn: TOR_ASN, listen: true, peers, ...speaker })
  }

  /** Runs until it holds; throws after `limit`. */
  until(what: string, holds: () => boolean, limit: Micros = 60 * SECOND): Micros {
    const from = this.universe.now
    if (!this.universe.runUntil(holds, from + limit)) throw new Error(`never saw: ${what}\n${this.log().join('\n')}`)
    return this.universe.now - from
  }

  pass(length: Micros): void {
    this.universe.run(this.universe.now + length)
  }

  /** `node Idle→Active idle-hold-timer-expired`, one line per change of state. */
  log(device?: string): string[] {
    return this.universe.events.flatMap((event) =>
      event.type === 'fsm' && (device === undefined || event.device === device)
        ? [`${device === undefined ? `${event.device} ` : ''}${event.from}→${event.to} ${event.reason}`]
        : [],
    )
  }

  notifications(device: string): string[] {
    return this.events.flatMap(({ device: at, event }) =>
      at === device && event.type === 'notification' ? [`${event.direction} ${event.code}/${event.subcode}`] : [],
    )
  }
}

export const stateOf = (speaker: Speaker, peer?: string): SessionState | undefined =>
  speaker.peers().find((status) => peer === undefined || status.peerAddress === peer)?.state

export const isUp = (speaker: Speaker): boolean => speaker.peers().every((status) => status.state === 'Established')

/** `10.0.0.1/32: 10.0.1.11#1 10.0.1.12#2`, what the receiver has. */
export const table = (speaker: Speaker, peer: string): string[] =>
  speaker
    .routesIn(peer)
    .map(({ prefix, paths }) => `${prefix}: ${paths.map((p) => `${p.nextHop}${p.pathId === undefined ? '' : `#${p.pathId}`}`).join(' ')}`)
    .sort()
