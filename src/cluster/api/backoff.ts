import type { Micros } from '../../model/index.ts'
import type { Random } from '../../world/index.ts'

/** Growing delays with seeded jitter, so that a hundred agents that lost the API together do not come back together. */
export class Backoff {
  readonly #random: Random
  readonly #first: Micros
  readonly #longest: Micros
  #attempt = 0

  constructor(random: Random, first: Micros, longest: Micros) {
    this.#random = random
    this.#first = first
    this.#longest = longest
  }

  /** Doubles each time up to the longest; then between half of it and all of it, by chance. */
  next(): Micros {
    const full = Math.min(this.#longest, this.#first * 2 ** Math.min(this.#attempt++, 20))
    return Math.round(full / 2 + (full / 2) * this.#random.next())
  }

  reset(): void {
    this.#attempt = 0
  }
}
