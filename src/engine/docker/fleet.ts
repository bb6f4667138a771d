/** The containers of one lab while they run: start, kill and start again, and the line to each one's program. */
import { dirname } from 'node:path/posix'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import type { LabEvent } from '../../model/index.ts'
import { type ContainerLabels, type ContainerPlan, containerOptions, type Images, inParallel } from './containers.ts'
import { LABELS, NODE_IN_IMAGE, PROGRAMS_IN_IMAGE } from './protocol.ts'
import { demultiplex, ProgramStream } from './stream.ts'

/** More at a time gains nothing on two cores. */
const AT_ONCE = 6

export interface FleetSink {
  event(device: string, event: LabEvent): void
  /** Standard error of a program. */
  noise(device: string, text: string): void
  /** A program ended without being told to. */
  ended(device: string, error: Error): void
}

interface Member {
  readonly plan: ContainerPlan
  readonly container: Docker.Container
  stream?: ProgramStream
}

export class Fleet {
  readonly docker: Docker
  readonly #sink: FleetSink
  readonly #members = new Map<string, Member>()
  /** Device → process ID, of those that run. */
  readonly pids = new Map<string, number>()

  constructor(docker: Docker, sink: FleetSink) {
    this.docker = docker
    this.#sink = sink
  }

  /** Creates and starts them all, several at a time; stops at the first failure or when `signal` is aborted. */
  async launch(
    plans: readonly ContainerPlan[],
    images: Images,
    labels: ContainerLabels,
    options: { readonly signal?: AbortSignal | undefined; progress(done: number): void },
  ): Promise<void> {
    let done = 0
    await inParallel(plans, AT_ONCE, async (plan) => {
      options.signal?.throwIfAborted()
      await this.#create(plan, images, labels).catch((error: Error) => {
        throw new Error(`${plan.device}: ${error.message.trim()}`, { cause: error })
      })
      options.signal?.throwIfAborted()
      options.progress(++done)
    })
  }

  async #create(plan: ContainerPlan, images: Images, labels: ContainerLabels): Promise<void> {
    const container = await this.docker.createContainer(containerOptions(plan, images, labels))
    this.#members.set(plan.device, { plan, container })
    await this.start(plan.device)
  }

  /** Joins the containers of a lab that another process made. */
  async join(lab: string, plans: readonly ContainerPlan[]): Promise<void> {
    const found = await this.docker.listContainers({ all: true, filters: { label: [`${LABELS.lab}=${lab}`] } })
    for (const info of found) {
      const plan = plans.find((one) => one.device === info.Labels[LABELS.device])
      if (plan === undefined) continue
      const member: Member = { plan, container: this.docker.getContainer(info.Id) }
      this.#members.set(plan.device, member)
      if (info.State === 'running') await this.#readPid(member)
    }
  }

  /** Attaches first, so that no line of the program is missed, then starts it. */
  async start(device: string): Promise<void> {
    const member = this.#member(device)
    if (member.plan.program !== undefined) {
      const stream = await member.container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
      member.stream = this.#open(device, stream as Duplex)
    }
    await member.container.start()
    await this.#readPid(member)
  }

  /** SIGKILL to the whole container; resolves when nothing of it runs. */
  async kill(device: string): Promise<void> {
    const member = this.#member(device)
    this.pids.delete(device)
    member.stream?.close()
    delete member.stream
    const ended = member.container.wait()
    await member.container.kill({ signal: 'SIGKILL' })
    await ended
  }

  /** Asks a device's program. Joined labs are asked through `docker exec`, one process per device for as long as this fleet lives. */
  async request<T = unknown>(device: string, op: string, args?: unknown): Promise<T> {
    const member = this.#member(device)
    member.stream ??= await this.#ask(member)
    return await member.stream.request<T>(op, args)
  }

  /** A command in a device, through the engine. */
  async exec(
    device: string,
    command: readonly string[],
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const member = this.#member(device)
    const options = { Cmd: [...command], Env: [this.path], AttachStdout: true, AttachStderr: true }
    const exec = await member.container.exec(options).catch(named(device))
    const stream = await exec.start({ hijack: true, stdin: false })
    const output = collect(stream)
    await output.ended
    const { ExitCode } = await exec.inspect()
    return { code: ExitCode ?? 1, stdout: output.stdout(), stderr: output.stderr() }
  }

  /** For commands in a device: Docker's own path, and the image's Node. */
  readonly path = `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${dirname(NODE_IN_IMAGE)}`

  container(device: string): Docker.Container {
    return this.#member(device).container
  }

  pid(device: string): number {
    const pid = this.pids.get(device)
    if (pid === undefined) throw new Error(`${device} has no power: start it first`)
    return pid
  }

  /** A rack segment runs none. */
  runsProgram(device: string): boolean {
    return this.#member(device).plan.program !== undefined
  }

  close(): void {
    for (const member of this.#members.values()) member.stream?.close()
  }

  async #ask(member: Member): Promise<ProgramStream> {
    const { program, device } = member.plan
    if (program === undefined) throw new Error(`${device} runs no program`)
    const command = [NODE_IN_IMAGE, `${PROGRAMS_IN_IMAGE}/${program}.js`, 'ask']
    const options = { Cmd: command, AttachStdin: true, AttachStdout: true, AttachStderr: true }
    const exec = await member.container.exec(options).catch(named(device))
    return this.#open(device, await exec.start({ hijack: true, stdin: true }))
  }

  #open(device: string, stream: Duplex): ProgramStream {
    return new ProgramStream(device, stream, {
      event: (event) => this.#sink.event(device, event),
      noise: (text) => this.#sink.noise(device, text),
      ended: (error) => this.#sink.ended(device, error),
    })
  }

  async #readPid(member: Member): Promise<void> {
    const { State } = await member.container.inspect()
    if (!State.Running) throw new Error(`${member.plan.device}: the container ended at once (exit code ${State.ExitCode})`)
    this.pids.set(member.plan.device, State.Pid)
  }

  #member(device: string): Member {
    const member = this.#members.get(device)
    if (member === undefined)
      throw new Error(`no device ${JSON.stringify(device)} in this lab; it has ${[...this.#members.keys()].join(', ')}`)
    return member
  }
}

/** The engine names a container that does not run by its id; people know the device. */
function named(device: string): (error: Error & { readonly statusCode?: number }) => never {
  return (error) => {
    if (error.statusCode !== 409) throw error
    const message = `${device} is not running: it has no power, or its container was killed`
    throw Object.assign(new Error(message, { cause: error }), { statusCode: 409 })
  }
}

function collect(stream: Duplex): { readonly ended: Promise<void>; stdout(): string; stderr(): string } {
  const chunks: { 1: Buffer[]; 2: Buffer[] } = { 1: [], 2: [] }
  stream.on('data', demultiplex({ 1: (chunk) => chunks[1].push(chunk), 2: (chunk) => chunks[2].push(chunk) }))
  const ended = new Promise<void>((resolve, reject) => {
    stream.on('end', resolve)
    stream.on('close', resolve)
    stream.on('error', reject)
  })
  return { ended, stdout: () => Buffer.concat(chunks[1]).toString(), stderr: () => Buffer.concat(chunks[2]).toString() }
}
