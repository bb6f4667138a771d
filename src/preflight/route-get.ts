/** `ip -json route get` read, and the plan's addresses. Pure. */
import type { CommandResult } from '../engine/lab.ts'
import type { Plan } from '../topology/plan.ts'

export type Decision =
  | { readonly type: 'local'; readonly words: string }
  | { readonly type: 'via'; readonly via: string; readonly words: string }
  | { readonly type: 'none'; readonly how: 'none' | 'unreachable' | 'prohibit' | 'blackhole'; readonly words: string }

interface RouteGet {
  readonly type?: string
  readonly gateway?: string
  readonly dev?: string
}

/** How the kernel words the types of routes that forward nothing. */
const REFUSALS: readonly (readonly [RegExp, 'none' | 'unreachable' | 'prohibit' | 'blackhole'])[] = [
  [/No route to host/, 'unreachable'],
  [/Permission denied/, 'prohibit'],
  [/Invalid argument/, 'blackhole'],
]

export function readRouteGet(to: string, { code, stdout, stderr }: CommandResult): Decision {
  if (code !== 0) {
    const how = REFUSALS.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'none'
    return { type: 'none', how, words: how === 'none' ? 'no route' : how }
  }
  const [route] = JSON.parse(stdout) as readonly RouteGet[]
  if (route === undefined) return { type: 'none', how: 'none', words: 'no route' }
  if (route.type === 'local') return { type: 'local', words: 'local' }
  const via = route.gateway ?? to
  return { type: 'via', via, words: `${route.gateway === undefined ? 'direct' : `via ${via}`} dev ${route.dev ?? '?'}` }
}

/** The devices of the plan that have this address of their own, a virtual gateway's left out. */
export function devicesWith(plan: Plan, address: string): string[] {
  return [...plan.routers, ...plan.nodes, ...plan.clients, plan.admin]
    .filter((device) =>
      [...device.loopbacks, ...device.interfaces.flatMap((each) => each.addresses)].some((each) => each.split('/')[0] === address),
    )
    .map((device) => device.name)
}
