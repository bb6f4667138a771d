/** What the program needs of the machine that it runs on, real or simulated. */
import type { World } from '../../world/index.ts'

export interface Machine {
  readonly pid: number
  /** Milliseconds since the epoch, with a fraction. */
  readonly now: () => number
  /** East of UTC, for log lines in the machine's own time zone; the process's own where absent. */
  readonly minutesEast?: number
  /** Throws where the file cannot be read, with the reason as its message. */
  read(path: string): string
  /** Whether a program can bind to the address. */
  holds(address: string, told: (held: boolean) => void): void
  /** `10.0.1.10 (eth0)` each, loopback left out. */
  ownAddresses(): readonly string[]
  /** Called at most once. */
  world(): World
  /** To standard output. */
  print(text: string): void
  /** To standard error. */
  complain(text: string): void
  /** Ctrl-C, or another signal that asks for the end. */
  onSignal(listener: (signal: string) => void): void
  /** The program has done its work: it ends with this code once its connections are closed. */
  end(code: number): void
  /** It ends with this code at once. */
  abort(code: number): void
}
