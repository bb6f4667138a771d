/**
 * Our side of the matrix: six speakers in one process, told what to do on standard input and telling on standard output, one JSON line each.
 * A process of its own, so that it can be stopped and killed.
 */
import { execFile } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Speaker, type SpeakerEvent, wire } from '../../../src/bgp/index.ts'
import type { ConnectionEvent, Transport } from '../../../src/world/index.ts'
import { createRealWorld } from '../../../src/world/real/index.ts'
import { CELLS, type Cell, HOLD_SECONDS, type Order, ROUTER, ROUTER_ASN, type Told } from './terms.ts'

const say = (told: object) => process.stdout.write(`${JSON.stringify(told)}\n`)

/** The same transport, with every message that comes in told. */
function overheard(transport: Transport, heard: (frame: string) => void): Transport {
  const tap = (sink: (event: ConnectionEvent) => void) => {
    const framer = new wire.Framer()
    return (event: ConnectionEvent) => {
      if (event.type === 'data') for (const { bytes } of framer.push(event.data).frames) heard(Buffer.from(bytes).toString('hex'))
      sink(event)
    }
  }
  return {
    connect: (request, sink) => transport.connect(request, tap(sink)),
    listen: (local, sink) =>
      transport.listen(local, (event) =>
        sink(event.type === 'connection' ? { ...event, accept: (inner) => event.accept(tap(inner)) } : event),
      ),
  }
}

class Ours {
  readonly #cell: Cell
  readonly #session: number
  readonly #world = createRealWorld({ name: 'node', emit: () => {} })
  #routes: Readonly<Record<string, readonly string[]>> = {}
  speaker: Speaker

  constructor(cell: Cell, session: number) {
    this.#cell = cell
    this.#session = session
    this.speaker = this.#start()
  }

  #start(): Speaker {
    const { address, asn, identifier, mode } = this.#cell
    const frame = (hex: string) => this.#tell({ type: 'frame', frame: hex })
    return new Speaker(
      { ...this.#world, transport: overheard(this.#world.transport, frame) },
      {
        localAddress: address,
        localAsn: asn,
        routerId: identifier,
        listen: mode !== 'we connect',
        peers: [
          {
            peerAddress: ROUTER,
            peerAsn: ROUTER_ASN,
            holdTimeSeconds: HOLD_SECONDS,
            connectRetrySeconds: 1,
            passive: mode === 'they connect',
            addPath: { send: true, receive: true },
          },
        ],
      },
      (event) => this.#heard(event),
    )
  }

  #heard(event: SpeakerEvent): void {
    switch (event.type) {
      case 'established':
        this.#tell({ type: event.type, negotiated: event.negotiated })
        break
      case 'notification':
        this.#tell({ type: event.type, notification: `${event.direction} ${event.code}/${event.subcode} ${event.detail}`.trim() })
        break
      case 'route-refresh':
        this.#tell({ type: event.type, direction: event.direction })
        break
      case 'routes-changed':
        this.#tell({ type: event.type, ...this.#received() })
        break
      case 'state':
      case 'update-sent':
      case 'update-received':
        this.#tell({ type: event.type })
        break
      default:
    }
  }

  #tell(more: Omit<Told, 'session' | 'state' | 'established'>): void {
    const status = this.speaker?.peers()[0]
    say({ session: this.#session, state: status?.state, established: status?.establishedCount, reason: status?.reason, ...more })
  }

  announce(routes: Readonly<Record<string, readonly string[]>>): void {
    this.#routes = routes
    this.speaker.announce(
      Object.entries(routes).map(([prefix, nextHops]) => ({ prefix, nextHops, ...(nextHops[0] ? { singleNextHop: nextHops[0] } : {}) })),
    )
  }

  /** What could be used, and what comes back to us (R41). */
  #received(): Pick<Told, 'routes' | 'loops'> {
    const all = this.speaker.routesIn(ROUTER).map(({ prefix, paths }) => ({ prefix, used: paths.filter(({ valid }) => valid) }))
    return {
      routes: Object.fromEntries(
        all
          .filter(({ used }) => used.length > 0)
          .map(({ prefix, used }) => [prefix, used.map(({ nextHop, pathId }) => `${nextHop} ${pathId ?? '-'}`).sort()]),
      ),
      loops: all.filter(({ used }) => used.length === 0).map(({ prefix }) => prefix),
    }
  }

  /** As a node that gives its address up: first the last word, then the address. */
  async stop(message: string): Promise<void> {
    await new Promise<void>((resolve) => this.speaker.stop(resolve, message))
    await ip('addr', 'del', `${this.#cell.address}/32`, 'dev', 'peers0')
  }

  async start(): Promise<void> {
    await ip('addr', 'add', `${this.#cell.address}/32`, 'dev', 'peers0')
    this.speaker = this.#start()
    this.announce(this.#routes)
  }
}

function ip(...args: string[]): Promise<void> {
  return new Promise((resolve, reject) =>
    execFile('ip', args, (error, _, stderr) => (error ? reject(new Error(stderr || error.message)) : resolve())),
  )
}

const all = CELLS.map((cell, session) => new Ours(cell, session))

async function obey(order: Order): Promise<unknown> {
  const ours = all[order.session]!
  switch (order.op) {
    case 'announce':
      return ours.announce(order.routes)
    case 'reset':
      return ours.speaker.resetPeer(ROUTER, order.message)
    case 'refresh':
      return ours.speaker.refresh(ROUTER)
    case 'stop':
      return ours.stop(order.message)
    case 'start':
      return ours.start()
  }
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, ...order } = JSON.parse(line) as Order & { id: number }
  await obey(order as Order).then(
    (result) => say({ id, result: result ?? null }),
    (error: Error) => say({ id, error: error.message }),
  )
})
