/** The prefixes that one event touched, told only if somebody asks: a table of a million routes is filled without naming any of them. */
import { NlriCursor, type NlriSpan } from '../wire/index.ts'
import { prefixKey, type RouteKey } from './key.ts'

export class Changes {
  /** In their order; may have a key twice. */
  readonly #keys: readonly RouteKey[]
  /** Those after them. */
  readonly #more: NlriSpan | undefined

  constructor(keys: readonly RouteKey[], more?: NlriSpan) {
    this.#keys = keys
    this.#more = more
  }

  get none(): boolean {
    return this.#keys.length === 0 && (this.#more === undefined || this.#more.from === this.#more.end)
  }

  /** Each once, in the order in which they were first named. */
  keys(): ReadonlySet<RouteKey> {
    const keys = new Set(this.#keys)
    if (this.#more === undefined) return keys
    const cursor = new NlriCursor()
    cursor.start(this.#more)
    while (cursor.next()) keys.add(prefixKey(cursor))
    return keys
  }
}
