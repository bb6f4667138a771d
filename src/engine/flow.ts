/** One flow of a probe: what was sent, what was answered, and by way of which node. */
import type { Micros } from '../model/index.ts'
import type { ProbeFlow } from './lab.ts'

/** A backend's answer to one datagram, or to one line of a TCP stream: one line of JSON. */
export interface BackendAnswer {
  /** The node on which the backend runs. */
  readonly node: string
  /** The address and port that the request came from as the backend saw it: the LB node's, which masquerades. */
  readonly source: string
  readonly port: number
  /** Where it answers: `udp/5353`. */
  readonly at: string
  /** The request itself. */
  readonly echo: string
}

/** Which LB node an answer came by: it masquerades, unless the backend runs on the LB node itself. */
export function nodeOf(answer: BackendAnswer, names: Readonly<Record<string, string>>): string {
  return names[answer.source] ?? answer.node
}

export class Flow {
  readonly flow: number
  readonly sourcePort: number
  sent = 0
  answered = 0
  fate: ProbeFlow['fate']
  #lastSent: Micros = 0
  #lastAnswer: Micros
  #longestGap: Micros = 0
  #nodes: string[] = []
  #lost = false

  constructor(flow: number, sourcePort: number, now: Micros) {
    this.flow = flow
    this.sourcePort = sourcePort
    this.#lastAnswer = now
  }

  get node(): string | undefined {
    return this.#nodes.at(-1)
  }

  send(now: Micros): void {
    this.sent++
    this.#lastSent = now
  }

  /** Answers true when the flow was lost until now, or had never been answered. */
  answer(node: string, now: Micros): boolean {
    this.answered++
    this.#longestGap = Math.max(this.#longestGap, now - this.#lastAnswer)
    this.#lastAnswer = now
    if (this.#nodes.at(-1) !== node) this.#nodes.push(node)
    const news = this.#lost || this.answered === 1
    this.#lost = false
    return news
  }

  /** Answers true when the flow becomes lost now. */
  check(now: Micros, patience: Micros): boolean {
    if (this.#lost || now - this.#lastAnswer <= patience) return false
    this.#lost = true
    return true
  }

  report(): ProbeFlow {
    return {
      flow: this.flow,
      sourcePort: this.sourcePort,
      sent: this.sent,
      answered: this.answered,
      longestGap: Math.max(this.#longestGap, this.#lastSent - this.#lastAnswer),
      nodes: this.#nodes,
      ...(this.fate === undefined ? {} : { fate: this.fate }),
    }
  }
}
