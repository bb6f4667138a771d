/** VIP → next hops (R20–R22): services and load-balancer nodes in, advertised routes out. Pure. */
import { compareIpv4, ipv4 } from '../net/index.ts'
import { rendezvousOrder, spread } from './spread.ts'

export interface BalancedService {
  readonly namespace: string
  readonly name: string
  /** Its address; absent while it has none. */
  readonly vip?: string | undefined
  readonly externalTrafficPolicy?: string | undefined
  /** Addresses of the nodes on which its VIP is local and its rules stand: only those become next hops. Every node where absent. */
  readonly standsOn?: readonly string[] | undefined
}

export interface LoadBalancerNode {
  readonly address: string
  readonly ready: boolean
}

/** What a BGPAdvertisedRoute holds (R37). */
export interface AdvertisedRoute {
  /** `<bgplb>-<service namespace>-<service>` */
  readonly name: string
  readonly service: { readonly namespace: string; readonly name: string }
  /** `a.b.c.d/32` */
  readonly prefix: string
  /** Every ready load-balancer node on which the Service stands, for sessions with ADD-PATH; sorted, never empty. */
  readonly nextHops: readonly string[]
  /** The one next hop for sessions without: the same on every session and peer (R22). */
  readonly nextHop: string
}

export interface NotAdvertised {
  readonly service: { readonly namespace: string; readonly name: string }
  readonly code: 'no-vip' | 'no-ready-node' | 'rules-pending' | 'traffic-policy-local'
  readonly message: string
}

export interface BalancerOptions {
  /** The BGPLoadBalancer's name. */
  readonly loadBalancer?: string
  /** What is advertised now (prefix → nextHop), so that only what must move does. */
  readonly current?: readonly Pick<AdvertisedRoute, 'prefix' | 'nextHop'>[]
}

/** Routes in the order of the services. */
export function advertisedRoutes(
  services: readonly BalancedService[],
  nodes: readonly LoadBalancerNode[],
  options: BalancerOptions = {},
): { readonly routes: readonly AdvertisedRoute[]; readonly notAdvertised: readonly NotAdvertised[] } {
  const { loadBalancer = 'bgplb', current = [] } = options
  const ready = [...new Set(nodes.filter((node) => node.ready).map((node) => node.address))].sort((a, b) => compareIpv4(ipv4(a), ipv4(b)))
  const routes: AdvertisedRoute[] = []
  const notAdvertised: NotAdvertised[] = []
  const eligible = services.filter((service) => whyNot(service, ready) === undefined)
  const prefixes = [...new Set(eligible.map((service) => `${service.vip}/32`))]
  const now = new Map(current.map((route) => [route.prefix, route.nextHop]))
  const single = spread(prefixes, ready, now)
  for (const service of services) {
    const { namespace, name, vip } = service
    const reason = whyNot(service, ready)
    if (reason !== undefined) {
      notAdvertised.push({ service: { namespace, name }, ...reason })
      continue
    }
    const prefix = `${vip}/32`
    const route = { name: `${loadBalancer}-${namespace}-${name}`, service: { namespace, name }, prefix }
    const nextHops = hopsOf(service, ready)
    routes.push({ ...route, nextHops, nextHop: oneOf(prefix, nextHops, [single.get(prefix), now.get(prefix)]) })
  }
  return { routes, notAdvertised }
}

function hopsOf({ standsOn }: BalancedService, ready: readonly string[]): readonly string[] {
  return standsOn === undefined ? ready : ready.filter((address) => standsOn.includes(address))
}

/** The first of the wishes that is a next hop; none may be while the Service does not stand on every node yet. */
function oneOf(prefix: string, nextHops: readonly string[], wishes: readonly (string | undefined)[]): string {
  return wishes.find((wish) => wish !== undefined && nextHops.includes(wish)) ?? rendezvousOrder(prefix, nextHops)[0]!
}

function whyNot(service: BalancedService, ready: readonly string[]): Pick<NotAdvertised, 'code' | 'message'> | undefined {
  const who = `Service ${service.namespace}/${service.name}`
  if (service.externalTrafficPolicy === 'Local') {
    return { code: 'traffic-policy-local', message: `${who}: externalTrafficPolicy: Local is not supported (R7)` }
  }
  if (service.vip === undefined) return { code: 'no-vip', message: `${who} has no address` }
  if (ready.length === 0) return { code: 'no-ready-node', message: `${who}: no load-balancer node is ready` }
  if (hopsOf(service, ready).length === 0)
    return { code: 'rules-pending', message: `${who} waits for its rules to stand on load-balancer nodes that are ready` }
  return undefined
}

/** The other reading of R22 (`nextHopWithoutAddPath: per-session`): each session without ADD-PATH has a next hop of its own choosing. */
export function nextHopForSession(
  route: Pick<AdvertisedRoute, 'prefix' | 'nextHops'>,
  session: { readonly localIP: string; readonly peerIP: string },
): string {
  const [first] = rendezvousOrder(`${route.prefix}|${session.localIP}|${session.peerIP}`, route.nextHops)
  if (first === undefined) throw new Error(`${route.prefix} is advertised without a next hop`)
  return first
}
