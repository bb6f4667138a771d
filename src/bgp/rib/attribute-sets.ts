/** Attributes of received paths, by a number that fits a table; each kept for as long as a path has it. */
import { attributeOctets, type PathAttributes } from './attributes.ts'

export class AttributeSets {
  readonly #attributes: (PathAttributes | undefined)[] = []
  readonly #users: number[] = []
  readonly #free: number[] = []
  #octets = 0

  /** Octets of all that is held, each set once, however many paths have it. */
  get octets(): number {
    return this.#octets
  }

  /** `undefined` where the slot is free, or there is none. */
  at(slot: number): PathAttributes | undefined {
    return this.#attributes[slot]
  }

  /** The slot is the caller's until it says `release` as often as it said `hold`. */
  hold(attributes: PathAttributes): number {
    const slot = this.#free.pop() ?? this.#attributes.length
    this.#attributes[slot] = attributes
    this.#users[slot] = 1
    this.#octets += attributeOctets(attributes)
    return slot
  }

  again(slot: number): void {
    this.#users[slot]!++
  }

  release(slot: number): void {
    if (--this.#users[slot]! > 0) return
    this.#octets -= attributeOctets(this.#attributes[slot]!)
    this.#attributes[slot] = undefined
    this.#free.push(slot)
  }
}
