/** Why a VIP is gone for good for one source. */
import type { BrokenPath, Cause, SweepCase } from '../../../../model/index.ts'
import type { NodePlan, Plan, RouterPlan } from '../../../../topology/plan.ts'
import { profileOf } from '../../routers/profiles.ts'
import type { Files } from './files.ts'
import { neighborsOf, type Standing } from './standing.ts'
import { type Cure, linkFor, uplinkFor, waysLost } from './uplinks.ts'
import { Ways } from './ways.ts'

export interface Lost {
  readonly plan: Plan
  readonly files: Files
  readonly found: SweepCase
  readonly path: BrokenPath
  readonly standing: Standing
  /** It is the CP VIP that is lost. */
  readonly controlPlane: boolean
}

type Rule = (lost: Lost) => Cause | undefined

export function lostFor(lost: Lost): Cause {
  for (const rule of RULES) {
    const cause = rule(lost)
    if (cause?.code === 'single-router') return withPeer(cause, peers(lost))
    if (cause !== undefined) return cause
  }
  return { code: 'unexplained', message: 'no rule tells why', cure: 'see the event log of a scenario with this failure' }
}

/** Of a rack whose only router is also the only peer, another router alone saves nothing. */
function withPeer(cause: Cause, peer: Cause | undefined): Cause {
  if (peer === undefined) return cause
  const place = peer.place === undefined ? '' : ` (${peer.place.file}:${peer.place.line}:${peer.place.column})`
  return { ...cause, cure: `${cause.cure}, and a peer on it${place}` }
}

const backends: Rule = ({ plan, files, path, standing }) => {
  const index = plan.cluster.services.findIndex(({ namespace, name }) => `${namespace}/${name}` === path.service)
  const service = plan.cluster.services[index]
  if (service === undefined || service.backendNodes.some((node) => standing.attached(node))) return undefined
  return caused('single-backend', `${onlyOf(service.backendNodes, 'backend', 'backends')} of ${path.service}`, {
    cure: 'a backend on another node',
    place: files.topology('services', index, 'backends'),
  })
}

/** Whoever takes the VIP's packets in. */
const entrances: Rule = (lost) => {
  const { files, controlPlane, standing } = lost
  const nodes = entrancesOf(lost)
  if (nodes.some(({ name }) => standing.attached(name))) return undefined
  const what = controlPlane ? 'control-plane node' : 'load-balancer node'
  const own = !controlPlane && files.writes('Cluster', ...LB_NODES)
  return caused(controlPlane ? 'single-cp-node' : 'single-lb-node', onlyOf(names(nodes), what, `${what}s`), {
    cure: controlPlane ? 'more control-plane nodes' : 'another load-balancer node',
    place: files.cluster('Cluster', ...(own ? LB_NODES : CP_NODES)),
  })
}

const LB_NODES = ['spec', 'loadBalancer', 'nodePoolSpec', 'nodes']
const CP_NODES = ['spec', 'controlPlane', 'nodePoolSpec', 'nodes']

/** No cable leads from the source to any node that takes the VIP in, or from there to a backend, or from a node to any gateway. */
const cables: Rule = (lost) => {
  const { plan, path, standing, found } = lost
  const living = entrancesOf(lost).filter(({ name }) => standing.attached(name))
  const answering = backendsOf(lost).filter((name) => standing.attached(name))
  const source = plan.nodes.find(({ name }) => name === path.from)
  if (source !== undefined && standing.routersOf(source.segment).length === 0) return singleRouter(lost, source.segment)
  const ends = [path.from, ...living.map(({ name }) => name), ...answering]
  if (ends.every((a) => ends.every((b) => standing.connected(a, b)))) return undefined
  const way = wayIn(lost)
  if (way !== undefined) return way
  const segments = [...new Set([...(source === undefined ? [] : [source.segment]), ...segmentsOf(plan, ends)])]
  const cut = segments.find((segment) => standing.routersOf(segment).length === 0)
  if (cut !== undefined) return singleRouter(lost, cut)
  const { dead } = new Ways(plan, standing)
  const cutOff = touched(plan, found).filter((name) => dead.includes(name))
  const inRacks = segments.flatMap((segment) => standing.routersOf(segment))
  const alone = (name: string) => !standing.neighbors(name).some((each) => plan.routers.some((router) => router.name === each))
  const router = inRacks.find((name) => cutOff.includes(name)) ?? cutOff.find(alone) ?? cutOff[0]
  return router === undefined ? undefined : singleUplink(lost, router)
}

/** Of a client: the router that it is behind is gone. A topology has no words for a client with two. */
function wayIn({ plan, path, standing }: Lost): Cause | undefined {
  if (!plan.clients.some(({ name }) => name === path.from)) return undefined
  const [router = ''] = neighborsOf(plan, path.from)
  if (standing.alive(router)) return undefined
  return caused('single-way-in', `${router} is the only way in of ${path.from}: a client of a topology is behind one router`, {
    cure: 'no line of the topology: what is behind one router needs a second one in the network',
    place: undefined,
  })
}

function singleRouter({ plan, files, standing }: Lost, segment: string): Cause {
  const [all, others] = partition(plan.routers, (router) => standsIn(router, segment))
  const [beside] = others.filter(
    ({ name }) => standing.alive(name) && plan.segments.some((each) => standing.neighbors(name).includes(each.name)),
  )
  const router = beside?.name ?? all[0]?.name ?? ''
  const another = beside === undefined ? `another router in ${segment}` : `${segment} among the racks of ${beside.name}`
  const untrue = all.filter(({ name, kind }) => standing.alive(name) && !profileOf(kind).importCheck)
  return caused('single-router', `${onlyOf(names(all), 'router', 'routers')} of ${segment}`, {
    cure: [another, ...untrue.map(({ name }) => `${name} of kind frr`)].join(', and '),
    place: files.topology('routers', router, 'racks'),
  })
}

function singleUplink(lost: Lost, router: string): Cause {
  const ways = waysLost(lost, router)
  return caused('single-uplink', onlyOf(ways, `way on from ${router}`, `ways on from ${router}`), uplinkFor(lost, router))
}

/** Nobody announces it: no peer of those that would is left. */
const peers: Rule = (lost) => {
  const { plan, files, controlPlane, standing } = lost
  const { model } = plan.cluster
  const addresses = controlPlane ? model.cpPeers.map(({ ip }) => ip) : model.servicePeers.map(({ peerIP }) => peerIP)
  const routers = [...new Set(addresses.flatMap((address) => ownerOf(plan, address)?.name ?? []))]
  const living = entrancesOf(lost).filter(({ name }) => standing.attached(name))
  const reached = (router: string) => standing.alive(router) && living.some(({ name }) => standing.connected(name, router))
  if (routers.length === 0 || routers.some(reached)) return undefined
  const place = controlPlane
    ? files.cluster('Cluster', 'spec', 'loadBalancer', 'bgpPeers')
    : files.cluster('BGPLoadBalancer', 'spec', 'peers')
  return caused('single-peer', `${onlyOf(routers, 'peer', 'peers')} of ${controlPlane ? 'the control plane' : 'the services'}`, {
    cure: 'a peer on another router',
    place,
  })
}

/** Services are announced from floating IPs. */
const floatingIps: Rule = ({ plan, files, controlPlane, found }) => {
  const gone = found.failures.flatMap((each) => (each.kind === 'floating-ip' ? (each.address ?? []) : []))
  const { floatingIPs } = plan.cluster.model
  const left = floatingIPs.filter((address) => !gone.includes(address) && !found.unassigned.includes(address))
  if (controlPlane || left.length > 0) return undefined
  return caused('no-floating-ip', `no node can hold a floating IP any more (${floatingIPs.join(', ')})`, {
    cure: 'a floating IP of another subnet',
    place: files.cluster('gateway', 'spec', 'floatingIPs'),
  })
}

/** A daemon that does not look whether it has a route itself goes on announcing a rack that it has no cable to. */
const stillAnnounced: Rule = ({ plan, files, standing }) => {
  const lost = (router: RouterPlan) =>
    plan.segments.find(({ name }) => standsIn(router, name) && !standing.neighbors(router.name).includes(name))?.name
  const router = plan.routers.find((each) => standing.alive(each.name) && !profileOf(each.kind).importCheck && lost(each) !== undefined)
  if (router === undefined) return undefined
  const { version } = profileOf(router.kind)
  return caused(
    'lost-rack-announced',
    `${router.name} goes on announcing ${lost(router)}, which it has no cable to any more (${version})`,
    {
      cure: `${router.name} of kind frr`,
      place: files.topology('routers', router.name, 'kind'),
    },
  )
}

/** A router goes on giving others a default route although it has lost the way to a rack or a client. */
const misled: Rule = (lost) => {
  const found = new Ways(lost.plan, lost.standing).misleading
  if (found === undefined) return undefined
  const message = `${found.router} still gives ${found.led} a default route although it has lost the way to ${found.place}`
  return caused('default-without-way-on', message, linkFor(lost, found.router))
}

/** A router goes on being the gateway of its rack although it has lost its way on. */
const deadEnd: Rule = (lost) => {
  const { dead } = new Ways(lost.plan, lost.standing)
  const router = lost.plan.routers.find(({ name, vrrp }) => vrrp.length > 0 && dead.includes(name))
  if (router === undefined) return undefined
  const message = `${router.name} stays the gateway of a rack although it has lost its way on`
  return caused('gateway-without-way-on', message, uplinkFor(lost, router.name))
}

/** Without the store nobody is judged, and nothing that failed besides is withdrawn. */
const store: Rule = ({ plan, files, standing }) => {
  const { admin, nodes } = plan
  if (nodes.some(({ name }) => standing.attached(name) && standing.connected(admin.name, name))) return undefined
  return caused('api-cut-off', `no node reaches the resource API's store at ${admin.name}: what failed besides is never withdrawn`, {
    cure: `another way to ${admin.name}`,
    place: files.topology('admin'),
  })
}

const RULES: readonly Rule[] = [backends, entrances, cables, peers, floatingIps, stillAnnounced, misled, deadEnd, store]

function caused(code: string, message: string, { cure, place }: Cure): Cause {
  return { code, message, cure, ...(place !== undefined && { place }) }
}

function onlyOf(all: readonly string[], one: string, many: string): string {
  const [only = 'none'] = all
  return all.length <= 1 ? `${only} is the only ${one}` : `${all.join(', ')} are all ${many}`
}

function entrancesOf({ plan, controlPlane }: Lost): readonly NodePlan[] {
  return plan.nodes.filter(({ roles }) => (controlPlane ? roles.controlPlane : roles.loadBalancer))
}

function backendsOf({ plan, path }: Lost): readonly string[] {
  return plan.cluster.services.find(({ namespace, name }) => `${namespace}/${name}` === path.service)?.backendNodes ?? []
}

function segmentsOf(plan: Plan, nodes: readonly string[]): string[] {
  return plan.nodes.flatMap(({ name, segment }) => (nodes.includes(name) ? [segment] : []))
}

function names(devices: readonly { readonly name: string }[]): string[] {
  return devices.map(({ name }) => name)
}

/** Whoever had a cable to what failed. */
function touched(plan: Plan, { failures }: SweepCase): string[] {
  return failures.flatMap((each) => (each.kind === 'link' ? [each.device, each.far ?? ''] : neighborsOf(plan, each.device)))
}

function standsIn({ interfaces }: RouterPlan, segment: string): boolean {
  return interfaces.some(({ name }) => name === segment)
}

function partition<T>(all: readonly T[], holds: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(holds), all.filter((one) => !holds(one))]
}

function ownerOf(plan: Plan, address: string): RouterPlan | undefined {
  return plan.routers.find(
    ({ loopbacks, interfaces }) =>
      loopbacks.includes(`${address}/32`) || interfaces.some(({ addresses }) => addresses.some((own) => own.split('/')[0] === address)),
  )
}
