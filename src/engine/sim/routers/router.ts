/** A router as a device: it boots, its daemon runs or is dead, its kernel's routes and its virtual gateways are there either way. */
import type { FibRoute, LabEventBody, Route, Session, TimerProfile } from '../../../model/index.ts'
import type { RouterPlan } from '../../../topology/plan.ts'
import type { World } from '../../../world/index.ts'
import { idleSession } from '../../idle-session.ts'
import { SessionMemory } from '../../session-memory.ts'
import type { Machine } from '../net/index.ts'
import { Daemon } from './daemon.ts'
import { type DaemonProfile, profileOf } from './profiles.ts'

export interface RouterOptions {
  readonly plan: RouterPlan
  readonly timers: TimerProfile
  readonly emit: (event: LabEventBody) => void
}

export class Router {
  readonly profile: DaemonProfile
  readonly #machine: Machine
  readonly #options: RouterOptions
  /** What runs beside the daemon as long as there is power. */
  #platform: World | undefined
  #daemon: { readonly world: World; readonly process: Daemon } | undefined
  #sessions: SessionMemory
  #followed = () => {}

  /** Throws where the plan asks for what is not simulated: a configuration file of the user's own. */
  constructor(machine: Machine, options: RouterOptions) {
    const { plan } = options
    if (plan.config !== undefined)
      throw new Error(`${plan.name}: ${plan.config.file} is a configuration for the daemon itself: it needs real routers (--engine docker)`)
    this.profile = profileOf(plan.kind)
    this.#machine = machine
    this.#options = options
    this.#sessions = new SessionMemory(plan.name)
  }

  /** `ready` once it is. */
  boot(ready: () => void): void {
    const { plan, emit } = this.#options
    this.#platform = this.#machine.startWorld('zebra')
    this.#sessions = new SessionMemory(plan.name)
    const { table } = this.#machine
    for (const route of table.all()) emit({ type: 'fib', device: plan.name, route })
    this.#followed = table.subscribe((route: FibRoute) => emit({ type: 'fib', device: plan.name, route }))
    this.#machine.vrrp.start()
    this.#platform.clock
      .timer('boot', () => {
        this.#startDaemon()
        emit({ type: 'ready', device: plan.name, what: this.profile.version })
        ready()
      })
      .start(this.profile.boot)
  }

  /** Power is about to go: nobody is told of anything any more. */
  lost(): void {
    this.#followed()
    this.#daemon?.process.close()
    this.#daemon = undefined
    this.#platform = undefined
  }

  sessions(): readonly Session[] {
    return this.#read().map((session) => this.#sessions.dated(session, this.#now))
  }

  routes(): readonly Route[] {
    return this.#daemon?.process.routes() ?? []
  }

  fib(): readonly FibRoute[] {
    return this.#machine.table.all()
  }

  /** @throws Error there is no such process here, or it does not run. */
  kill(program = this.profile.daemon): void {
    if (program === 'vrrpd') {
      this.#machine.vrrp.stop()
      return
    }
    this.#known(program)
    const { plan, emit } = this.#options
    const daemon = this.#running()
    const gone = daemon.process.routes()
    this.#daemon = undefined
    daemon.process.close()
    daemon.world.end()
    this.#tellSessions()
    for (const { prefix } of gone)
      emit({ type: 'route', device: plan.name, route: { device: plan.name, prefix, paths: [] }, uncertainty: 0 })
    this.#platform?.clock
      .timer('flush', () => {
        if (this.#daemon === undefined) this.#machine.table.flush(this.profile.route.protocol)
      })
      .start(this.profile.flush)
  }

  start(program = this.profile.daemon): void {
    if (program === 'vrrpd') {
      this.#machine.vrrp.start()
      return
    }
    this.#known(program)
    if (this.#daemon !== undefined) throw new Error(`${program} is already running on ${this.#options.plan.name}`)
    this.#startDaemon()
  }

  reset(peerAddress: string): void {
    this.#running().process.reset(peerAddress)
  }

  #startDaemon(): void {
    const world = this.#machine.startWorld(this.profile.daemon)
    const { profile } = this
    const sessionsChanged = () => this.#tellSessions()
    this.#daemon = { world, process: new Daemon(world, this.#machine, { ...this.#options, profile, sessionsChanged }) }
    this.#tellSessions()
  }

  #running() {
    if (this.#daemon === undefined) throw new Error(`${this.profile.daemon} is not running on ${this.#options.plan.name}: start it first`)
    return this.#daemon
  }

  #known(program: string): void {
    const { daemon } = this.profile
    if (program !== daemon)
      throw new Error(`${this.#options.plan.name} has no process ${JSON.stringify(program)} in the simulator; it has ${daemon} and vrrpd`)
  }

  #read(): readonly Session[] {
    const { plan } = this.#options
    if (this.#daemon !== undefined) return this.#daemon.process.sessions()
    return plan.neighbors.map((neighbor) => idleSession(plan, neighbor, `${this.profile.daemon} is not running`))
  }

  #tellSessions(): void {
    for (const event of this.#sessions.take(this.#read(), this.#now)) this.#options.emit(event)
  }

  get #now(): number {
    return this.#platform?.clock.now() ?? 0
  }
}
