/** Which failures a topology can have, one by one and together. */
import type { Failure, FailureKind } from '../../../model/index.ts'
import type { LinkPlan, Plan } from '../../../topology/plan.ts'

/** In the plan's order. Sessions are all that are configured: which of them are up shows only once it runs. */
export function failuresOf(plan: Plan, kinds: readonly FailureKind[]): Failure[] {
  const of: Record<FailureKind, () => Failure[]> = {
    node: () => plan.nodes.map(({ name }) => ({ kind: 'node', name, device: name })),
    router: () => plan.routers.map(({ name }) => ({ kind: 'router', name, device: name })),
    link: () => plan.links.map((link) => linkFailure(plan, link)),
    session: () => sessionFailures(plan),
    'floating-ip': () =>
      plan.cluster.model.floatingIPs.map((address) => ({
        kind: 'floating-ip',
        name: `floating IP ${address}`,
        device: plan.admin.name,
        address,
      })),
  }
  return [...new Set(kinds)].flatMap((kind) => of[kind]())
}

/** Every set of `k` failures of which none includes another, each once. */
export function combinations(failures: readonly Failure[], k: 1 | 2): readonly (readonly Failure[])[] {
  if (k === 1) return failures.map((failure) => [failure])
  return failures.flatMap((a, index) =>
    failures
      .slice(index + 1)
      .filter((b) => !includes(a, b) && !includes(b, a))
      .map((b) => [a, b]),
  )
}

/** A device without power has neither links nor sessions that could fail, and a floating IP that is taken out of the gateway no session. */
function includes(whole: Failure, part: Failure): boolean {
  if (whole.kind === 'floating-ip') return part.kind === 'session' && part.address === whole.address
  if (whole.kind !== 'node' && whole.kind !== 'router') return false
  if (part.kind !== 'link' && part.kind !== 'session') return false
  return part.device === whole.device || part.far === whole.device
}

/** A segment's end is a port of no consequence: the device loses its carrier only if its own end stays up. So a link is taken down at the device. */
function linkFailure(plan: Plan, { a, b }: LinkPlan): Failure {
  const isSegment = (name: string) => plan.segments.some((segment) => segment.name === name)
  const [near, far] = isSegment(a.device) ? [b, a] : [a, b]
  return { kind: 'link', name: `link ${a.device}–${b.device}`, device: near.device, interface: near.interface, far: far.device }
}

/** Between two routers, once. */
function sessionFailures(plan: Plan): Failure[] {
  const routers = new Map(plan.routers.flatMap(({ name, neighbors }) => neighbors.map((each) => [each.updateSource, name] as const)))
  const nodes = new Map(plan.nodes.map(({ address, name }) => [address, name]))
  return plan.routers.flatMap(({ name, neighbors }) =>
    neighbors.flatMap(({ address }): Failure[] => {
      const other = routers.get(address)
      if (other !== undefined && other < name) return []
      const far = other ?? nodes.get(address)
      return [{ kind: 'session', name: `session ${name}–${other ?? address}`, device: name, address, ...(far !== undefined && { far }) }]
    }),
  )
}
