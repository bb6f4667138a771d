import type { LabEvent, LabEventBody } from '../../model/index.ts'
import type { Random, World } from '../ports.ts'
import { seededRandom } from '../random.ts'
import { RealCalls } from './calls.ts'
import { monotonicMicros, RealClock } from './clock.ts'
import { RealHost } from './host.ts'
import { RealTransport } from './transport.ts'

export interface RealWorldOptions {
  /** The device's name. */
  readonly name: string
  /** Takes every record, stamped; a program in a container writes it to its standard output. */
  readonly emit: (event: LabEvent) => void
  /** The same seed gives the same chances; without one they are the machine's. */
  readonly seed?: string
}

/** The World of a program on a real machine or in a real container: Node's clock, sockets and HTTP, and the kernel by ip(8), nft(8) and arping(8). */
export function createRealWorld({ name, emit, seed }: RealWorldOptions): World {
  let ended = false
  const clock = new RealClock()
  const transport = new RealTransport(clock)
  const calls = new RealCalls(clock)
  const events = {
    emit: (event: LabEventBody): void => {
      if (!ended) emit({ ...event, at: monotonicMicros() })
    },
  }
  const host = new RealHost(name, clock, events)
  const random: Random = seed === undefined ? { next: () => Math.random() } : seededRandom(seed)
  return {
    name,
    clock,
    random,
    transport,
    calls,
    host,
    events,
    end: () => {
      if (ended) return
      ended = true
      clock.stop()
      transport.end()
      calls.end()
      host.end()
    },
  }
}
