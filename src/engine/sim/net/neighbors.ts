import { type Micros, SECOND } from '../../../model/index.ts'
import { formatIpv4, type Ipv4 } from '../../../net/index.ts'
import type { Scheduled } from '../../../world/virtual/index.ts'
import type { Neighbor } from './api.ts'
import type { Ground } from './ground.ts'
import type { Interface } from './interface.ts'
import { hearers, learnAt } from './segment.ts'

/** arp(7): delay_first_probe_time, retrans_time_ms, ucast_solicit and mcast_solicit, and about unres_qlen_bytes in packets. */
const DELAY_FIRST_PROBE: Micros = 5 * SECOND
const RETRANSMIT: Micros = SECOND
const SOLICITATIONS = 3
const QUEUE_LENGTH = 100
/** locktime: so long the first of several answers stands. */
const LOCKTIME: Micros = SECOND
/** base_reachable_time_ms; the kernel takes between half of it and half as much again. */
const BASE_REACHABLE: Micros = 30 * SECOND

export function reachableTime(ground: Ground): Micros {
  return Math.floor(BASE_REACHABLE * (0.5 + ground.random.next()))
}

/**
 * How something was heard of a neighbour: it answered us, it asked us, it told everybody (gratuitous ARP), or it asked somebody else.
 */
type Hearing = 'answer' | 'question' | 'announcement' | 'overheard'

/** A packet that waits for an address to be resolved. */
export interface Waiting {
  /** From which address the question is asked, where the machine lets the packet decide that. */
  readonly source: Ipv4
  resume(): void
  fail(): void
}

/** One line of the ARP cache, as Linux keeps it (`neigh_timer_handler`): what was confirmed stays in use until probes go unanswered. */
export class NeighborEntry {
  readonly #ground: Ground
  readonly #interface: Interface
  readonly address: Ipv4
  state: Neighbor['state'] = 'failed'
  /** 0: none. */
  mac = 0
  /** Until when packets may use it without anything more being done; −1 where it was only heard of, or is not known. */
  usableUntil: Micros = -1
  #timer: Scheduled | undefined
  #movedAt: Micros = 0
  #solicitations = 0
  #waiting: Waiting[] = []
  #source: Ipv4 = 0

  constructor(ground: Ground, own: Interface, address: Ipv4) {
    this.#ground = ground
    this.#interface = own
    this.address = address
  }

  /** A packet leaves to `mac`: what was not confirmed for long will be asked for, while packets go on. */
  use(): void {
    if (this.usableUntil > this.#ground.queue.now) return
    this.state = 'delay'
    this.usableUntil = Number.POSITIVE_INFINITY
    this.#after(DELAY_FIRST_PROBE, () => {
      this.state = 'probe'
      this.#solicitations = 0
      this.#probe()
    })
  }

  wait(packet: Waiting): void {
    this.#waiting.push(packet)
    // The kernel keeps the latest.
    if (this.#waiting.length > QUEUE_LENGTH) {
      this.#waiting.shift()
      this.#ground.drop('no-neighbor')
    }
    if (this.state === 'incomplete') return
    this.state = 'incomplete'
    this.#source = packet.source
    this.#solicitations = 0
    this.#solicit()
  }

  /** Only an answer confirms it, anything else just tells its MAC address (`arp_process`, `neigh_update`). */
  heard(mac: number, how: Hearing): void {
    const { now } = this.#ground.queue
    const moved = mac !== this.mac
    const answer = how === 'answer'
    if (!moved && !answer) return
    if (moved && this.mac !== 0 && (answer || how === 'overheard') && now < this.#movedAt + LOCKTIME) return
    if (moved) {
      this.#movedAt = now
      // Also of flows that are silent until this entry is in use again.
      this.#ground.changed(this.#interface.kernel)
    }
    this.mac = mac
    if (answer) this.confirm()
    else {
      this.#stop()
      this.state = 'stale'
      this.usableUntil = -1
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const packet of waiting) packet.resume()
  }

  /** It answered, or an upper layer made progress with its help. */
  confirm(): void {
    if (this.mac === 0) return
    this.#stop()
    this.state = 'reachable'
    this.usableUntil = this.#ground.queue.now + this.#interface.kernel.reachableTime
  }

  /** The interface is gone, or the machine. */
  flush(): void {
    this.#stop()
    this.#waiting = []
    this.mac = 0
    this.usableUntil = -1
    this.state = 'failed'
  }

  told(): Neighbor {
    const { name } = this.#interface
    const expired = this.state === 'reachable' && this.usableUntil <= this.#ground.queue.now
    const mac = this.mac === 0 ? {} : { mac: this.#ground.macText(this.mac) }
    return { address: formatIpv4(this.address), interface: name, ...mac, state: expired ? 'stale' : this.state }
  }

  #solicit(): void {
    if (this.#solicitations++ === SOLICITATIONS) {
      this.#fail()
      return
    }
    ask(this.#ground, this.#interface, this, this.#interface.kernel.arpSource(this.#interface, this.address, this.#source), 0)
    this.#after(RETRANSMIT, () => this.#solicit())
  }

  #probe(): void {
    if (this.#solicitations++ === SOLICITATIONS) {
      this.#fail()
      return
    }
    const source = this.#interface.primary(this.address)
    if (source !== undefined) ask(this.#ground, this.#interface, this, source, this.mac)
    this.#after(RETRANSMIT, () => this.#probe())
  }

  #fail(): void {
    this.#stop()
    this.state = 'failed'
    this.mac = 0
    this.usableUntil = -1
    const waiting = this.#waiting
    this.#waiting = []
    for (const packet of waiting) packet.fail()
  }

  #after(delay: Micros, run: () => void): void {
    this.#stop()
    this.#timer = this.#ground.queue.schedule(delay, () => {
      this.#timer = undefined
      run()
    })
  }

  #stop(): void {
    if (this.#timer === undefined) return
    this.#ground.queue.cancel(this.#timer)
    this.#timer = undefined
  }
}

/** An ARP request for the entry's address: to all, or, where `mac` is known, to that alone. `source` 0 asks without saying who asks. */
function ask(ground: Ground, from: Interface, entry: NeighborEntry, source: Ipv4, mac: number): void {
  const { queue } = ground
  learnAt(from, from.macId, ground)
  hearers(from, (there, latency, links) => {
    if (mac !== 0 && !there.accepts(mac)) return
    const answers = there.answersFor(entry.address) !== 0
    if (!answers && !knowsOtherwise(there, source, from.macId)) return
    if (links.some((link) => ground.loses(link))) return
    queue.schedule(latency, () => {
      if (!there.running || !from.running) return
      const answer = there.answersFor(entry.address)
      // Whoever is asked remembers who asked; the others only take a change.
      if (source !== 0 && answer !== 0) there.kernel.neighbor(there, source).heard(from.macId, 'question')
      else if (source !== 0) there.neighbors.get(source)?.heard(from.macId, 'overheard')
      if (answer === 0 || links.some((link) => ground.loses(link))) return
      learnAt(there, answer, ground)
      queue.schedule(latency, () => {
        if (there.running && from.running) entry.heard(answer, 'answer')
      })
    })
  })
}

/** A gratuitous ARP: whoever knows the address learns that it is at `mac`; who does not know it, learns nothing (`arp_accept=0`). */
export function announce(ground: Ground, from: Interface, address: Ipv4, mac: number): void {
  learnAt(from, mac, ground)
  hearers(from, (there, latency, links) => {
    if (!knowsOtherwise(there, address, mac) || links.some((link) => ground.loses(link))) return
    ground.queue.schedule(latency, () => {
      if (there.running) there.neighbors.get(address)?.heard(mac, 'announcement')
    })
  })
}

function knowsOtherwise(there: Interface, address: Ipv4, mac: number): boolean {
  const entry = there.neighbors.get(address)
  return entry !== undefined && entry.mac !== mac
}
