/** Many short UDP flows, each one datagram from a port of its own, and which way each went. */
import { MILLISECOND, type Micros } from '../../../model/index.ts'
import type { World } from '../../../world/index.ts'
import type { FanOutResult } from '../../lab.ts'
import type { Machine, Trace } from '../net/index.ts'
import { readAnswer } from './backend.ts'

const ATTEMPTS = 4
const ATTEMPT: Micros = 500 * MILLISECOND
/** So many at a time, so that no queue on the way overflows. */
const AT_ONCE = 50

export interface FanOutStart {
  readonly vip: string
  readonly port: number
  readonly flows: number
}

/** A datagram without an answer is sent again from the same port, so it takes the same way. */
export function fanOut(machine: Machine, world: World, start: FanOutStart, done: (result: FanOutResult) => void): void {
  const byRouter: Record<string, Record<string, number>> = {}
  let answered = 0
  let left = start.flows
  let open = 0
  const next = () => {
    if (left === 0) {
      if (open === 0) done({ answered, byRouter })
      return
    }
    left--
    open++
    flow(machine, world, start, (trace) => {
      open--
      if (trace !== undefined) {
        answered++
        count(byRouter, trace)
      }
      next()
    })
  }
  if (start.flows === 0) world.clock.yield(next)
  for (let index = 0; index < Math.min(AT_ONCE, start.flows); index++) next()
}

function flow(machine: Machine, { clock }: World, { vip, port }: FanOutStart, done: (trace: Trace | undefined) => void): void {
  let attempt = 0
  const end = (trace: Trace | undefined) => {
    timer.stop()
    socket?.close()
    done(trace)
  }
  const send = () => {
    if (attempt++ === ATTEMPTS) return end(undefined)
    socket?.send({ address: vip, port }, 'fan-out')
    timer.start(ATTEMPT)
  }
  const timer = clock.timer('fan-out', send)
  const socket = machine.bindUdp({}, (event) => {
    if (event.type !== 'datagram') return
    const answer = readAnswer(event.data)
    if (answer?.trace !== undefined) end(answer.trace)
  })
  clock.yield(send)
}

/** The LB node that translated it, and the router that brought it there. */
function count(byRouter: Record<string, Record<string, number>>, { devices, translatedBy }: Trace): void {
  if (translatedBy === undefined) return
  const router = devices[devices.indexOf(translatedBy) - 1]
  if (router === undefined) return
  const shares = byRouter[router] ?? {}
  shares[translatedBy] = (shares[translatedBy] ?? 0) + 1
  byRouter[router] = shares
}
