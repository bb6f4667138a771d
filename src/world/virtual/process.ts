import type { LabEventBody } from '../../model/index.ts'
import type { Connection, Host, Listener, Transport, World } from '../ports.ts'
import { seededRandom } from '../random.ts'
import { virtualCalls } from './calls.ts'
import { VirtualClock } from './clock.ts'
import { type EventQueue, laneOf } from './queue.ts'
import type { Stack } from './stack.ts'

/** Keeps what a program is told from reaching it after its end. */
export interface Guard {
  run(callback: () => void): () => void
  sink<T>(sink: (event: T) => void): (event: T) => void
}

export interface ProcessOptions<H extends Host> {
  /** The device's name. */
  readonly name: string
  readonly queue: EventQueue
  readonly stack: Stack
  /** Names the stream of random numbers. */
  readonly seed: string
  readonly epochSeconds: number
  readonly emit: (event: LabEventBody) => void
  readonly host: (guard: Guard, emit: (event: LabEventBody) => void) => H
}

/** The world of one program that runs on a virtual machine: it ends with the program, and the machine's stack goes on. */
export function startProcess<H extends Host>(options: ProcessOptions<H>): World & { readonly host: H; readonly ended: boolean } {
  const { name, queue, stack } = options
  const program = {}
  let ended = false
  const guard: Guard = {
    run: (callback) => () => {
      if (!ended) callback()
    },
    sink: (sink) => (event) => {
      if (!ended) sink(event)
    },
  }
  const clock = new VirtualClock(queue, options.epochSeconds, laneOf(name))
  const transport: Transport = {
    connect: (request, sink) => (ended ? NO_CONNECTION : stack.connect(program, request, guard.sink(sink))),
    listen: (local, sink) => (ended ? NO_LISTENER : stack.listen(program, local, guard.sink(sink))),
  }
  const emit = guard.sink(options.emit)
  return {
    name,
    clock,
    random: seededRandom(options.seed),
    transport,
    calls: virtualCalls(transport, clock),
    host: options.host(guard, emit),
    events: { emit },
    get ended() {
      return ended
    },
    end: () => {
      if (ended) return
      ended = true
      clock.stop()
      if (stack.powered) stack.processEnded(program)
    },
  }
}

/** What an ended world's requests come to. */
const NO_CONNECTION: Connection = { send: () => true, queued: 0, close() {}, abort() {}, pause() {}, resume() {} }
const NO_LISTENER: Listener = { close() {} }
