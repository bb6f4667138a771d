/** Where the program's lines go, and the clock that stamps them. */
import { type GlogPlace, glogLine, type Level, logrusLine, zapLine } from './lines.ts'

export interface LogOptions {
  readonly write: (line: string) => void
  /** Milliseconds since the epoch, with a fraction. */
  readonly now: () => number
  readonly pid: number
  readonly localIP: string
  /** East of UTC, of the lines that tell local time; the process's own zone where absent. */
  readonly minutesEast?: number
}

export class Log {
  readonly #options: LogOptions
  readonly #started: number

  constructor(options: LogOptions) {
    this.#options = options
    this.#started = options.now()
  }

  /** Since the program's start. */
  get seconds(): number {
    return (this.#options.now() - this.#started) / 1000
  }

  zap(msg: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const { write, now, localIP } = this.#options
    write(zapLine(now(), 'info', msg, { localIP, ...fields }))
  }

  glog(place: GlogPlace, message: string): void {
    const { write, now, pid, minutesEast } = this.#options
    write(glogLine(now(), pid, place, message, minutesEast))
  }

  logrus(level: Level, message: string, fields: Readonly<Record<string, string | number>>): void {
    this.#options.write(logrusLine(this.seconds, level, message, fields))
  }
}
