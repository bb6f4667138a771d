/**
 * An FRR router inside its container: starts zebra, bgpd and vrrpd (no watchfrr: a daemon that was killed stays dead until it is
 * started again), reads bgpd over one long-lived vty connection, and is woken by bgpd's log and BMP.
 */
import type { Micros } from '../../../../model/index.ts'
import { type Daemon, run } from '../child.ts'
import { type ConfigError, deadReading, type RouterRuntime, type RouterStart, type RuntimeHooks, type TableReading } from '../driver.ts'
import { BMP_PORT, BmpStation } from './bmp.ts'
import { parseVtyshErrors } from './check.ts'
import { FrrPlatform, frrDaemon, RUN_DIRECTORY, startFrrDaemon } from './platform.ts'
import { type FrrNeighbors, type FrrTable, readFrrRoutes, readFrrSessions } from './read.ts'
import { FRR_CONF } from './render.ts'
import { Vty } from './vty.ts'

/** bgpd holds its best-path queue for up to 50 ms after it has told BMP of a path (FRR 8.4, bgpd/bgp_route.c). */
const SETTLE_MILLIS = 60

export class FrrRuntime implements RouterRuntime {
  readonly settleMillis = SETTLE_MILLIS
  readonly #start: RouterStart
  readonly #hooks: RuntimeHooks
  readonly #platform: FrrPlatform
  readonly #bgpd: Daemon
  readonly #station: BmpStation
  #vty: Vty | undefined

  constructor(start: RouterStart, hooks: RuntimeHooks) {
    this.#start = start
    this.#hooks = hooks
    this.#platform = new FrrPlatform(start.plan, hooks)
    this.#station = new BmpStation(() => hooks.wake())
    this.#bgpd = frrDaemon('bgpd', start.plan, hooks, {
      logLevel: 'informational',
      args: ['-M', 'bgpd_bmp'],
      onLine: (line) => this.#line(line),
      onExit: () => {
        this.#vty?.close()
        this.#vty = undefined
        hooks.wake()
      },
    })
  }

  async check(): Promise<readonly ConfigError[]> {
    const { code, stdout, stderr } = await run('vtysh', ['-C', '-f', FRR_CONF])
    const errors = parseVtyshErrors(this.#file, `${stdout}\n${stderr}`)
    if (code === 0 || errors.length > 0) return errors
    return [{ file: this.#file, line: 0, message: (stderr || stdout).trim() }]
  }

  async start(): Promise<void> {
    await this.#station.listen()
    await this.#platform.startZebra()
    await Promise.all([this.#startBgpd(), this.#platform.startVrrpd()])
  }

  async version(): Promise<string> {
    const text = await this.#must('show version')
    return `FRR ${/FRRouting (\S+)/.exec(text)?.[1] ?? 'of unknown version'}`
  }

  async read(): Promise<TableReading> {
    const vty = this.#vty
    const { plan } = this.#start
    if (vty === undefined) return deadReading(plan, 'bgpd')
    try {
      const at = this.#hooks.now()
      const [neighborsText, tableText] = await Promise.all([
        vty.must('show bgp neighbors json'),
        vty.must('show bgp ipv4 unicast json detail'),
      ])
      const neighbors = parseJson<FrrNeighbors>(neighborsText)
      return { sessions: readFrrSessions(plan, neighbors, at), routes: readFrrRoutes(plan, parseJson<FrrTable>(tableText), neighbors) }
    } catch (error) {
      // It was killed while it was being read.
      if (this.#vty !== vty || vty.closed) return deadReading(plan, 'bgpd')
      throw error
    }
  }

  async kill(process = 'bgpd'): Promise<Micros> {
    const daemon = this.#daemon(process)
    const at = this.#hooks.now()
    await daemon.kill()
    return at
  }

  async startProcess(process = 'bgpd'): Promise<Micros> {
    const daemon = this.#daemon(process)
    if (daemon === this.#bgpd) await this.#startBgpd()
    else await startFrrDaemon(daemon)
    return this.#hooks.now()
  }

  async reset(peerAddress: string): Promise<Micros> {
    const at = this.#hooks.now()
    await this.#must(`clear bgp ${peerAddress}`)
    return at
  }

  fibChanged(): void {
    this.#hooks.wake()
  }

  stop(): void {
    this.#station.close()
    for (const daemon of [this.#bgpd, this.#platform.vrrpd, this.#platform.staticd, this.#platform.zebra]) void daemon?.kill('SIGTERM')
  }

  get #file(): string {
    return this.#start.plan.config?.file ?? FRR_CONF
  }

  #must(line: string): Promise<string> {
    if (this.#vty === undefined) return Promise.reject(new Error(`${this.#start.plan.name}: bgpd is not running; start it first`))
    return this.#vty.must(line)
  }

  #daemon(name: string): Daemon {
    const daemon = { bgpd: this.#bgpd, zebra: this.#platform.zebra, vrrpd: this.#platform.vrrpd }[name]
    if (daemon === undefined)
      throw new Error(
        `${this.#start.plan.name} has no process ${JSON.stringify(name)}; it has bgpd, zebra and vrrpd (with a virtual gateway)`,
      )
    return daemon
  }

  async #startBgpd(): Promise<void> {
    await startFrrDaemon(this.#bgpd)
    const vty = await Vty.connect(`${RUN_DIRECTORY}/bgpd.vty`)
    await vty.must('enable')
    // `-b` hands every line of the integrated file to the daemons that know it; what a daemon refuses is printed with its line.
    const { code, stdout, stderr } = await run('vtysh', ['-b'])
    const errors = parseVtyshErrors(this.#file, `${stdout}\n${stderr}`)
    if (code !== 0 || errors.length > 0) {
      const what = errors.map((error) => `${error.file}:${error.line}: error: ${error.message}`).join('\n')
      throw new Error(what || `${this.#file}: vtysh -b: exit ${code}: ${(stderr || stdout).trim()}`)
    }
    // By hand and last, so that it holds for a user's own configuration too.
    const monitored = this.#station.connected()
    for (const line of ['configure terminal', 'log stdout informational', 'router bgp', ' bgp log-neighbor-changes', ...BMP_LINES, 'end'])
      await vty.must(line)
    await monitored
    // Only now: a connection in configuration mode knows no `show`, and a bgpd without its configuration is no router yet.
    this.#vty = vty
    this.#hooks.wake()
  }

  #line(line: string): void {
    if (!line.includes('%ADJCHANGE')) return
    this.#hooks.wake()
    this.#hooks.emit({ type: 'log', device: this.#start.plan.name, level: 'info', message: line.slice(line.indexOf('%ADJCHANGE')) })
  }
}

const BMP_LINES = [
  'bmp targets peerlab',
  `bmp connect 127.0.0.1 port ${BMP_PORT} min-retry 100 max-retry 500`,
  'bmp monitor ipv4 unicast pre-policy',
  'bmp monitor ipv4 unicast post-policy',
]

/** bgpd writes a warning line before the JSON in some states, and nothing at all for a table without routes. */
function parseJson<T>(text: string): T {
  const start = text.indexOf('{')
  return (start < 0 ? {} : JSON.parse(text.slice(start))) as T
}
