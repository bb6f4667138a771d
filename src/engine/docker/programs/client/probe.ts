/** A long-running probe: flows from distinct source ports, each at its own steady rate, evenly offset against each other. */
import type { LabEventBody, Micros } from '../../../../model/index.ts'
import { Flow } from '../../../flow.ts'
import type { ProbeEnd, ProbeNodes, ProbeStart } from '../../traffic-requests.ts'

/** One way of carrying a flow's packets. */
export interface Carrier {
  readonly sourcePort: number
  send(text: string): void
  close(): void
}

export interface CarrierSink {
  answer(text: string): void
  /** The flow ended: TCP only. */
  reset(): void
}

export interface ProbeContext {
  readonly device: string
  now(): Micros
  emit(event: LabEventBody, at?: Micros): void
  open(start: ProbeStart, sink: CarrierSink): Promise<Carrier>
  /** What an answer says: the packet's number, and the LB node. */
  read(text: string): { readonly node: string } | undefined
}

const TICK_MS = 5
/** How long the last packets may still be answered when a probe is stopped. */
const LAST_ANSWERS_MS = 500

export class RunningProbe {
  readonly #start: ProbeStart
  readonly #context: ProbeContext
  readonly #flows: { readonly flow: Flow; readonly carrier: Carrier; due: Micros }[] = []
  #timer: NodeJS.Timeout | undefined
  #settled: (() => void) | undefined

  private constructor(start: ProbeStart, context: ProbeContext) {
    this.#start = start
    this.#context = context
  }

  static async begin(start: ProbeStart, context: ProbeContext): Promise<RunningProbe> {
    const probe = new RunningProbe(start, context)
    await Promise.all(Array.from({ length: start.flows }, (_, index) => probe.#open(index)))
    const now = context.now()
    const interval = 1_000_000 / start.packetsPerSecond
    probe.#flows.sort((a, b) => a.flow.flow - b.flow.flow)
    for (const [index, entry] of probe.#flows.entries()) entry.due = now + (interval * index) / start.flows
    probe.#timer = setInterval(() => probe.#tick(interval), TICK_MS)
    return probe
  }

  nodes(): ProbeNodes {
    return { nodes: this.#flows.map(({ flow }) => flow.node ?? null) }
  }

  async stop(): Promise<ProbeEnd> {
    clearInterval(this.#timer)
    const { promise, resolve } = Promise.withResolvers<void>()
    const patience = setTimeout(resolve, LAST_ANSWERS_MS)
    this.#settled = () => this.#flows.every(({ flow }) => flow.answered >= flow.sent || flow.fate === 'reset') && resolve()
    this.#settled()
    await promise
    clearTimeout(patience)
    // A TCP flow that lives answers everything, however late.
    if (this.#start.protocol === 'tcp')
      for (const { flow } of this.#flows) flow.fate ??= flow.answered >= flow.sent ? 'survived' : 'stalled'
    for (const { carrier } of this.#flows) carrier.close()
    return { flows: this.#flows.map(({ flow }) => flow.report()) }
  }

  async #open(index: number): Promise<void> {
    let flow: Flow | undefined
    const carrier = await this.#context.open(this.#start, {
      answer: (text) => flow !== undefined && this.#answer(flow, text),
      reset: () => {
        if (flow === undefined || flow.fate !== undefined) return
        flow.fate = 'reset'
        this.#settled?.()
      },
    })
    flow = new Flow(index, carrier.sourcePort, this.#context.now())
    this.#flows.push({ flow, carrier, due: 0 })
  }

  #answer(flow: Flow, text: string): void {
    const read = this.#context.read(text)
    if (read === undefined) return
    const now = this.#context.now()
    if (flow.answer(read.node, now)) this.#say(flow, 'ok', now)
    this.#settled?.()
  }

  /** Three packets without an answer, or a fifth of a second where packets are close, make a flow lost. */
  #patience(): Micros {
    return Math.max(3_000_000 / this.#start.packetsPerSecond, 200_000)
  }

  #tick(interval: Micros): void {
    const now = this.#context.now()
    for (const entry of this.#flows) {
      const { flow, carrier } = entry
      if (flow.check(now, this.#patience())) this.#say(flow, 'lost', now)
      if (entry.due > now || flow.fate === 'reset') continue
      // A tick that came late sends one packet, not a burst.
      entry.due = Math.max(entry.due + interval, now)
      carrier.send(`${flow.flow} ${flow.sent}`)
      flow.send(now)
    }
  }

  #say(flow: Flow, state: 'ok' | 'lost', at: Micros): void {
    const { name } = this.#start
    const node = flow.node
    this.#context.emit(
      { type: 'probe', device: this.#context.device, probe: name, flow: flow.flow, state, ...(node === undefined ? {} : { node }) },
      at,
    )
  }
}
