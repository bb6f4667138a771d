/** What a scenario starts and must await: it runs at once, and remembers whether anyone waited for it. */
import type { SourcePlace } from '../model/index.ts'

export class Tracked<T> implements PromiseLike<T> {
  readonly what: string
  readonly place: SourcePlace | undefined
  awaited = false
  ended = false
  readonly #promise: Promise<T>

  constructor(what: string, place: SourcePlace | undefined, promise: Promise<T>) {
    this.what = what
    this.place = place
    this.#promise = promise
    // A failure that nobody waits for is reported by the run, not by the process.
    promise
      .catch(() => {})
      .finally(() => {
        this.ended = true
      })
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what this class is about
  then<A = T, B = never>(onHeld?: ((value: T) => A | PromiseLike<A>) | null, onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null) {
    this.awaited = true
    return this.#promise.then(onHeld, onFailed)
  }

  /** Waits for its end, without counting as someone who cares. */
  async settled(): Promise<void> {
    await this.#promise.catch(() => {})
  }
}
