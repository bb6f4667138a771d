/** Single tries of a port, each from a source port of its own: what a client would see first. */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { ConnectOutcome } from '../../../lab.ts'
import type { BackendAnswer, ConnectEnd, ConnectStart } from '../../traffic-requests.ts'

/** Longer than a SYN's second retransmission (1 s and 3 s): lost packets, or a machine that is busy for a second, are no verdict. */
const PATIENCE_MS = 4_000
const UDP_AGAIN_MS = 500
const QUESTION = 'connect\n'

export async function connectOnce(start: ConnectStart): Promise<ConnectEnd> {
  const one = start.protocol === 'tcp' ? tryTcp : tryUdp
  const attempts = await Promise.all(
    Array.from({ length: start.attempts }, async () => {
      const began = performance.now()
      const { outcome, answer } = await one(start)
      return { outcome, backend: answer === undefined ? null : backendOf(answer), time: Math.round((performance.now() - began) * 1000) }
    }),
  )
  return {
    outcomes: attempts.map((each) => each.outcome),
    backends: attempts.map((each) => each.backend),
    times: attempts.map((each) => each.time),
  }
}

interface Attempt {
  readonly outcome: ConnectOutcome
  readonly answer?: string
}

/** What is not a line of ours is no backend's: the API's complaint, for one. */
function backendOf(answer: string): string | null {
  try {
    const { node, at } = JSON.parse(answer) as BackendAnswer
    return `${node} ${at}`
  } catch {
    return null
  }
}

/** Answered is whatever came back, also a server's complaint about the question. */
function tryTcp({ vip, port }: ConnectStart): Promise<Attempt> {
  return new Promise((resolve) => {
    let connected = false
    const socket = connect({ host: vip, port, noDelay: true })
    const end = (outcome: ConnectOutcome, answer?: string) => {
      clearTimeout(patience)
      socket.destroy()
      resolve({ outcome, ...(answer !== undefined && { answer }) })
    }
    const patience = setTimeout(() => end('timeout'), PATIENCE_MS)
    socket.on('connect', () => {
      connected = true
      socket.write(QUESTION)
    })
    socket.on('data', (data) => end('answered', data.toString()))
    // A FIN without a word is an end that the other side made, as a reset is.
    socket.on('end', () => end('reset'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(connected ? 'reset' : failure(error)))
  })
}

/** A connected socket, since only that hears of the ICMP error. */
function tryUdp({ vip, port }: ConnectStart): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (outcome: ConnectOutcome, answer?: string) => {
      clearTimeout(patience)
      clearTimeout(again)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.close()
      resolve({ outcome, ...(answer !== undefined && { answer }) })
    }
    const send = () => socket.send(QUESTION, (error) => error && end(failure(error)))
    const patience = setTimeout(() => end('timeout'), PATIENCE_MS)
    const again = setTimeout(send, UDP_AGAIN_MS)
    socket.on('message', (message) => end('answered', message.toString()))
    socket.on('error', (error: NodeJS.ErrnoException) => end(failure(error)))
    socket.connect(port, vip, send)
  })
}

function failure(error: NodeJS.ErrnoException): ConnectOutcome {
  if (error.code === 'ECONNREFUSED') return 'refused'
  return error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH' ? 'unreachable' : 'timeout'
}
