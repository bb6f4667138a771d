/**
 * A routing daemon while it runs: the sessions of its neighbors, what it makes of their paths, the kernel routes that come of it, and what it
 * announces on. It ends with its World; whoever started it takes its kernel routes away.
 */
import { type PeerConfig, Speaker } from '../../../bgp/index.ts'
import type { LabEventBody, Route, Session, TimerProfile } from '../../../model/index.ts'
import type { NeighborPlan, RouterPlan } from '../../../topology/plan.ts'
import type { Timer, World } from '../../../world/index.ts'
import { idleSession } from '../../idle-session.ts'
import type { Machine, MachineInterface } from '../net/index.ts'
import { announcements } from './announcements.ts'
import { Connections } from './connections.ts'
import { KernelRoutes } from './kernel-routes.ts'
import { onLink } from './links.ts'
import type { DaemonProfile } from './profiles.ts'
import { type Selection, samePath, samePaths, select } from './select.ts'

export interface DaemonOptions {
  readonly plan: RouterPlan
  readonly timers: TimerProfile
  readonly profile: DaemonProfile
  /** Something of the sessions changed. */
  readonly sessionsChanged: () => void
  readonly emit: (event: LabEventBody) => void
}

export class Daemon {
  readonly #world: World
  readonly #machine: Machine
  readonly #options: DaemonOptions
  readonly #connections: Connections
  readonly #kernel: KernelRoutes
  /** By local address: all neighbors that know this router by it. */
  readonly #speakers = new Map<string, Speaker>()
  readonly #selections = new Map<string, Selection>()
  readonly #dirty = new Set<string>()
  readonly #decision: Timer
  readonly #advertisement: Timer
  readonly #stops: (() => void)[]

  constructor(world: World, machine: Machine, options: DaemonOptions) {
    const { plan, profile } = options
    this.#connections = new Connections(world.transport)
    this.#world = { ...portsOf(world), transport: this.#connections }
    this.#machine = machine
    this.#options = options
    this.#kernel = new KernelRoutes({
      table: machine.table,
      profile,
      now: () => world.clock.now(),
      refused: (prefix, why) => options.emit({ type: 'log', device: plan.name, level: 'warning', message: `${prefix}: ${why}` }),
    })
    this.#decision = world.clock.timer('best-path selection', () => this.#decide())
    this.#advertisement = world.clock.timer('advertisement', () => this.#advertise())
    this.#stops = [
      machine.onInterface((changed) => {
        this.#reconsider()
        if (!changed.running) this.#interfaceDown(changed)
      }),
      machine.table.subscribe(({ prefix, protocol }) => {
        // Of its own routes, only those to subnets may be what a next hop is reached through.
        if (protocol !== profile.route.protocol || !prefix.endsWith('/32')) this.#reconsider()
      }),
    ]
    for (const prefix of plan.networks) this.#dirty.add(prefix)
    this.#decideSoon()
    world.clock.timer('sessions', () => this.#open()).start(profile.sessionsHeld)
  }

  /** It has ended. */
  close(): void {
    for (const stop of this.#stops) stop()
  }

  sessions(): readonly Session[] {
    const running = [...this.#speakers.values()].flatMap((speaker) => speaker.sessions())
    return this.#options.plan.neighbors.map((neighbor) => {
      const session = running.find((each) => each.peerAddress === neighbor.address && each.localAddress === neighbor.updateSource)
      return session === undefined ? idleSession(this.#options.plan, neighbor) : readSession(session)
    })
  }

  routes(): readonly Route[] {
    return [...this.#selections.values()].map(({ route }) => route)
  }

  reset(peerAddress: string): void {
    const neighbor = this.#options.plan.neighbors.find(({ address }) => address === peerAddress)
    if (neighbor === undefined) throw new Error(`${this.#options.plan.name} has no neighbor ${peerAddress}`)
    this.#speakers.get(neighbor.updateSource)?.resetPeer(peerAddress)
  }

  #open(): void {
    const { plan } = this.#options
    for (const localAddress of new Set(plan.neighbors.map((neighbor) => neighbor.updateSource))) {
      const neighbors = plan.neighbors.filter((neighbor) => neighbor.updateSource === localAddress)
      for (const { address, multihop } of neighbors) this.#machine.setPeerTtl(address, multihop ? undefined : 1)
      const config = {
        localAddress,
        localAsn: plan.asn,
        routerId: plan.routerId,
        peers: neighbors.map((neighbor) => this.#peer(neighbor)),
        listen: true,
      }
      const speaker = new Speaker(this.#world, config, (event) => {
        if (event.type === 'routes-changed') this.#mark(event.prefixes)
        // Until `established` comes, a session that is up has not been counted.
        else if (event.type === 'established' || (event.type === 'state' && event.to !== 'Established')) this.#options.sessionsChanged()
      })
      this.#speakers.set(localAddress, speaker)
    }
    this.#advertise()
    this.#options.sessionsChanged()
  }

  #peer({ address, asn, passive, addPathReceive }: NeighborPlan): PeerConfig {
    const { timers, profile } = this.#options
    const idleSeconds = passive ? profile.passiveIdleSeconds : profile.activeIdleSeconds
    return {
      peerAddress: address,
      peerAsn: asn,
      passive,
      holdTimeSeconds: timers.holdTimeSeconds,
      keepaliveSeconds: timers.keepaliveSeconds,
      connectRetrySeconds: timers.connectRetrySeconds,
      idleHold: { initialSeconds: idleSeconds, capSeconds: idleSeconds, jitter: profile.idleJitter },
      addPath: { send: false, receive: addPathReceive },
      refusal: profile.refusal,
    }
  }

  #interfaceDown({ name, addresses, present }: MachineInterface): void {
    this.#kernel.interfaceDown(name, present)
    const delay = this.#options.profile.fastFailover
    if (delay === undefined) return
    const own = new Set(addresses.map((each) => each.split('/')[0]))
    const there = this.#options.plan.neighbors.filter(({ updateSource, multihop }) => !multihop && own.has(updateSource))
    if (there.length === 0) return
    const drop = () => {
      for (const { address } of there) this.#connections.drop(address)
    }
    this.#world.clock.timer('interface down', drop).start(delay)
  }

  #mark(prefixes: Iterable<string>): void {
    for (const prefix of prefixes) this.#dirty.add(prefix)
    if (this.#dirty.size > 0 && !this.#decision.running) this.#decideSoon()
  }

  #decideSoon(): void {
    const { least, most } = this.#options.profile.decision
    this.#decision.start(Math.round(least + (most - least) * this.#world.random.next()))
  }

  /** Next hops may be reached otherwise now. */
  #reconsider(): void {
    this.#mark([...this.#selections.keys(), ...this.#options.plan.networks])
  }

  #decide(): void {
    const changed: Selection[] = []
    let announce = false
    for (const prefix of this.#dirty) {
      const before = this.#selections.get(prefix)
      const selection = this.#select(prefix)
      const { route } = selection
      if (route.paths.length > 0) this.#selections.set(prefix, selection)
      else this.#selections.delete(prefix)
      if (!samePaths(route.paths, before?.route.paths ?? []))
        this.#options.emit({ type: 'route', device: this.#options.plan.name, route, uncertainty: 0 })
      if (!samePath(before?.best?.path, selection.best?.path) || before?.best?.attributes !== selection.best?.attributes) announce = true
      changed.push(selection)
    }
    this.#dirty.clear()
    this.#world.clock.timer('install', () => this.#install(changed)).start(this.#options.profile.install)
    if (announce && !this.#advertisement.running) this.#advertisement.start(this.#options.profile.advertisement)
  }

  #select(prefix: string): Selection {
    const { plan, profile } = this.#options
    const { table } = this.#machine
    const candidates = [...this.#speakers.values()].flatMap((speaker) => speaker.candidates(prefix))
    return select({
      plan,
      profile,
      prefix,
      candidates,
      own: !plan.networks.includes(prefix) ? 'no' : this.#originates(prefix) ? 'present' : 'missing',
      resolve: (nextHop) => table.resolve(nextHop, prefix),
      onLink: (nextHop) => onLink(this.#machine.interfaces, nextHop),
    })
  }

  #originates(prefix: string): boolean {
    const { profile } = this.#options
    if (!profile.importCheck) return true
    const route = this.#machine.table.get(prefix)
    if (route !== undefined && route.protocol !== profile.route.protocol) return isRunning(this.#machine.interfaces, route.nextHops)
    return prefix.endsWith('/32') && this.#machine.holds(prefix.slice(0, -3))
  }

  /** What was chosen then; a later choice has an installation of its own, in turn. */
  #install(selections: readonly Selection[]): void {
    for (const { route, hops } of selections) this.#kernel.set(route.prefix, hops)
  }

  #advertise(): void {
    for (const [localAddress, speaker] of this.#speakers)
      speaker.announce(announcements(this.#options.plan, localAddress, this.#selections.values()))
  }
}

/** One by one: a world need not be a plain object. */
function portsOf(world: World): World {
  const { name, clock, random, transport, calls, host, events } = world
  return { name, clock, random, transport, calls, host, events, end: () => world.end() }
}

function isRunning(interfaces: readonly MachineInterface[], hops: readonly { readonly interface: string }[]): boolean {
  return hops.some((hop) => hop.interface === 'lo' || interfaces.some((each) => each.name === hop.interface && each.running))
}

/** Daemons count their sessions' uptime. */
function readSession(session: Session): Session {
  return session.state === 'Established' && session.since !== undefined ? { ...session, upSince: session.since } : session
}
