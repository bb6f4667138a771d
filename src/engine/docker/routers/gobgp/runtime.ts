/**
 * A GoBGP router inside its container: gobgpd, with zebra and vrrpd beside it for the virtual gateways, and the route installer. Reads
 * and events come over one connection to gobgpd's API; why a session was lost comes from its log.
 */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Micros } from '../../../../model/index.ts'
import { Daemon, must, run } from '../child.ts'
import { type ConfigError, deadReading, type RouterRuntime, type RouterStart, type RuntimeHooks, type TableReading } from '../driver.ts'
import { parseIpRoutes } from '../fib/parse.ts'
import { Resolver } from '../fib/resolve.ts'
import { readKernelJson } from '../fib/watch.ts'
import { FrrPlatform, startFrrDaemon } from '../frr/platform.ts'
import { LIST_GLOBAL, LIST_PEER, parseDestination, parsePeer, WATCH_ALL } from './api.ts'
import { parseDryRun } from './check.ts'
import { GrpcClient } from './grpc.ts'
import { apply, changes, flush, ownRoutes } from './installer.ts'
import { type PeerHistory, parseGobgpLog, readGobgpSessions } from './read.ts'
import { GOBGPD_CONF } from './render.ts'
import { type Selection, select } from './select.ts'

const API_PORT = 50051
/** `gobgpd` writes it when it has read its file. Its server starts after that, and its API is opened beside both, mostly earlier. */
const STARTED = /"Finished reading the config file"/
const NOT_YET = /bgp server hasn't started yet/

interface Kernel {
  readonly resolver: Resolver
  /** Our own routes in it. */
  readonly installed: ReadonlyMap<string, string>
}

export class GobgpRuntime implements RouterRuntime {
  readonly settleMillis = 20
  readonly #start: RouterStart
  readonly #hooks: RuntimeHooks
  readonly #platform: FrrPlatform
  readonly #gobgpd: Daemon
  readonly #histories = new Map<string, PeerHistory>()
  #client: GrpcClient | undefined
  /** The kernel's table as last read, until it changes. */
  #kernel: Promise<Kernel> | undefined
  #selections: readonly Selection[] = []
  #wanted = 0
  #installing: Promise<void> | undefined
  #lastFailure = ''

  constructor(start: RouterStart, hooks: RuntimeHooks) {
    this.#start = start
    this.#hooks = hooks
    this.#platform = new FrrPlatform(start.plan, hooks)
    this.#gobgpd = new Daemon({
      name: 'gobgpd',
      command: 'gobgpd',
      args: ['-f', GOBGPD_CONF, '--api-hosts', `127.0.0.1:${API_PORT}`, '--pprof-disable'],
      onLine: (line) => this.#line(line),
      onExit: (how, wanted) => {
        if (!wanted) this.#log('error', `gobgpd ended by itself: ${how}`)
        this.#client?.close()
        this.#client = undefined
        this.#selections = []
        this.#histories.clear()
        this.#install()
        hooks.wake()
      },
    })
  }

  async check(): Promise<readonly ConfigError[]> {
    const { code, stdout, stderr } = await run('gobgpd', ['--dry-run', '--pprof-disable', '-f', GOBGPD_CONF])
    const errors = parseDryRun(this.#start.plan.config?.file ?? GOBGPD_CONF, readFileSync(GOBGPD_CONF, 'utf8'), `${stdout}\n${stderr}`)
    if (code === 0 || errors.length > 0) return errors
    return [{ file: this.#start.plan.config?.file ?? GOBGPD_CONF, line: 0, message: (stderr || stdout).trim() }]
  }

  async start(): Promise<void> {
    await this.#platform.startZebra()
    await Promise.all([this.#startGobgpd(), this.#platform.startVrrpd()])
  }

  async version(): Promise<string> {
    return `GoBGP ${/version (\S+)/.exec(await must('gobgpd', ['--version']))?.[1] ?? 'of unknown version'}`
  }

  async read(): Promise<TableReading> {
    const client = this.#client
    const { plan } = this.#start
    if (client === undefined) return deadReading(plan, 'gobgpd')
    try {
      const at = { lab: this.#hooks.now(), wallSeconds: Date.now() / 1000 }
      const [peers, destinations, kernel] = await Promise.all([
        client.call('ListPeer', LIST_PEER),
        client.call('ListPath', LIST_GLOBAL),
        this.#readKernel(),
      ])
      // It died while it was being read.
      if (this.#client !== client) return deadReading(plan, 'gobgpd')
      this.#selections = destinations.map((answer) => select(plan, parseDestination(answer), kernel.resolver))
      this.#install()
      const routes = this.#selections.map((selection) => selection.route).sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
      return { sessions: readGobgpSessions(plan, peers.map(parsePeer), this.#histories, at), routes }
    } catch (error) {
      if (this.#client !== client || client.closed) return deadReading(plan, 'gobgpd')
      throw error
    }
  }

  async kill(process = 'gobgpd'): Promise<Micros> {
    const daemon = this.#daemon(process)
    const at = this.#hooks.now()
    await daemon.kill()
    return at
  }

  async startProcess(process = 'gobgpd'): Promise<Micros> {
    const daemon = this.#daemon(process)
    if (daemon === this.#gobgpd) await this.#startGobgpd()
    else await startFrrDaemon(daemon)
    return this.#hooks.now()
  }

  /**
   * Disabled and enabled, not `reset`: after a reset GoBGP stays Idle for 30 s whatever `idle-hold-time-after-reset` says; this way it
   * is 5 s, as after any other end of a session. The peer reads Cease / Administrative Shutdown.
   */
  async reset(peerAddress: string): Promise<Micros> {
    const at = this.#hooks.now()
    await must('gobgp', ['neighbor', peerAddress, 'disable'])
    await must('gobgp', ['neighbor', peerAddress, 'enable'])
    return at
  }

  /** Next hops may resolve otherwise now. */
  fibChanged(): void {
    this.#kernel = undefined
    this.#hooks.wake()
  }

  stop(): void {
    for (const daemon of [this.#gobgpd, this.#platform.vrrpd, this.#platform.zebra]) void daemon?.kill('SIGTERM')
  }

  #daemon(name: string): Daemon {
    const daemon = { gobgpd: this.#gobgpd, zebra: this.#platform.zebra, vrrpd: this.#platform.vrrpd }[name]
    if (daemon === undefined)
      throw new Error(
        `${this.#start.plan.name} has no process ${JSON.stringify(name)}; it has gobgpd, zebra and vrrpd (with a virtual gateway)`,
      )
    return daemon
  }

  async #startGobgpd(): Promise<void> {
    await this.#gobgpd.start(STARTED)
    const client = await GrpcClient.connect(API_PORT, () => this.#gobgpd.running)
    const watching = new Promise<void>((resolve, reject) => {
      // The first thing that it sends are all peers as they are: from then on nothing is missed.
      const onEvent = () => {
        resolve()
        this.#hooks.wake()
      }
      const ended = (error?: unknown) => {
        reject(error ?? new Error('GoBGP ended its events'))
        // Its daemon has ended, or is about to: reading tells.
        this.#hooks.wake()
      }
      client.stream('WatchEvent', WATCH_ALL, onEvent).then(ended, ended)
    })
    await watching
    this.#client = client
    for (const network of this.#start.plan.networks) await this.#originate(network)
    this.#hooks.wake()
  }

  /** Tried again for 10 s while it says that it has not started: it has read its configuration then, and tells nobody when it has done as it says. */
  async #originate(network: string): Promise<void> {
    const command = ['global', 'rib', 'add', network, 'origin', 'igp']
    for (let left = 500; ; left--) {
      const { code, stdout, stderr } = await run('gobgp', command)
      if (code === 0) return
      const said = (stderr || stdout).trim()
      if (!NOT_YET.test(said) || left === 0 || !this.#gobgpd.running) throw new Error(`gobgp ${command.join(' ')}: exit ${code}: ${said}`)
      await setTimeout(20)
    }
  }

  #readKernel(): Promise<Kernel> {
    const { name } = this.#start.plan
    if (this.#kernel !== undefined) return this.#kernel
    const kernel = readKernelJson().then((json) => ({
      resolver: new Resolver(parseIpRoutes(name, json, { carrier: 'required' })),
      installed: ownRoutes(parseIpRoutes(name, json)),
    }))
    this.#kernel = kernel
    kernel.catch(() => {
      if (this.#kernel === kernel) this.#kernel = undefined
    })
    return kernel
  }

  /** One run of ip(8) at a time; what is wanted by then is compared with what the kernel has. */
  #install(): void {
    this.#wanted++
    this.#installing ??= this.#installUntilDone().finally(() => {
      this.#installing = undefined
    })
  }

  async #installUntilDone(): Promise<void> {
    for (;;) {
      const wanted = this.#wanted
      await this.#installOnce().catch((error: unknown) => this.#failed(error instanceof Error ? error.message : String(error)))
      if (wanted === this.#wanted) return
    }
  }

  async #installOnce(): Promise<void> {
    if (this.#client === undefined) {
      await flush()
      return
    }
    const { installed } = await this.#readKernel()
    const list = changes(this.#selections, installed)
    if (list.length === 0) return
    // Whatever comes of it, the table is another one now.
    this.#kernel = undefined
    const failures = await apply(list)
    this.#kernel = undefined
    if (failures.length > 0) this.#failed(failures.join('; '))
    else this.#lastFailure = ''
  }

  /** Said once, not at every attempt. */
  #failed(message: string): void {
    if (message === this.#lastFailure) return
    this.#lastFailure = message
    this.#log('warning', `route installer: ${message}`)
  }

  #line(line: string): void {
    const log = parseGobgpLog(line)
    if (log === undefined) return
    if (log.msg === 'Peer Up' || log.msg === 'Peer Down') {
      const { Key: peer = '', Reason: reason } = log
      const before = this.#histories.get(peer) ?? { ups: 0, up: false }
      if (log.msg === 'Peer Up') this.#histories.set(peer, { ...before, ups: before.ups + 1, up: true })
      else this.#histories.set(peer, { ...before, up: false, ...(reason === undefined ? {} : { reason }) })
      this.#log('info', `${log.msg} ${peer}${reason === undefined ? '' : `: ${reason}`}`)
      this.#hooks.wake()
    } else if (log.level === 'error' || log.level === 'fatal') {
      this.#log('error', `gobgpd: ${log.msg}${log.Error === undefined ? '' : `: ${log.Error}`}`)
    }
  }

  #log(level: 'info' | 'warning' | 'error', message: string): void {
    this.#hooks.emit({ type: 'log', device: this.#start.plan.name, level, message })
  }
}
