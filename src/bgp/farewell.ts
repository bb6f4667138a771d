/**
 * Ends connections so that the last word is not lost: one that holds bytes back gets until they are gone, or a second, before its FIN.
 */
import { SECOND } from '../model/index.ts'
import type { Clock, Connection, ConnectionEvent, Timer } from '../world/index.ts'

const PATIENCE = 1 * SECOND

export class Farewell {
  readonly #connection: Connection
  readonly #timer: Timer
  readonly #done: () => void
  #over = false

  /** `done` is called once, never before this returned. */
  constructor(clock: Clock, name: string, connection: Connection, done: () => void) {
    this.#connection = connection
    this.#done = done
    this.#timer = clock.timer(`${name} close`, () => this.#end(() => connection.abort()))
    this.#timer.start(PATIENCE)
  }

  /** What still comes from the connection. */
  handle(event: ConnectionEvent): void {
    if (event.type === 'drain') this.#end(() => this.#connection.close())
    else if (event.type === 'closed') this.#end(() => {})
  }

  #end(how: () => void): void {
    if (this.#over) return
    this.#over = true
    this.#timer.stop()
    how()
    this.#done()
  }
}
