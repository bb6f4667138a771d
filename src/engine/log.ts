/** The lab's one event stream, the same for every engine: pure, apart from the clock it is given. */
import type { LabEvent, LabEventBody, Micros } from '../model/index.ts'
import type { EventLog } from './lab.ts'
import type { StateView } from './view.ts'

/**
 * Records in the order of arrival. Each device's own records are in the order in which they happened; between devices `at` decides,
 * and a reader that needs one order sorts by it.
 */
export class Log implements EventLog {
  readonly all: LabEvent[] = []
  #view: StateView
  #now: () => Micros
  #listeners = new Set<(event: LabEvent) => void>()

  constructor(view: StateView, now: () => Micros) {
    this.#view = view
    this.#now = now
  }

  subscribe(listener: (event: LabEvent) => void): () => void {
    // A wrapper, so that one function may be subscribed twice and each subscription ended by itself.
    const entry = (event: LabEvent) => listener(event)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  emit(event: LabEventBody, at: Micros = this.#now()): LabEvent {
    const stamped: LabEvent = { ...event, at }
    this.record(stamped)
    return stamped
  }

  /** Takes a record that a device stamped. */
  record(event: LabEvent): void {
    this.all.push(event)
    this.#view.apply(event)
    for (const listener of [...this.#listeners]) listener(event)
  }
}
