/** What nodes and clients try before there is a cluster (R34), on one device: sessions of its own, the VIP on it, datagrams to the VIP. */
import { BGP_PORT } from '../../../bgp/index.ts'
import type { Look, SentDatagrams, SessionOutcome } from '../../../cluster/preflight/index.ts'
import { type LabEventBody, MILLISECOND, type Micros, SECOND } from '../../../model/index.ts'
import type { World } from '../../../world/index.ts'
import { type RehearsedDatagrams, type RehearsedSession, rehearsalName } from '../../lab.ts'
import { SessionRehearsal } from '../../rehearsal-session.ts'
import type { DatagramSocket, Machine } from '../net/index.ts'

/** Where datagrams of a rehearsal go; no Service's port is taken before there is a cluster. */
const PORT = 17_934
/** Routers need a moment to pass a route on: one lost datagram is no verdict. */
const AGAIN: Micros = 200 * MILLISECOND
/** Longer than a SYN's first retransmission. */
const KNOCK: Micros = 1_500 * MILLISECOND
const PINGS = 2

export interface RehearsalContext {
  readonly machine: Machine
  readonly world: World
  readonly emit: (event: LabEventBody) => void
  /** Whether some machine on the link would answer ARP for this address. */
  readonly answersArp: (address: string) => boolean
}

interface HeldVip {
  readonly added: boolean
  readonly socket: DatagramSocket
  readonly arrived: Map<string, number>
}

export class DeviceRehearsal {
  readonly #context: RehearsalContext
  readonly #sessions = new Map<string, SessionRehearsal>()
  readonly #held = new Map<string, HeldVip>()

  constructor(context: RehearsalContext) {
    this.#context = context
  }

  open(session: RehearsedSession, done: (outcome: SessionOutcome) => void): void {
    const { machine, world, emit } = this.#context
    const { peerIP } = session
    if (this.#sessions.has(peerIP)) throw new Error(`a session with ${peerIP} is rehearsed already on ${machine.name}`)
    const program = rehearsalName(peerIP)
    const rehearsal = new SessionRehearsal(world, session, (line) => emit({ type: 'output', device: machine.name, program, line }))
    this.#sessions.set(peerIP, rehearsal)
    rehearsal.settled(done)
  }

  announce(
    peer: string,
    prefix: string | undefined,
    done: (result: { readonly sent: boolean; readonly outcome: SessionOutcome }) => void,
  ): void {
    const rehearsal = this.#session(peer)
    rehearsal.announce(prefix, (sent) => done({ sent, outcome: rehearsal.outcome() }))
  }

  outcome(peer: string): SessionOutcome {
    return this.#session(peer).outcome()
  }

  close(peer: string, done: (outcome: SessionOutcome) => void): void {
    const rehearsal = this.#session(peer)
    this.#sessions.delete(peer)
    rehearsal.close(done)
  }

  look(from: string, to: string, done: (look: Look) => void): void {
    const { machine, answersArp } = this.#context
    const route = machine.routeTo(to)
    const hop = route === undefined ? undefined : (route.via ?? to)
    this.#ping(from, to, (ping) => {
      const silent = !ping && hop !== undefined && !answersArp(hop)
      this.#knock(from, to, (outcome) => {
        // Without a route, or an answer to ARP, it is the device's own kernel that says so.
        const icmpUnreachable = outcome === 'unreachable' && route !== undefined && !silent ? 1 : 0
        done({ routed: route !== undefined, ...(silent && { silentHop: hop }), ping, knock: { outcome, icmpUnreachable } })
      })
    })
  }

  /** Makes the VIP an address of the device, which then counts and answers datagrams to it. */
  hold(vip: string): void {
    const { machine } = this.#context
    if (this.#held.has(vip)) throw new Error(`${vip} is held already on ${machine.name}`)
    // Whoever added it before us keeps it.
    const added = !machine.holds(vip)
    if (added) machine.byHand.setAddress(`${vip}/32`, 'lo', true)
    const arrived = new Map<string, number>()
    const socket = machine.bindUdp({ address: vip, port: PORT }, (event) => {
      if (event.type !== 'datagram') return
      arrived.set(event.data, (arrived.get(event.data) ?? 0) + 1)
      socket?.send(event.from, event.data)
    })
    if (socket === undefined) throw new Error(`${vip}:${PORT} is taken on ${machine.name}`)
    this.#held.set(vip, { added, socket, arrived })
  }

  arrived(vip: string): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#held.get(vip)?.arrived ?? [])
  }

  release(vip: string): void {
    const held = this.#held.get(vip)
    held?.socket.close()
    if (held?.added) this.#context.machine.byHand.setAddress(`${vip}/32`, 'lo', false)
    this.#held.delete(vip)
  }

  send({ from, vip, token, flows, within }: RehearsedDatagrams, done: (sent: SentDatagrams) => void): void {
    const { machine, world } = this.#context
    if (machine.holds(vip)) {
      done({ sent: 0, answered: 0, heldHere: true })
      return
    }
    const began = world.clock.now()
    let sent = 0
    let error: string | undefined
    const answers: Micros[] = []
    let left = flows
    for (let flow = 0; flow < flows; flow++) {
      const message = flows === 1 ? token : `${token} ${flow}`
      const end = (answeredAt?: Micros) => {
        again.stop()
        patience.stop()
        socket?.close()
        if (answeredAt !== undefined) answers.push(answeredAt)
        if (--left > 0) return
        const after = answers.length > 0 ? { after: Math.min(...answers) - began } : {}
        done({ sent, answered: answers.length, ...after, heldHere: false, ...(error !== undefined && { error }) })
      }
      const transmit = () => {
        again.start(AGAIN)
        if (socket?.send({ address: vip, port: PORT }, message) === true) sent++
        else error = 'ENETUNREACH'
      }
      const again = world.clock.timer('rehearsed datagram', transmit)
      const patience = world.clock.timer('rehearsed datagrams', () => end())
      const socket = machine.bindUdp({ address: from }, (event) => {
        if (event.type === 'datagram') end(world.clock.now())
        // An error ends no flow: the route may still be on its way.
        else error = event.reason === 'refused' ? 'ECONNREFUSED' : 'EHOSTUNREACH'
      })
      patience.start(within)
      world.clock.yield(transmit)
    }
  }

  #session(peer: string): SessionRehearsal {
    const found = this.#sessions.get(peer)
    if (found === undefined) throw new Error(`no session with ${peer} is rehearsed on ${this.#context.machine.name}`)
    return found
  }

  #ping(from: string, to: string, done: (answered: boolean) => void, left = PINGS): void {
    this.#context.machine.ping(to, { from, timeout: SECOND }, (outcome) => {
      if (outcome.ok || left === 1) done(outcome.ok)
      else this.#ping(from, to, done, left - 1)
    })
  }

  #knock(from: string, to: string, done: (outcome: Look['knock']['outcome']) => void): void {
    const request = { remote: { address: to, port: BGP_PORT }, localAddress: from, timeout: KNOCK }
    const connection = this.#context.world.transport.connect(request, (event) => {
      if (event.type === 'connected') {
        connection.close()
        done('connected')
      } else if (event.type === 'failed') done(event.reason)
    })
  }
}
