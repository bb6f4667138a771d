/** A lab on a Docker engine: brings a plan up, or joins a lab that was left running. */
import { randomBytes } from 'node:crypto'
import type Docker from 'dockerode'
import type { AgentStatus } from '../../cluster/agent/index.ts'
import type { Resource } from '../../cluster/api/index.ts'
import type { LabEvent, Micros } from '../../model/index.ts'
import type { DevicePlan, Plan } from '../../topology/plan.ts'
import { devicesOf } from '../configs.ts'
import type { Lab } from '../lab.ts'
import { Log } from '../log.ts'
import { RefusedFiles, type RefusedLine } from '../refused.ts'
import { PROGRAM_ENDED, StateView } from '../view.ts'
import { listLabs, removeLab } from './cleanup.ts'
import { containersOf, type Images, WIRING, WIRING_CONTAINER } from './containers.ts'
import { Fleet } from './fleet.ts'
import { NO_OWNER, thisOwner } from './owner.ts'
import { type Parts, reportFault } from './parts.ts'
import { createLinks, createPower, seedHash } from './power.ts'
import { monotonicMicros } from './programs/serve.ts'
import { Readiness } from './readiness.ts'
import { createRehearsal } from './rehearsal.ts'
import { createShell } from './shell.ts'
import { startArguments } from './starts.ts'
import { createTables } from './tables.ts'
import { createTraffic } from './traffic.ts'
import { underlay, vipAnnounced } from './underlay.ts'
import { wireAll } from './wiring.ts'
import type { CaptureRequest } from './wiring-requests.ts'

export interface DockerLabOptions {
  /** Unique among running labs; made up from the plan's name when absent. */
  readonly id?: string
  /** `Docker 20.10 at /var/run/docker.sock`, from `connectEngine`. */
  readonly engine?: string
  /** For the chances of all worlds in the lab; the plan's name when absent. */
  readonly seed?: string
  /** Leave the lab running when this process ends: only `down` removes it. */
  readonly keep?: boolean
  readonly onProgress?: (progress: Progress) => void
  /** Aborted: creation stops, everything made so far is removed, and the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
}

/** A lab on Docker can also be listened to. */
export interface DockerLab extends Lab {
  /** Starts tcpdump in a device's namespace, segments included, and answers once it listens. `stop` answers its lines. */
  capture(device: string, options: { readonly interface: string; readonly filter: readonly string[] }): Promise<Capture>
  /** The objects of one kind (`BGPSession`, `FloatingIP`…) as the resource API has them, read on the admin host. */
  resources(kind: string): Promise<readonly Resource[]>
  /** What a node's agent holds and which sessions it keeps, its control plane's included (R15); rejects while it is dead. */
  agentStatus(node: string): Promise<AgentStatus>
}

export interface Capture {
  stop(): Promise<readonly string[]>
}

export interface Progress {
  readonly phase: 'containers' | 'wiring' | 'programs'
  readonly done: number
  readonly total: number
}

/** Brings the plan up; resolves when every device is ready. On any failure nothing is left behind. */
export async function createDockerLab(docker: Docker, images: Images, plan: Plan, options: DockerLabOptions = {}): Promise<DockerLab> {
  const id = options.id ?? `${plan.name}-${randomBytes(2).toString('hex')}`
  const lab = new RunningLab(docker, id, plan, options)
  try {
    await lab.launch(images, options)
    return lab
  } catch (error) {
    await lab.close()
    throw error
  }
}

/** Joins a running lab from another process, to look and poke: it is neither owned nor ended by this process. Its event log starts now. */
export async function attachLab(docker: Docker, id: string): Promise<DockerLab | undefined> {
  const found = (await listLabs(docker)).find((lab) => lab.id === id)
  if (found === undefined) return undefined
  const fleet = new Fleet(docker, { event: () => undefined, noise: () => undefined, ended: () => undefined })
  await fleet.join(id, [WIRING_CONTAINER])
  const { plan, engine, routerVersions } = await fleet.request<Description>(WIRING, 'description')
  fleet.close()
  const lab = new RunningLab(docker, id, plan, { engine })
  await lab.join(routerVersions)
  return lab
}

/** What the wiring helper keeps of a lab for those who join it later. */
interface Description {
  readonly plan: Plan
  readonly engine: string
  readonly routerVersions: Readonly<Record<string, string>>
}

class RunningLab implements DockerLab {
  readonly id: string
  readonly plan: Plan
  readonly engine: string
  readonly events: Log
  readonly view = new StateView()
  readonly power: Lab['power']
  readonly links: Lab['links']
  readonly processes: Lab['processes']
  readonly sessions: Lab['sessions']
  readonly tables: Lab['tables']
  readonly traffic: Lab['traffic']
  readonly shell: Lab['shell']
  readonly rehearsal: Lab['rehearsal']
  readonly api: Lab['api']
  #versions: Record<string, string> = {}
  readonly #docker: Docker
  readonly #fleet: Fleet
  readonly #parts: Parts
  readonly #readiness: Readiness
  readonly #seed: string
  #owned = true
  #closing: Promise<void> | undefined

  constructor(docker: Docker, id: string, plan: Plan, options: { readonly engine?: string; readonly seed?: string }) {
    this.id = id
    this.plan = plan
    this.engine = options.engine ?? 'Docker'
    this.#docker = docker
    this.#seed = options.seed ?? plan.name
    this.events = new Log(this.view, monotonicMicros)
    this.#readiness = new Readiness(this.events)
    this.#fleet = new Fleet(docker, {
      event: (_device, event: LabEvent) => this.events.record(event),
      noise: (device, message) => this.#noise(device, message),
      ended: (device, error) => this.#ended(device, error),
    })
    const parts: Parts = {
      plan,
      fleet: this.#fleet,
      log: this.events,
      wiring: (op, args) => this.#fleet.request(WIRING, op, args),
      startProgram: (device) => this.#startProgram(device),
      now: monotonicMicros,
    }
    this.#parts = parts
    this.power = createPower(parts)
    this.links = createLinks(parts)
    this.traffic = createTraffic(parts)
    this.tables = createTables(parts)
    this.processes = createProcesses(parts)
    this.sessions = {
      reset: async (router, peerAddress) =>
        reportFault(parts, router, 'session-reset', peerAddress, await this.#fleet.request<Micros>(router, 'reset', { peer: peerAddress })),
    }
    this.shell = createShell(this.#fleet)
    this.rehearsal = createRehearsal(this.#fleet)
    this.api = { request: (request) => this.#fleet.request(this.plan.admin.name, 'request', request) }
  }

  get routerVersions(): Readonly<Record<string, string>> {
    return this.#versions
  }

  now(): Micros {
    return monotonicMicros()
  }

  async capture(device: string, options: { readonly interface: string; readonly filter: readonly string[] }): Promise<Capture> {
    const capture = await this.#parts.wiring<number>('capture', { pid: this.#fleet.pid(device), ...options } satisfies CaptureRequest)
    return { stop: () => this.#parts.wiring<readonly string[]>('captured', { capture }) }
  }

  resources(kind: string): Promise<readonly Resource[]> {
    return this.#fleet.request<readonly Resource[]>(this.plan.admin.name, 'resources', { kind })
  }

  agentStatus(node: string): Promise<AgentStatus> {
    return this.#fleet.request<AgentStatus>(node, 'status')
  }

  async launch(images: Images, options: DockerLabOptions): Promise<void> {
    const plans = containersOf(this.plan)
    const owner = options.keep === true ? NO_OWNER : thisOwner()
    const { signal } = options
    const tell = (phase: Progress['phase'], done: number, total: number) => options.onProgress?.({ phase, done, total })
    await this.#fleet.launch(plans, images, { lab: this.id, owner }, { signal, progress: (done) => tell('containers', done, plans.length) })
    await this.#checkOwnFiles()
    signal?.throwIfAborted()
    tell('wiring', 0, 1)
    const { hashSeed } = await this.#describe()
    await this.#parts.wiring('wire', wireAll(this.plan, this.#fleet.pids))
    await this.#seedAll(hashSeed)
    tell('wiring', 1, 1)
    signal?.throwIfAborted()
    let ready = 0
    const start = (devices: readonly DevicePlan[]) =>
      Promise.all(
        devices.map(async (device) => {
          await this.#startProgram(device.name)
          tell('programs', ++ready, devicesOf(this.plan).length)
        }),
      )
    // The cluster is reached in band: were its controllers there before the way to them, they would take late nodes for dead ones.
    await start(this.plan.routers)
    const missing = await underlay(this.plan, this.view, this.events, signal)
    if (missing.length > 0) this.#warn(`the routers have not found every host, the cluster starts without: ${missing.join(', ')}`)
    signal?.throwIfAborted()
    // Where the others reach the API at the CP VIP, that has to stand first: control-plane nodes need no API to announce it.
    const atVip = this.plan.api?.path === 'control-plane-vip' && this.plan.agents !== false
    const early = this.plan.nodes.filter((node) => node.roles.controlPlane && atVip)
    if (early.length > 0) {
      await start(early)
      const without = await vipAnnounced(this.plan, this.view, this.events, signal)
      if (without.length > 0) this.#warn(`the cluster starts before its API's address is known everywhere: ${without.join(', ')}`)
      signal?.throwIfAborted()
    }
    await start([this.plan.admin])
    await start([...this.plan.nodes.filter((node) => !early.includes(node)), ...this.plan.clients])
    // Once more, now that the routers have said what they are.
    await this.#describe()
    signal?.throwIfAborted()
  }

  async join(versions: Readonly<Record<string, string>>): Promise<void> {
    this.#owned = false
    this.#versions = { ...versions }
    await this.#fleet.join(this.id, containersOf(this.plan))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#readiness.close()
    this.#fleet.close()
    if (this.#owned) await removeLab(this.#docker, this.id)
  }

  #describe(): Promise<{ readonly hashSeed: boolean }> {
    const description: Description = { plan: this.plan, engine: this.engine, routerVersions: this.#versions }
    return this.#parts.wiring('start', description)
  }

  async #seedAll(supported: boolean): Promise<void> {
    const wanted = devicesOf(this.plan).filter((device) => device.hashSeed !== undefined)
    if (supported) await Promise.all(wanted.map((device) => seedHash(this.#parts, device.name)))
    else if (wanted.length > 0) {
      this.#warn('this kernel has no net.ipv4.fib_multipath_hash_seed (Linux 6.11): every device hashes alike, so ECMP may polarise')
    }
  }

  /** What users wrote themselves is judged by the daemons that will read it: all files, before anything starts. */
  async #checkOwnFiles(): Promise<void> {
    const own = this.plan.routers.filter((router) => router.config !== undefined)
    const found = await Promise.all(
      own.map(({ name }) => this.#fleet.request<readonly RefusedLine[]>(name, 'check', startArguments(this.plan, name, this.#seed))),
    )
    if (found.some((lines) => lines.length > 0)) throw new RefusedFiles(found.flat())
  }

  async #startProgram(device: string): Promise<void> {
    if (!this.#fleet.runsProgram(device)) return
    const ready = this.#readiness.of(device)
    const reply = this.#fleet.request<{ readonly version?: string } | null>(device, 'start', startArguments(this.plan, device, this.#seed))
    // The first to fail counts; a program that dies after its reply ends its readiness too.
    const [result] = await Promise.all([reply, ready])
    if (result?.version !== undefined) this.#versions[device] = `${device} ${result.version}`
  }

  #ended(device: string, error: Error): void {
    this.#readiness.fail(device, error)
    if (this.#closing === undefined) this.events.emit({ type: 'fault', device, fault: PROGRAM_ENDED, detail: error.message })
  }

  #warn(message: string): void {
    this.events.emit({ type: 'log', device: WIRING, level: 'warning', message })
  }

  #noise(device: string, message: string): void {
    this.events.emit({ type: 'log', device, level: 'warning', message })
  }
}

function createProcesses(parts: Parts): Lab['processes'] {
  const ask = async (op: string, device: string, process: string | undefined) =>
    await parts.fleet.request<Micros>(device, op, process === undefined ? {} : { process })
  return {
    async kill(device, process) {
      return reportFault(parts, device, 'process-kill', process ?? 'main', await ask('kill', device, process))
    },
    async start(device, process) {
      return reportFault(parts, device, 'process-start', process ?? 'main', await ask('start-process', device, process))
    },
  }
}
