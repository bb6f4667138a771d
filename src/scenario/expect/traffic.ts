/** Assertions over probes, and over programs that the scenario started. */
import { allAnswered } from '../conditions/probe.ts'
import { ends, says } from '../conditions/program.ts'
import type { ProbeHandle } from '../handles.ts'
import type { ProgramHandle } from '../programs.ts'
import type { Run } from '../run.ts'
import type { Tracked } from '../tracked.ts'
import { check, type Held, toHeld, type Wish } from './wish.ts'

export class ProbeExpect {
  readonly #run: Run
  readonly #probe: ProbeHandle

  constructor(run: Run, probe: ProbeHandle) {
    this.#run = run
    this.#probe = probe
  }

  /** Every flow has been answered, and none is without answers now. */
  toBeAnswered(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, allAnswered(this.#probe.name, this.#probe.flows), wish, toHeld)
  }
}

export class ProgramExpect {
  readonly #run: Run
  readonly #program: ProgramHandle

  constructor(run: Run, program: ProgramHandle) {
    this.#run = run
    this.#program = program
  }

  /** It has printed a line that matches. */
  toSay(pattern: RegExp, wish: Wish = {}): Tracked<Held> {
    return check(this.#run, says(this.#program.device, this.#program.name, pattern), wish, toHeld)
  }

  /** It has ended; with `code`, by that exit code. */
  toEnd(wish: Wish & { readonly code?: number } = {}): Tracked<Held> {
    return check(this.#run, ends(this.#program.device, this.#program.name, wish.code), wish, toHeld)
  }
}
