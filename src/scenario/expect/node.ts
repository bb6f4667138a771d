/** Assertions over nodes. */
import { isReady } from '../conditions/node.ts'
import { sendsTo } from '../conditions/service.ts'
import type { Kept, Run } from '../run.ts'
import type { Tracked } from '../tracked.ts'
import { always } from '../wait.ts'
import { address, check, type Held, type Hop, toHeld, type Wish } from './wish.ts'

/** Watched at every change from here to the end of the scenario; nothing to await. */
export class NodeAlways {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  toBeReady(wish: { readonly name?: string } = {}): Kept {
    return this.#run.keep(wish.name ?? `${this.#name} stays Ready`, (onBroken) => always(this.#run.watching, isReady(this.#name), onBroken))
  }
}

export class NodeExpect {
  readonly #run: Run
  readonly #name: string

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  /** By its lease, as the controllers see it. */
  toBeReady(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, isReady(this.#name), wish, toHeld)
  }

  toBeNotReady(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, isReady(this.#name, false), wish, toHeld)
  }

  /** As a load-balancer node, it sends new flows of a Service (`'default/web'`) to exactly these; to none: it refuses them. */
  toSend(service: string, wish: Wish & { readonly to: readonly Hop[] }): Tracked<Held> {
    const { nodes } = this.#run.lab.plan
    const names = new Map(nodes.map((node) => [node.address, node.name]))
    return check(this.#run, sendsTo(this.#name, service, wish.to.map(address), names), wish, toHeld)
  }
}
