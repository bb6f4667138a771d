/** A long-running probe: flows from distinct source ports, each at its own steady rate, evenly offset against each other. */
import { type LabEventBody, MILLISECOND, type Micros, SECOND } from '../../../model/index.ts'
import type { Timer, World } from '../../../world/index.ts'
import { Flow, nodeOf } from '../../flow.ts'
import type { ProbeReport } from '../../lab.ts'
import type { Machine } from '../net/index.ts'
import { readAnswer } from './backend.ts'
import { LineReader, lineBytes } from './lines.ts'

export interface ProbeStart {
  readonly name: string
  readonly vip: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  readonly flows: number
  readonly packetsPerSecond: number
}

export interface ProbeContext {
  readonly machine: Machine
  readonly world: World
  /** Address → name of every cluster node. */
  readonly nodes: Readonly<Record<string, string>>
  readonly emit: (event: LabEventBody) => void
}

/** How long a TCP flow may take to be set up before the probe is refused. */
const CONNECT: Micros = 10 * SECOND
/** How long the last packets may still be answered when a probe is stopped. */
const LAST_ANSWERS: Micros = 500 * MILLISECOND

interface Running {
  readonly flow: Flow
  readonly send: (text: string) => void
  readonly close: () => void
  readonly due: Timer
  readonly silent: Timer
}

export class Probe {
  readonly #start: ProbeStart
  readonly #context: ProbeContext
  readonly #flows: Running[] = []
  #settled: (() => void) | undefined

  /** `begun` once every flow is set up; `failed` where one of them cannot be. */
  constructor(start: ProbeStart, context: ProbeContext, begun: () => void, failed: (error: Error) => void) {
    this.#start = start
    this.#context = context
    let left = start.flows
    let over = false
    const opened = (running: Running) => {
      this.#flows[running.flow.flow] = running
      if (--left > 0 || over) return
      const interval = this.#interval
      for (const [index, each] of this.#flows.entries()) {
        each.due.start(Math.round((interval * index) / start.flows))
        each.silent.start(this.#patience)
      }
      begun()
    }
    const refused = (error: Error) => {
      if (over) return
      over = true
      failed(error)
    }
    for (let index = 0; index < start.flows; index++) {
      if (start.protocol === 'udp') this.#openUdp(index, opened, refused)
      else this.#openTcp(index, opened, refused)
    }
  }

  nodes(): readonly (string | undefined)[] {
    return this.#flows.map(({ flow }) => flow.node)
  }

  stop(done: (report: ProbeReport) => void): void {
    for (const { due, silent } of this.#flows) {
      due.stop()
      silent.stop()
    }
    const end = () => {
      if (this.#settled === undefined) return
      this.#settled = undefined
      patience.stop()
      // A TCP flow that lives answers everything, however late.
      if (this.#start.protocol === 'tcp')
        for (const { flow } of this.#flows) flow.fate ??= flow.answered >= flow.sent ? 'survived' : 'stalled'
      for (const { close } of this.#flows) close()
      done({ flows: this.#flows.map(({ flow }) => flow.report()) })
    }
    const patience = this.#context.world.clock.timer('last answers', end)
    patience.start(LAST_ANSWERS)
    this.#settled = () => {
      if (this.#flows.every(({ flow }) => flow.answered >= flow.sent || flow.fate === 'reset')) end()
    }
    this.#context.world.clock.yield(() => this.#settled?.())
  }

  get #interval(): Micros {
    return Math.round(SECOND / this.#start.packetsPerSecond)
  }

  /** Three packets without an answer, or a fifth of a second where packets are close, make a flow lost. */
  get #patience(): Micros {
    return Math.max(3 * this.#interval, 200 * MILLISECOND)
  }

  #openUdp(index: number, opened: (running: Running) => void, failed: (error: Error) => void): void {
    const { vip, port } = this.#start
    const { machine, world } = this.#context
    // An ICMP error is a packet lost like any other, not the end of the flow.
    const socket = machine.bindUdp({}, (event) => {
      if (event.type === 'datagram' && event.from.address === vip && event.from.port === port) this.#answer(running, event.data)
    })
    if (socket === undefined) {
      failed(new Error(`${machine.name} has no free UDP port`))
      return
    }
    const running = this.#running(
      index,
      socket.port,
      (text) => void socket.send({ address: vip, port }, text),
      () => socket.close(),
    )
    world.clock.yield(() => opened(running))
  }

  #openTcp(index: number, opened: (running: Running) => void, failed: (error: Error) => void): void {
    const { vip, port } = this.#start
    const { machine, world } = this.#context
    const lines = new LineReader()
    let running: Running | undefined
    const connection = world.transport.connect({ remote: { address: vip, port }, timeout: CONNECT }, (event) => {
      if (event.type === 'failed') failed(new Error(`${machine.name} → ${vip}:${port}: ${event.reason}: ${event.detail}`))
      else if (event.type === 'connected') {
        running = this.#running(
          index,
          event.local.port,
          (text) => void connection.send(lineBytes(text)),
          () => connection.close(),
        )
        opened(running)
      } else if (event.type === 'data' && running !== undefined) {
        for (const line of lines.push(event.data)) this.#answer(running, line)
      } else if (event.type === 'closed' && running !== undefined) {
        // After a reset as after a FIN: the flow has ended, and not by us.
        running.flow.fate ??= 'reset'
        running.due.stop()
        this.#settled?.()
      }
    })
  }

  #running(index: number, sourcePort: number, send: (text: string) => void, close: () => void): Running {
    const { clock } = this.#context.world
    const flow = new Flow(index, sourcePort, clock.now())
    const running: Running = {
      flow,
      send,
      close,
      due: clock.timer(`probe ${index}`, () => {
        running.due.start(this.#interval)
        const text = `${index} ${flow.sent}`
        flow.send(clock.now())
        send(text)
      }),
      silent: clock.timer(`probe ${index} silence`, () => {
        // Lost is what has had no answer for longer.
        if (flow.check(clock.now() + 1, this.#patience)) this.#say(flow, 'lost')
      }),
    }
    return running
  }

  #answer(running: Running, text: string): void {
    const answer = readAnswer(text)
    if (answer === undefined) return
    const { flow, silent } = running
    if (flow.answer(nodeOf(answer, this.#context.nodes), this.#context.world.clock.now())) this.#say(flow, 'ok')
    if (this.#settled === undefined) silent.start(this.#patience)
    else this.#settled()
  }

  #say(flow: Flow, state: 'ok' | 'lost'): void {
    const { node } = flow
    const { emit, machine } = this.#context
    const probe = this.#start.name
    emit({ type: 'probe', device: machine.name, probe, flow: flow.flow, state, ...(node === undefined ? {} : { node }) })
  }
}
