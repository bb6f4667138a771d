/** What a plan's links and addresses come to, as lines for ip(8). Pure: which process stands for which device is given. */
import type { DevicePlan, InterfacePlan, LinkEnd, LinkPlan, Plan, StaticRoute } from '../../topology/plan.ts'
import { devicesOf, routesThrough } from '../configs.ts'
import type { NamespaceBatch, VethEnd, WireRequest } from './wiring-requests.ts'

/** The bridge inside a segment's namespace. */
export const BRIDGE = 'bridge'

/** Device name → process ID of its container, as the engine's machine numbers it. */
export type Pids = ReadonlyMap<string, number>

/** The links of one device, or of all. */
export function linksOf(plan: Plan, device?: string): readonly LinkPlan[] {
  return device === undefined ? plan.links : plan.links.filter((link) => link.a.device === device || link.b.device === device)
}

/** Everything, in one request. */
export function wireAll(plan: Plan, pids: Pids): WireRequest {
  return wire(plan, pids, plan.links, new Set([...devicesOf(plan), ...plan.segments].map((device) => device.name)))
}

/**
 * One device that has come back, with nothing but its loopback: its own links and all its settings. The far ends vanished with the
 * device, and with them their addresses and the routes through them.
 */
export function wireAgain(plan: Plan, pids: Pids, device: string): WireRequest {
  const links = linksOf(plan, device).filter((link) => pids.has(link.a.device) && pids.has(link.b.device))
  return wire(plan, pids, links, new Set([device]))
}

function wire(plan: Plan, pids: Pids, links: readonly LinkPlan[], fresh: ReadonlySet<string>): WireRequest {
  const segments = new Set(plan.segments.map((segment) => segment.name))
  const devices = new Map(devicesOf(plan).map((device) => [device.name, device]))
  const batches = new Map<string, string[]>()
  const add = (device: string, ...lines: string[]) => batches.set(device, [...(batches.get(device) ?? []), ...lines])
  for (const device of fresh) add(device, 'link set dev lo up', ...(devices.get(device)?.loopbacks ?? []).map(loopback))
  for (const end of links.flatMap((link) => [link.a, link.b])) {
    if (segments.has(end.device)) add(end.device, `link set dev ${end.interface} master ${BRIDGE} up`)
    else add(end.device, ...interfaceLines(interfaceOf(devices, end)))
  }
  for (const [name, device] of devices) {
    if (!batches.has(name)) continue
    const own = device.interfaces.filter((one) => links.some((link) => isEnd(link, name, one.name)))
    add(name, ...routeLines(fresh.has(name) ? device.routes : routesThrough(device, own)))
  }
  const end = (of: LinkEnd): VethEnd => {
    const mac = segments.has(of.device) ? undefined : interfaceOf(devices, of).mac
    return { pid: pidOf(pids, of.device), name: of.interface, ...(mac === undefined ? {} : { mac }) }
  }
  const batch = (device: string, lines: readonly string[]): NamespaceBatch => ({ device, pid: pidOf(pids, device), lines })
  return {
    before: [...segments].filter((name) => fresh.has(name)).map((name) => batch(name, bridgeLines)),
    links: links.map((link) => ({ a: end(link.a), b: end(link.b) })),
    after: [...batches].map(([device, lines]) => batch(device, lines)),
  }
}

// Frames pass at once, and every multicast frame (VRRP's) goes everywhere, as on a plain switch.
const bridgeLines = [`link add name ${BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`, `link set dev ${BRIDGE} up`]

function interfaceLines(one: InterfacePlan): string[] {
  return [...one.addresses.map((address) => `address add ${address} dev ${one.name}`), `link set dev ${one.name} up`]
}

function loopback(address: string): string {
  return `address add ${address.includes('/') ? address : `${address}/32`} dev lo`
}

/** Several routes of one prefix are one route with several next hops. `replace`, so that it may be said twice. */
export function routeLines(routes: readonly StaticRoute[]): string[] {
  const hops = new Map<string, string[]>()
  for (const route of routes) hops.set(route.prefix, [...(hops.get(route.prefix) ?? []), route.via])
  return [...hops].map(([prefix, vias]) => {
    const target = vias.length === 1 ? `via ${vias[0]}` : vias.map((via) => `nexthop via ${via}`).join(' ')
    return `route replace ${prefix === '0.0.0.0/0' ? 'default' : prefix} proto static ${target}`
  })
}

function isEnd(link: LinkPlan, device: string, name: string): boolean {
  return [link.a, link.b].some((end) => end.device === device && end.interface === name)
}

function interfaceOf(devices: ReadonlyMap<string, DevicePlan>, end: LinkEnd): InterfacePlan {
  const found = devices.get(end.device)?.interfaces.find((one) => one.name === end.interface)
  if (found === undefined) throw new Error(`the plan links ${end.device} ${end.interface}, which it does not describe`)
  return found
}

function pidOf(pids: Pids, device: string): number {
  const pid = pids.get(device)
  if (pid === undefined) throw new Error(`no running container for ${device}`)
  return pid
}
