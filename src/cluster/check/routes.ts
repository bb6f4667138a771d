/** Which next hops each VIP gets, with ADD-PATH and without (R4, R20–R22). Pure. */
import { compareIpv4, formatIpv4 } from '../../net/index.ts'
import { advertisedRoutes } from '../balancer.ts'
import type { ClusterModel } from '../resources/index.ts'
import { assignVips, INGRESS, type VipRefusal } from '../vips.ts'
import type { ExpectedSession } from './sessions.ts'

/** A LoadBalancer Service that is known already, from the file or from a topology. */
export interface KnownService {
  readonly namespace: string
  readonly name: string
  readonly loadBalancerIP?: string | undefined
  readonly externalTrafficPolicy?: string | undefined
}

export interface VipRoute {
  /** `a.b.c.d/32` */
  readonly prefix: string
  /** `control plane`, `gke-system/istio-ingress`, `default/web`, or `any Service` for an address of the pools that nobody has yet. */
  readonly what: string
  /** On one session with ADD-PATH: every load-balancer node. For the CP VIP: the nodes that announce it, over all sessions with a peer. */
  readonly nextHops: readonly string[]
  /** On a session without: one node. Absent for the CP VIP, where every session has its own node only. */
  readonly nextHop?: string
  /** The CP VIP: the peer that gets these. */
  readonly peerIP?: string
}

export interface VipRoutes {
  readonly routes: readonly VipRoute[]
  /** Addresses of the pools that are not shown, because one of their kind says all. */
  readonly more: number
  readonly refused: readonly VipRefusal[]
}

/** Addresses of the pools that are shown although no Service has them yet. */
const SHOWN = 4

export function vipRoutes(model: ClusterModel, sessions: readonly ExpectedSession[], services: readonly KnownService[] = []): VipRoutes {
  const controlPlane = controlPlaneRoutes(model, sessions)
  if (model.type === 'admin') return { routes: controlPlane, more: 0, refused: [] }
  const isIngress = (each: KnownService) => each.namespace === INGRESS.namespace && each.name === INGRESS.name
  const known = model.ingressVip !== undefined && !services.some(isIngress) ? [{ ...INGRESS }, ...services] : services
  const { assigned, refused } = assignVips(model, known)
  const named = assigned.map(({ namespace, name, vip }) => ({
    namespace,
    name,
    vip,
    externalTrafficPolicy: services.find((each) => each.namespace === namespace && each.name === name)?.externalTrafficPolicy,
  }))
  const taken = new Set([model.cpVip, ...named.map((service) => service.vip)])
  const { addresses, more } = services.length > 0 ? { addresses: [], more: 0 } : freeAddresses(model, taken, SHOWN)
  const open = addresses.map((vip) => ({ namespace: '', name: vip, vip }))
  const nodes = model.lbNodes.map((address) => ({ address, ready: true }))
  const { routes } = advertisedRoutes([...named, ...open], nodes)
  const shown = routes.map(({ prefix, service, nextHops, nextHop }): VipRoute => {
    const what = service.namespace === '' ? 'any Service' : `${service.namespace}/${service.name}`
    return { prefix, what, nextHops, nextHop }
  })
  return { routes: [...controlPlane, ...shown], more, refused }
}

function controlPlaneRoutes(model: ClusterModel, sessions: readonly ExpectedSession[]): VipRoute[] {
  const byPeer = new Map<string, string[]>()
  for (const { kind, peerIP, localIP } of sessions)
    if (kind === 'control plane') byPeer.set(peerIP, [...(byPeer.get(peerIP) ?? []), localIP])
  return [...byPeer].map(([peerIP, nextHops]) => ({ prefix: `${model.cpVip}/32`, what: 'control plane', nextHops, peerIP }))
}

function freeAddresses(model: ClusterModel, taken: ReadonlySet<string>, shown: number): { addresses: string[]; more: number } {
  const addresses: string[] = []
  const ranges = model.pools.flatMap((pool) => pool.ranges)
  for (const range of ranges)
    for (let next = range.first; addresses.length < shown && compareIpv4(next, range.last) <= 0; next = (next + 1) | 0) {
      const address = formatIpv4(next)
      if (!taken.has(address)) addresses.push(address)
    }
  const size = ranges.reduce((sum, range) => sum + compareIpv4(range.last, range.first) + 1, 0)
  return { addresses, more: Math.max(0, size - [...taken].filter((each) => inPools(model, each)).length - addresses.length) }
}

function inPools(model: ClusterModel, address: string): boolean {
  const { assigned } = assignVips({ pools: model.pools, cpVip: '0.0.0.0' }, [{ namespace: '', name: '', loadBalancerIP: address }])
  return assigned.length > 0
}
