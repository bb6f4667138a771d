/** How far a sweep has come and how long it will take, in one line of a terminal that is rewritten in place. */
import { formatDuration } from '../../model/index.ts'
import type { Screen } from '../../report/index.ts'

/** Nobody reads faster, in milliseconds. */
const REDRAW = 100

export class Progress {
  readonly #screen: Screen
  readonly #total: number
  readonly #now: () => number
  readonly #started: number
  #done = 0
  #drawn = Number.NEGATIVE_INFINITY

  /** `now` in milliseconds. */
  constructor(screen: Screen, total: number, now: () => number) {
    this.#screen = screen
    this.#total = total
    this.#now = now
    this.#started = now()
    this.#draw('')
  }

  step(name: string): void {
    this.#done++
    if (this.#now() - this.#drawn >= REDRAW) this.#draw(name)
  }

  end(): void {
    if (this.#screen.live) this.#screen.write('\r\u001b[K')
  }

  #draw(name: string): void {
    if (!this.#screen.live) return
    this.#drawn = this.#now()
    const spent = this.#drawn - this.#started
    const left =
      this.#done === 0 || this.#done === this.#total
        ? ''
        : ` · about ${formatDuration(((spent * (this.#total - this.#done)) / this.#done) * 1_000)} left`
    const line = `  ${this.#done} of ${this.#total}${left}${name === '' ? '' : ` · ${name}`}`
    this.#screen.write(`\r\u001b[K${line.slice(0, this.#screen.columns - 1)}`)
  }
}
