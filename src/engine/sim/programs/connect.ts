/** Single tries of a port, each from a source port of its own: what a client would see first. */
import { MILLISECOND, type Micros } from '../../../model/index.ts'
import type { World } from '../../../world/index.ts'
import type { ConnectOutcome, ConnectResult } from '../../lab.ts'
import type { Machine } from '../net/index.ts'
import { readAnswer } from './backend.ts'
import { lineBytes } from './lines.ts'

/** As long as a client in a container gives it. */
const PATIENCE: Micros = 4_000 * MILLISECOND
const UDP_AGAIN: Micros = 500 * MILLISECOND
const QUESTION = 'connect'

interface Attempt {
  readonly outcome: ConnectOutcome
  readonly backend: string | null
  readonly time: Micros
}

export interface ConnectStart {
  readonly vip: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  readonly attempts: number
}

export function connect(machine: Machine, world: World, start: ConnectStart, done: (result: ConnectResult) => void): void {
  const attempts: Attempt[] = []
  let left = start.attempts
  const begin = start.protocol === 'tcp' ? tryTcp : tryUdp
  for (let index = 0; index < start.attempts; index++) {
    const began = world.clock.now()
    begin(machine, world, start, (outcome, answer) => {
      const read = answer === undefined ? undefined : readAnswer(answer)
      attempts[index] = { outcome, backend: read === undefined ? null : `${read.node} ${read.at}`, time: world.clock.now() - began }
      if (--left > 0) return
      done({
        outcomes: attempts.map((each) => each.outcome),
        backends: attempts.map((each) => each.backend),
        times: attempts.map((each) => each.time),
      })
    })
  }
}

type Ended = (outcome: ConnectOutcome, answer?: string) => void

/** Answered is whatever came back, also a server's complaint about the question. */
function tryTcp(_machine: Machine, { transport, clock }: World, { vip, port }: ConnectStart, ended: Ended): void {
  const decoder = new TextDecoder()
  const patience = clock.timer('connect patience', () => end('timeout'))
  const end: Ended = (outcome, answer) => {
    patience.stop()
    connection.close()
    ended(outcome, answer)
  }
  const connection = transport.connect({ remote: { address: vip, port }, timeout: PATIENCE }, (event) => {
    switch (event.type) {
      case 'connected':
        connection.send(lineBytes(QUESTION))
        break
      case 'data':
        end('answered', decoder.decode(event.data).trimEnd())
        break
      case 'failed':
        end(event.reason === 'address-not-local' ? 'unreachable' : event.reason)
        break
      case 'closed':
        // A FIN without a word is an end that the other side made, as a reset is.
        end(event.reason === 'timeout' ? 'timeout' : 'reset')
        break
      default:
        break
    }
  })
  patience.start(PATIENCE)
}

function tryUdp(machine: Machine, { clock }: World, { vip, port }: ConnectStart, ended: Ended): void {
  const end: Ended = (outcome, answer) => {
    again.stop()
    patience.stop()
    socket?.close()
    ended(outcome, answer)
  }
  const send = () => {
    if (socket?.send({ address: vip, port }, QUESTION) === false) end('unreachable')
  }
  const patience = clock.timer('connect patience', () => end('timeout'))
  const again = clock.timer('connect again', send)
  const socket = machine.bindUdp({}, (event) => {
    if (event.type === 'datagram') end('answered', event.data)
    else end(event.reason)
  })
  patience.start(PATIENCE)
  again.start(UDP_AGAIN)
  // Its outcome must not come before this has returned.
  clock.yield(send)
}
