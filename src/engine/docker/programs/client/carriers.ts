/** UDP and TCP flows as sockets of their own, each with a source port of its own. */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { onLines } from '../serve.ts'
import type { Carrier, CarrierSink } from './probe.ts'

export interface Target {
  readonly vip: string
  readonly port: number
}

/** A datagram socket; what comes back from anywhere but the VIP is dropped by the kernel. */
export function openUdp(target: Target, sink: CarrierSink): Promise<Carrier> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.on('message', (message, from) => {
      if (from.address === target.vip && from.port === target.port) sink.answer(message.toString())
    })
    // Not connected: an ICMP error is a packet lost like any other, not the end of the flow.
    socket.bind(0, () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve({
        sourcePort: socket.address().port,
        send: (text) => socket.send(text, target.port, target.vip, () => undefined),
        close: () => socket.close(),
      })
    })
  })
}

/** How long a TCP flow may take to be set up before the probe is refused. */
const CONNECT_MS = 10_000

export function openTcp(target: Target, sink: CarrierSink): Promise<Carrier> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.vip, port: target.port, noDelay: true })
    const patience = setTimeout(
      () => socket.destroy(new Error(`no connection to ${target.vip}:${target.port} within ${CONNECT_MS} ms`)),
      CONNECT_MS,
    )
    socket.on('error', reject)
    // After a reset as after a FIN: the flow has ended, and not by us.
    socket.on('close', () => sink.reset())
    socket.on('connect', () => {
      clearTimeout(patience)
      onLines(socket, sink.answer)
      resolve({
        sourcePort: socket.localPort ?? 0,
        send: (text) => void (socket.writable && socket.write(`${text}\n`)),
        close: () => socket.destroy(),
      })
    })
  })
}
