/**
 * Who is told of a write: the watchers of one kind, found by index. A write looks only at the unnarrowed watchers and at those of the field's
 * old and new value, so what it costs does not grow with the number of agents.
 */
import { fieldOf, type Resource, type Selector, type Term, type WatchEvent } from './objects.ts'

export interface Change {
  readonly revision: number
  /** As it is now; for a deletion as it was last. */
  readonly object: Resource
  /** As it was before; absent when it is new. */
  readonly previous?: Resource
  readonly deleted: boolean
}

export interface Watcher {
  readonly selector: Selector
  deliver(event: WatchEvent, revision: number): void
}

export function matches(object: Resource | undefined, selector: Selector): boolean {
  if (object === undefined) return false
  if (selector.namespace !== undefined && object.metadata.namespace !== selector.namespace) return false
  if (selector.where?.some((term) => !holds(object, term))) return false
  return selector.field === undefined || fieldOf(object, selector.field.path) === selector.field.value
}

function holds(object: Resource, { on, key, is, values }: Term): boolean {
  const value = on === 'field' ? fieldOf(object, key) : object.metadata.labels?.[key]
  if (is === 'present' || is === 'absent') return (value !== undefined) === (is === 'present')
  // A field that is not there counts as empty, a label as none of the values.
  const found = values.includes(value ?? (on === 'field' ? '' : '\0'))
  return found === (is === 'in')
}

/** What one watch sees of a change; `undefined` when it does not concern it. */
export function eventFor(change: Change, selector: Selector): WatchEvent | undefined {
  const was = matches(change.previous, selector)
  const { object } = change
  if (change.deleted) return was ? { type: 'DELETED', object } : undefined
  const is = matches(object, selector)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object }
  return was ? { type: 'LEFT', object } : undefined
}

export class Watchers {
  #broad = new Set<Watcher>()
  #byField = new Map<string, Map<string, Set<Watcher>>>()

  add(watcher: Watcher): void {
    const { field } = watcher.selector
    if (field === undefined) {
      this.#broad.add(watcher)
      return
    }
    const values = this.#byField.get(field.path) ?? new Map<string, Set<Watcher>>()
    this.#byField.set(field.path, values)
    const set = values.get(field.value) ?? new Set<Watcher>()
    values.set(field.value, set)
    set.add(watcher)
  }

  remove(watcher: Watcher): void {
    const { field } = watcher.selector
    if (field === undefined) {
      this.#broad.delete(watcher)
      return
    }
    const values = this.#byField.get(field.path)
    const set = values?.get(field.value)
    set?.delete(watcher)
    if (set?.size === 0) values?.delete(field.value)
  }

  /** The watchers that a change may concern, each once. */
  *concerned(change: Change): Generator<Watcher> {
    yield* this.#broad
    for (const [path, values] of this.#byField) {
      const before = change.previous === undefined ? undefined : fieldOf(change.previous, path)
      const after = fieldOf(change.object, path)
      if (after !== undefined) yield* values.get(after) ?? []
      if (before !== undefined && before !== after) yield* values.get(before) ?? []
    }
  }
}
