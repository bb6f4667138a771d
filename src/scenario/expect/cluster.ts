/** Assertions over the cluster’s resources, and over what its API refuses. */
import { fieldsOf, messageOf, patchOf, ResourceHandle, succeeded } from '../cluster.ts'
import { isGone, shows } from '../conditions/resource.ts'
import type { Run } from '../run.ts'
import type { Tracked } from '../tracked.ts'
import { held, type Outcome } from '../wait.ts'
import { check, type Held, toHeld, type Wish } from './wish.ts'

export class ResourceExpect {
  readonly #run: Run
  readonly #resource: ResourceHandle

  constructor(run: Run, resource: ResourceHandle) {
    this.#run = run
    this.#resource = resource
  }

  /** It has what is named here, and whatever else it likes: `{ status: { state: 'Established' } }`. A text may be a regular expression. */
  toShow(wanted: object, wish: Wish = {}): Tracked<Held> {
    return check(this.#run, shows(this.#resource, wanted), wish, toHeld)
  }

  toBeGone(wish: Wish = {}): Tracked<Held> {
    return check(this.#run, isGone(this.#resource), wish, toHeld)
  }
}

export class ClusterExpect {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  /** The API refuses this edit (R14), and names the field that is at fault. It is really tried. */
  toRefuse(
    edit: { readonly kind: string; readonly name: string; readonly namespace?: string; readonly patch: unknown },
    wish: { readonly field: string; readonly name?: string },
  ): Tracked<Held> {
    const { lab } = this.#run
    const resource = new ResourceHandle(lab, edit)
    const sentence = `the API refuses another ${wish.field} of ${resource.text}`
    const ask = async (): Promise<Outcome> => {
      const reply = await lab.api.request(patchOf(resource, edit.patch))
      const fields = fieldsOf(reply)
      if (reply.status === 422 && fields.includes(wish.field)) return held(lab.now(), reply.at)
      const seen = succeeded(reply) ? 'accepted' : `${reply.status}: ${messageOf(reply)}`
      const row = { what: 'answer', expected: `422, for ${wish.field}`, seen, ok: false }
      const differences = [{ subject: resource.text, rows: [row], notes: [] }]
      return { holds: false, code: 'does-not-hold', message: seen, at: lab.now(), reference: reply.at, differences }
    }
    return this.#run.assert(wish.name ?? sentence, undefined, ask, toHeld)
  }
}
