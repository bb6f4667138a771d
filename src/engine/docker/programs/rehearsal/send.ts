/** Datagrams to a VIP, each flow from a source port of its own, repeated until it is answered. */
import { createSocket, type Socket } from 'node:dgram'
import type { SentDatagrams } from '../../../../cluster/preflight/index.ts'
import type { RehearsedDatagrams } from '../../../lab.ts'
import { monotonicMicros } from '../serve.ts'
import { holds, REHEARSAL_PORT } from './vip.ts'

/** Routers need a moment to pass a route on: one lost datagram is no verdict. */
const AGAIN_MS = 200

export async function sendDatagrams(request: RehearsedDatagrams): Promise<SentDatagrams> {
  if (holds(request.vip)) return { sent: 0, answered: 0, heldHere: true }
  const began = monotonicMicros()
  const flows = await Promise.all(Array.from({ length: request.flows }, (_, flow) => sendFlow(request, flow)))
  const answers = flows.flatMap((flow) => flow.answeredAt ?? [])
  const error = flows.findLast((flow) => flow.error !== undefined)?.error
  return {
    sent: flows.reduce((sum, flow) => sum + flow.sent, 0),
    answered: answers.length,
    ...(answers.length > 0 && { after: Math.min(...answers) - began }),
    heldHere: false,
    ...(error !== undefined && { error }),
  }
}

interface Flow {
  readonly sent: number
  readonly answeredAt?: number
  readonly error?: string
}

/** A connected socket, since only that hears of ICMP errors. An error ends no flow: the route may still be on its way. */
function sendFlow({ from, vip, token, flows, within }: RehearsedDatagrams, flow: number): Promise<Flow> {
  return new Promise((resolve) => {
    const message = flows === 1 ? token : `${token} ${flow}`
    const socket: Socket = createSocket('udp4')
    let sent = 0
    let error: string | undefined
    const end = (answeredAt?: number) => {
      clearTimeout(patience)
      clearInterval(again)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.close()
      resolve({ sent, ...(answeredAt !== undefined && { answeredAt }), ...(error !== undefined && { error }) })
    }
    const failed = (failure: NodeJS.ErrnoException | null) => {
      if (failure) error = failure.code ?? failure.message
    }
    let connected = false
    const send = () => {
      if (!connected) return connect()
      sent++
      socket.send(message, failed)
    }
    // Without a route to the VIP connecting fails; a later attempt may find one.
    const connect = () => {
      socket.connect(REHEARSAL_PORT, vip, ((failure?: NodeJS.ErrnoException) => {
        failed(failure ?? null)
        if (failure !== undefined && failure !== null) return
        connected = true
        send()
      }) as () => void)
    }
    const patience = setTimeout(() => end(), within / 1000)
    const again = setInterval(send, AGAIN_MS)
    socket.on('message', () => end(monotonicMicros()))
    socket.on('error', failed)
    socket.bind(0, from, connect)
  })
}
