/** What is left of a network while something of it has failed: who has power, and who is connected by any cables. Pure. */
import type { Failure } from '../../../../model/index.ts'
import type { LinkPlan, Plan } from '../../../../topology/plan.ts'

export class Standing {
  readonly #plan: Plan
  readonly #failures: readonly Failure[]
  readonly #links: readonly LinkPlan[]

  constructor(plan: Plan, failures: readonly Failure[]) {
    this.#plan = plan
    this.#failures = failures
    this.#links = plan.links.filter(
      ({ a, b }) =>
        this.alive(a.device) &&
        this.alive(b.device) &&
        !failures.some((each) => each.kind === 'link' && between(each.device, each.far ?? '', a.device, b.device)),
    )
  }

  alive(device: string): boolean {
    return !this.#failures.some((each) => (each.kind === 'node' || each.kind === 'router') && each.device === device)
  }

  /** It has power and a cable. */
  attached(device: string): boolean {
    return this.alive(device) && this.#links.some(({ a, b }) => a.device === device || b.device === device)
  }

  /** Whether any cables lead from one to the other: through segments and routers, not through hosts. */
  connected(from: string, to: string): boolean {
    const passes = new Set([...this.#plan.segments, ...this.#plan.routers].map(({ name }) => name))
    const seen = new Set([from])
    const open = [from]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === to) return true
      if (at !== from && !passes.has(at)) continue
      for (const next of this.neighbors(at))
        if (!seen.has(next)) {
          seen.add(next)
          open.push(next)
        }
    }
    return false
  }

  neighbors(device: string): readonly string[] {
    return this.#links.flatMap(({ a, b }) => (a.device === device ? [b.device] : b.device === device ? [a.device] : []))
  }

  /** Routers that stand in a rack and can be reached from it. */
  routersOf(segment: string): readonly string[] {
    const near = this.neighbors(segment)
    return this.#plan.routers.map(({ name }) => name).filter((name) => near.includes(name))
  }
}

/** With nothing failed. */
export function neighborsOf({ links }: Plan, device: string): string[] {
  return links.flatMap(({ a, b }) => (a.device === device ? [b.device] : b.device === device ? [a.device] : []))
}

function between(a: string, b: string, c: string, d: string): boolean {
  return (a === c && b === d) || (a === d && b === c)
}
