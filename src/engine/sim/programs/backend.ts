/** A Service's backend on a node: answers each datagram, and each line of a TCP stream, with who it is and whom it saw. */
import type { World } from '../../../world/index.ts'
import type { BackendAnswer } from '../../flow.ts'
import type { Machine, Trace } from '../net/index.ts'
import { LineReader, lineBytes } from './lines.ts'

/** What a simulated backend tells beyond a real one's answer: the way that the request came, which nobody in a real network could tell it. */
export interface TracedAnswer extends BackendAnswer {
  readonly trace?: Trace
}

export interface BackendOptions {
  readonly node: string
  readonly address: string
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[]
}

export function serveBackend(machine: Machine, world: World, { node, address, ports }: BackendOptions): void {
  for (const { protocol, port } of ports) {
    if (protocol === 'udp') serveUdp(machine, node, address, port)
    else serveTcp(world, node, address, port)
  }
}

function serveUdp(machine: Machine, node: string, address: string, port: number): void {
  const socket = machine.bindUdp({ address, port }, (event) => {
    if (event.type !== 'datagram') return
    const { from, data: echo, trace } = event
    const answer: TracedAnswer = { node, at: `udp/${port}`, source: from.address, port: from.port, echo, trace }
    socket?.send(from, JSON.stringify(answer))
  })
  if (socket === undefined) throw new Error(`${node}: UDP port ${port} is taken`)
}

function serveTcp(world: World, node: string, address: string, port: number): void {
  world.transport.listen({ address, port }, (event) => {
    if (event.type !== 'connection') return
    const { remote } = event
    const lines = new LineReader()
    const connection = event.accept((incoming) => {
      if (incoming.type !== 'data') return
      for (const echo of lines.push(incoming.data)) {
        const answer: BackendAnswer = { node, at: `tcp/${port}`, source: remote.address, port: remote.port, echo }
        connection.send(lineBytes(JSON.stringify(answer)))
      }
    })
  })
}

/** `undefined` for what is no answer of a backend's. */
export function readAnswer(text: string): TracedAnswer | undefined {
  try {
    const answer = JSON.parse(text) as Partial<TracedAnswer> | null
    return typeof answer?.node === 'string' && typeof answer.source === 'string' ? (answer as TracedAnswer) : undefined
  } catch {
    return undefined
  }
}
