import type { LabEventBody, Micros } from '../../../model/index.ts'
import { stableHash } from '../../../net/index.ts'
import type { Random } from '../../../world/index.ts'
import type { EventQueue } from '../../../world/virtual/index.ts'
import type { DropReason } from './api.ts'
import type { Link } from './link.ts'
import type { RuleSets } from './rules.ts'

/** Somewhere that packets pass and whose state decides where they go on: a machine's kernel, or a segment. */
export interface Place {
  /** Rises with every change that may turn a packet elsewhere. */
  generation: number
}

/** What all parts of one network stand on. */
export class Ground {
  readonly queue: EventQueue
  readonly random: Random
  readonly ruleSets: RuleSets
  readonly emit: (event: LabEventBody) => void
  readonly drops: Record<DropReason, number> = {
    link: 0,
    loss: 0,
    mac: 0,
    'no-route': 0,
    'no-neighbor': 0,
    ttl: 0,
    'not-forwarding': 0,
    filter: 0,
    source: 0,
    gone: 0,
  }
  /** The sum of all places' generations: while it stands still, every way that held goes on holding. */
  generation = 0
  /** When the last link failed: what was sent later met none of it. */
  failedAt: Micros = -1
  /** Set: what is drawn for a flow hangs on the flow and on this alone, and not on what was drawn before. */
  lot: string | undefined
  readonly #macs = new Map<string, number>()
  readonly #macTexts = ['']

  constructor(queue: EventQueue, random: Random, ruleSets: RuleSets, emit: (event: LabEventBody) => void) {
    this.queue = queue
    this.random = random
    this.ruleSets = ruleSets
    this.emit = emit
  }

  changed(place: Place): void {
    place.generation++
    this.generation++
  }

  drop(reason: DropReason): void {
    this.drops[reason]++
  }

  /** A small number for a MAC address, from 1. */
  macId(text: string): number {
    let id = this.#macs.get(text)
    if (id === undefined) {
      id = this.#macTexts.push(text) - 1
      this.#macs.set(text, id)
    }
    return id
  }

  macText(id: number): string {
    return this.#macTexts[id] ?? ''
  }

  /** 0…1, for the flow of this name at a machine. */
  draw(machine: string, flow: string): number {
    return this.lot === undefined ? this.random.next() : stableHash(`${this.lot} ${machine} ${flow}`) / 0x1_0000_0000
  }

  /** Draws whether a frame is lost on a link. */
  loses(link: Link): boolean {
    return link.loss > 0 && this.random.next() < link.loss
  }
}
