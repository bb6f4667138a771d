import { contains, type Ipv4, type Prefix, parseIpv4, parsePrefix } from '../../net/index.ts'
import type { Connection, ConnectionEvent, ConnectRequest, Endpoint, Listener, ListenerEvent } from '../ports.ts'
import type { EventQueue } from './queue.ts'
import { flowOf, type Segment, type SegmentHead } from './segment.ts'
import { type Program, Socket, type SocketOwner, type TcpLimits } from './tcp.ts'

/** Where a stack puts what it sends; the network answers nothing, as a wire does. */
export interface Wire {
  send(from: Stack, segment: Segment): void
  /** The set of addresses that `stack` answers for has changed. */
  addressesChanged(stack: Stack): void
  /** The heads of a new connection's two directions, the one from `from` first. */
  headOf(from: Endpoint, to: Endpoint): SegmentHead
  /** The peer of a connection has shown that what went out with this head arrives. */
  confirmed?(head: SegmentHead): void
  /** A wire that knows the machine's addresses itself: whether one is local, and which one it speaks to `remote` from. */
  readonly addresses?: {
    holds(address: string): boolean
    sourceFor(remote: string): string | undefined
  }
}

/** A machine's network stack: it outlives the program that uses it (a killed program's connections end with FIN) and dies with power. */
export class Stack implements SocketOwner {
  readonly name: string
  readonly queue: EventQueue
  readonly limits: TcpLimits
  readonly #wire: Wire
  readonly #own: readonly string[]
  readonly #subnets: readonly { readonly address: string; readonly prefix: Prefix }[]
  readonly #added = new Set<string>()
  /** Local to this machine, and nobody is told: what a route of another machine brings here is taken (a VIP). */
  readonly #local = new Set<string>()
  readonly #listeners: VirtualListener[] = []
  readonly #sockets = new Map<string, Socket>()
  #nextPort: number
  powered = true
  /** False while its links are cut: nothing goes in or out, but it can still talk to itself. */
  linked = true

  /** `addresses`: `a.b.c.d` or `a.b.c.d/n`, the machine's own. */
  constructor(name: string, addresses: readonly string[], queue: EventQueue, wire: Wire, limits: TcpLimits, firstPort: number) {
    this.name = name
    this.queue = queue
    this.limits = limits
    this.#wire = wire
    this.#own = addresses.map((text) => text.split('/')[0]!)
    this.#subnets = addresses.map((text, index) => ({ address: this.#own[index]!, prefix: subnetOf(text) }))
    this.#nextPort = firstPort
  }

  get addresses(): readonly string[] {
    return [...this.#own, ...this.#added]
  }

  holds(address: string): boolean {
    if (this.#wire.addresses !== undefined) return this.#wire.addresses.holds(address)
    return this.#own.includes(address) || this.#added.has(address) || this.#local.has(address) || address.startsWith('127.')
  }

  addAddress(address: string): void {
    if (this.#own.includes(address) || this.#added.has(address)) return
    this.#added.add(address)
    this.#wire.addressesChanged(this)
  }

  /** Connections from it stay, deaf and dumb, until they time out: as in life. */
  removeAddress(address: string): void {
    if (this.#added.delete(address)) this.#wire.addressesChanged(this)
  }

  /** Replaces the addresses that are local without being answered for on the wire. */
  setLocal(addresses: readonly string[]): void {
    this.#local.clear()
    for (const address of addresses) this.#local.add(address)
  }

  connect(program: Program, request: ConnectRequest, sink: (event: ConnectionEvent) => void): Connection {
    const address = request.localAddress ?? this.#sourceFor(request.remote.address)
    if (address === undefined) {
      return this.#failed(sink, {
        type: 'failed',
        reason: 'unreachable',
        detail: `${this.name} has no address to reach ${request.remote.address} from`,
      })
    }
    if (!this.holds(address)) {
      return this.#failed(sink, { type: 'failed', reason: 'address-not-local', detail: `${this.name} does not hold ${address}` })
    }
    const local = { address, port: this.#freePort(address, request.remote) }
    const socket = new Socket(this, program, this.#wire.headOf(local, request.remote), false, sink)
    this.#sockets.set(socket.incoming, socket)
    socket.open(request.timeout)
    return socket
  }

  listen(program: Program, local: Endpoint, sink: (event: ListenerEvent) => void): Listener {
    const port = local.port === 0 ? this.#freeListenPort() : local.port
    const listener = new VirtualListener(program, { address: local.address, port }, sink, () => this.#unlisten(listener))
    const failure = this.#cannotListen(listener.local)
    if (failure) {
      listener.open = false
      this.queue.schedule(0, () => sink(failure))
    } else {
      this.#listeners.push(listener)
      this.queue.schedule(0, () => {
        if (listener.open) sink({ type: 'listening', local: listener.local })
      })
    }
    return listener
  }

  /** A segment has arrived on the wire (or from this machine itself). */
  receive(segment: Segment): void {
    const { head } = segment
    const socket = this.#sockets.get(head.flow)
    if (socket) {
      socket.receive(segment)
      return
    }
    if (segment.kind === 'rst') return
    const listener = segment.kind === 'syn' ? this.#listenerFor(head.to) : undefined
    if (listener) {
      const incoming = new Socket(this, listener.program, head.reverse, true)
      this.#sockets.set(incoming.incoming, incoming)
      incoming.open(0)
      return
    }
    this.transmit({ kind: 'rst', head: head.reverse })
  }

  /** An ICMP error about what went out with this head. */
  unreachable(head: SegmentHead, detail: string): void {
    this.#sockets.get(head.reverse.flow)?.unreachable(detail)
  }

  confirmed(head: SegmentHead): void {
    this.#wire.confirmed?.(head)
  }

  transmit(segment: Segment): void {
    if (this.powered) this.#wire.send(this, segment)
  }

  established(socket: Socket): void {
    const listener = this.#listenerFor(socket.local)
    let accepted = false
    let offered = true
    listener?.sink({
      type: 'connection',
      local: socket.local,
      remote: socket.remote,
      accept: (sink) => {
        if (!offered || accepted) throw new Error('a connection is accepted once, inside its event')
        accepted = true
        socket.adopt(sink)
        return socket
      },
    })
    offered = false
    if (!accepted) socket.abort()
  }

  remove(socket: Socket): void {
    if (this.#sockets.get(socket.incoming) === socket) this.#sockets.delete(socket.incoming)
  }

  /** A program that used this stack is gone; the kernel closes what it left. */
  processEnded(program: Program): void {
    for (const listener of [...this.#listeners]) if (listener.program === program) listener.close()
    for (const socket of [...this.#sockets.values()]) if (socket.program === program) socket.close()
  }

  powerOff(): void {
    this.powered = false
    for (const listener of [...this.#listeners]) listener.close()
    for (const socket of [...this.#sockets.values()]) socket.destroy()
    this.#wire.addressesChanged(this)
  }

  #failed(sink: (event: ConnectionEvent) => void, event: ConnectionEvent): Connection {
    const timer = this.queue.schedule(0, () => sink(event))
    const cancel = (): void => this.queue.cancel(timer)
    return { send: () => true, queued: 0, close: cancel, abort: cancel, pause() {}, resume() {} }
  }

  /** An own address: the same one for itself, one of the peer's subnet, else the first. */
  #sourceFor(remote: string): string | undefined {
    if (this.#wire.addresses !== undefined) return this.#wire.addresses.sourceFor(remote)
    if (this.holds(remote)) return remote
    const destination: Ipv4 | undefined = parseIpv4(remote)
    const near = destination === undefined ? undefined : this.#subnets.find(({ prefix }) => contains(prefix, destination))
    return near?.address ?? this.#own.find((address) => !address.startsWith('127.'))
  }

  #freePort(address: string, remote: Endpoint): number {
    for (;;) {
      const port = this.#nextPort
      this.#nextPort = port >= 60_999 ? 32_768 : port + 1
      if (!this.#sockets.has(flowOf(remote, { address, port }))) return port
    }
  }

  #freeListenPort(): number {
    let port = 40_000
    while (this.#listeners.some(({ local }) => local.port === port)) port++
    return port
  }

  #cannotListen(local: Endpoint): ListenerEvent | undefined {
    const { address, port } = local
    if (address !== '0.0.0.0' && !this.holds(address)) {
      return { type: 'failed', reason: 'address-not-local', detail: `${this.name} does not hold ${address}` }
    }
    const taken = this.#listeners.some(
      (other) => other.local.port === port && (other.local.address === address || [address, other.local.address].includes('0.0.0.0')),
    )
    if (taken) return { type: 'failed', reason: 'address-in-use', detail: `${address}:${port} is in use on ${this.name}` }
    return undefined
  }

  #listenerFor(local: Endpoint): VirtualListener | undefined {
    return this.#listeners.find(
      (listener) =>
        listener.local.port === local.port && (listener.local.address === local.address || listener.local.address === '0.0.0.0'),
    )
  }

  #unlisten(listener: VirtualListener): void {
    const index = this.#listeners.indexOf(listener)
    if (index >= 0) this.#listeners.splice(index, 1)
  }
}

class VirtualListener implements Listener {
  readonly program: Program
  readonly local: Endpoint
  readonly sink: (event: ListenerEvent) => void
  readonly #remove: () => void
  open = true

  constructor(program: Program, local: Endpoint, sink: (event: ListenerEvent) => void, remove: () => void) {
    this.program = program
    this.local = local
    this.sink = sink
    this.#remove = remove
  }

  close(): void {
    if (!this.open) return
    this.open = false
    this.#remove()
  }
}

function subnetOf(text: string): Prefix {
  const subnet = parsePrefix(text.includes('/') ? text : `${text}/32`, 'mask')
  if (!subnet) throw new TypeError(`not an interface's address: ${JSON.stringify(text)}; write 10.0.1.10/24`)
  return subnet
}
