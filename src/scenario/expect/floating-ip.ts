/** Assertions over floating IPs. */
import { isGivenUpBy, isHeld, isHeldBy, moves } from '../conditions/floating-ip.ts'
import { NodeHandle, type Scene } from '../handles.ts'
import type { Kept, Run } from '../run.ts'
import { stateAt } from '../state.ts'
import type { Tracked } from '../tracked.ts'
import { always } from '../wait.ts'
import { check, type Held, type Moment, type Moved, toHeld, type Wish } from './wish.ts'

/** Watched at every change from here to the end of the scenario; nothing to await. */
export class FloatingIpAlways {
  readonly #run: Run
  readonly #address: string

  constructor(run: Run, address: string) {
    this.#run = run
    this.#address = address
  }

  toBeHeldBy(node: NodeHandle, wish: { readonly name?: string } = {}): Kept {
    const condition = isHeldBy(this.#address, node.name)
    return this.#run.keep(wish.name ?? `${this.#address} stays at ${node.name}`, (onBroken) =>
      always(this.#run.watching, condition, onBroken),
    )
  }
}

export class FloatingIpExpect {
  readonly #scene: Scene
  readonly #address: string

  constructor(scene: Scene, address: string) {
    this.#scene = scene
    this.#address = address
  }

  /** Another node holds it than at `since`; with `to`, one of these. */
  toMove(wish: Wish & { readonly since: Moment; readonly to?: NodeHandle | readonly NodeHandle[] }): Tracked<Moved> {
    const { run } = this.#scene
    const since = typeof wish.since === 'number' ? wish.since : wish.since.at
    const from = stateAt(run.lab.events.all, since).floatingIp(this.#address)?.node
    const to = wish.to === undefined ? undefined : (wish.to instanceof NodeHandle ? [wish.to] : wish.to).map((node) => node.name)
    return check(run, moves(this.#address, from, to), wish, (outcome) => {
      const holder = run.lab.view.floatingIp(this.#address)?.node
      return { ...toHeld(outcome), from, to: holder === undefined ? undefined : this.#scene.node(holder) }
    })
  }

  toBeHeldBy(node: NodeHandle, wish: Wish = {}): Tracked<Held> {
    return check(this.#scene.run, isHeldBy(this.#address, node.name), wish, toHeld)
  }

  /** The node takes it off its interface: it has read that another node holds it. */
  toBeGivenUpBy(node: NodeHandle, wish: Wish = {}): Tracked<Held> {
    return check(this.#scene.run, isGivenUpBy(this.#address, node.name), wish, toHeld)
  }

  toBeHeld(wish: Wish = {}): Tracked<Held> {
    return check(this.#scene.run, isHeld(this.#address), wish, toHeld)
  }
}
