/** The speakers' process as the walk sees it: what each session is now, what it told, and orders to it. */
import { createInterface } from 'node:readline'
import { Group } from './process.ts'
import { CELLS, type Order, type Told } from './terms.ts'

export interface OurSession {
  state: string
  established: number
  negotiated: Told['negotiated']
  /** What we hold of the daemon's. */
  routes: Readonly<Record<string, readonly string[]>>
  /** What it sends back to us. */
  loops: readonly string[]
  /** All that it told, in order. */
  readonly events: Told[]
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

type WithoutSession<T> = T extends unknown ? Omit<T, 'session'> : never

export class Ours {
  /** By index into `CELLS`; they outlive the process, so that what a dead one said can be looked up. */
  readonly sessions: readonly OurSession[] = CELLS.map(() => ({
    state: 'Idle',
    established: 0,
    negotiated: undefined,
    routes: {},
    loops: [],
    events: [],
  }))
  readonly frames: readonly Set<string>[] = CELLS.map(() => new Set<string>())
  readonly #command: readonly string[]
  readonly #announced: Record<string, readonly string[]>[] = CELLS.map(() => ({}))
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #looks = new Set<() => void>()
  #group: Group | undefined
  #id = 0

  constructor(command: readonly string[]) {
    this.#command = command
  }

  /** A process with what is announced as it was. */
  async start(): Promise<void> {
    this.#group = new Group(this.#command, 'talk', 'speakers')
    createInterface({ input: this.#group.child.stdout! }).on('line', (line) => this.#heard(JSON.parse(line) as Told | Answer))
    for (const [session, routes] of this.#announced.entries()) await this.announce(session, routes)
  }

  async kill(): Promise<void> {
    await this.#group?.kill()
    for (const session of this.sessions) {
      session.state = 'Idle'
      session.established = 0
      session.routes = {}
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#group?.signal(signal)
  }

  announced(session: number): Readonly<Record<string, readonly string[]>> {
    return this.#announced[session]!
  }

  async announce(session: number, routes: Readonly<Record<string, readonly string[]>>): Promise<void> {
    this.#announced[session] = routes
    await this.order(session, { op: 'announce', routes })
  }

  order(session: number, order: WithoutSession<Order>): Promise<unknown> {
    const id = ++this.#id
    const answer = Promise.withResolvers<unknown>()
    this.#answers.set(id, answer)
    this.#group?.child.stdin?.write(`${JSON.stringify({ id, session, ...order })}\n`)
    return answer.promise
  }

  /** Holds at some word of ours; throws after `seconds`. */
  told(session: number, what: string, holds: (session: OurSession) => boolean, seconds: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const one = this.sessions[session]!
    const look = () => {
      if (holds(one)) resolve()
    }
    const tail = () => one.events.slice(-4).map(({ type, state, reason, notification }) => [type, state, notification ?? reason].join(' '))
    const limit = setTimeout(() => reject(new Error(`not within ${seconds} s: ${what}; last: ${tail().join(' | ')}`)), seconds * 1000)
    this.#looks.add(look)
    look()
    return promise.finally(() => {
      clearTimeout(limit)
      this.#looks.delete(look)
    })
  }

  #heard(record: Told | Answer): void {
    if ('id' in record) {
      const answer = this.#answers.get(record.id)
      if (record.error === undefined) answer?.resolve(record.result)
      else answer?.reject(new Error(record.error))
      this.#answers.delete(record.id)
      return
    }
    if (record.frame !== undefined) {
      this.frames[record.session]!.add(record.frame)
      return
    }
    const session = this.sessions[record.session]!
    session.state = record.state
    session.established = record.established
    if (record.negotiated !== undefined) session.negotiated = record.negotiated
    if (record.routes !== undefined) session.routes = record.routes
    if (record.loops !== undefined) session.loops = record.loops
    session.events.push(record)
    for (const look of [...this.#looks]) look()
  }
}

/** The command that runs the speakers' program in the namespace of this process. */
export function inNamespaceOf(pid: number, program: string): readonly string[] {
  return ['nsenter', '-t', String(pid), '-n', process.execPath, ...process.execArgv, program]
}
