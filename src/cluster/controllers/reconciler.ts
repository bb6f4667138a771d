import type { Clock } from '../../world/index.ts'
import type { Resource, ResourceType, Store, StoreWatch } from '../api/index.ts'

/** Runs one function after changes: level-triggered, many changes one run, never inside the change itself. */
export class Reconciler {
  readonly #clock: Clock
  readonly #run: () => void
  #watches: StoreWatch[] = []
  #due = false
  #running = false

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock
    this.#run = run
  }

  /** Runs once at once, then after every change of these kinds. */
  start(store: Store, types: readonly ResourceType[]): void {
    this.#running = true
    for (const type of types) this.follow(store, type, () => this.wake())
    this.#run()
  }

  /** Another watch that ends with this one. */
  follow<R extends Resource>(store: Store, type: ResourceType<R>, changed: (object: R, deleted: boolean) => void): void {
    const watch = store.watch(type, {}, undefined, (event) => {
      if (event.type !== 'BOOKMARK') changed(event.object, event.type === 'DELETED')
    })
    if (!watch.ok) throw new Error(`a watch from now on cannot be refused: ${watch.error.message}`)
    this.#watches.push(watch.value)
  }

  wake(): void {
    if (this.#due) return
    this.#due = true
    this.#clock.yield(() => {
      this.#due = false
      if (this.#running) this.#run()
    })
  }

  stop(): void {
    this.#running = false
    for (const watch of this.#watches) watch.stop()
    this.#watches = []
  }
}

/** The value of a write that cannot fail here, since this controller alone writes it. */
export function written<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: { readonly message: string } },
): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
