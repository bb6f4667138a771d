import { contains, formatIpv4, ipv4, type Prefix, prefix, stableHash } from '../net/index.ts'
import type { RouterEntry, TopologyFile } from './file.ts'
import type { InterfacePlan } from './plan.ts'

/** Where derived addresses come from: one /30 for each link between routers, one /24 for each router that hosts stand behind. */
const LINKS = ipv4('10.9.0.0')
const HOSTS = ipv4('10.7.0.0')

/** One router in one rack. */
export interface RackPort {
  readonly rack: string
  readonly subnet: Prefix
  readonly router: string
  readonly address: string
}

/** A link between two routers; `subnet` is its /30. */
export interface RouterLink {
  readonly a: { readonly router: string; readonly interface: string; readonly address: string }
  readonly b: { readonly router: string; readonly interface: string; readonly address: string }
}

/** A client or the admin host, and the router's side of its link. */
export interface HostPort {
  readonly host: string
  readonly router: string
  readonly subnet: string
  readonly address: string
  readonly gateway: string
  readonly routerInterface: string
}

/** A rack's default gateway: a router's own address where it stands alone, else a VRRP address that two or more share. */
export interface Gateway {
  readonly rack: string
  readonly vrid: number
  readonly address: string
  readonly shared: boolean
}

/** Locally administered, from the names alone, so that a device keeps its MACs over a reboot. */
export function macOf(device: string, interfaceName: string): string {
  const high = stableHash(`mac ${device} ${interfaceName}`)
  const low = stableHash(`${interfaceName} ${device} mac`)
  const bytes = [0x02, (high >>> 24) & 255, (high >>> 16) & 255, (high >>> 8) & 255, high & 255, low & 255]
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

export function interfaceOf(device: string, name: string, ...addresses: string[]): InterfacePlan {
  return { name, addresses, mac: macOf(device, name) }
}

/** The `n`-th address of a subnet. */
export function hostOf(subnet: Prefix, n: number): string {
  return formatIpv4((subnet.address + n) | 0)
}

export function withLength(address: string, subnet: Prefix): string {
  return `${address}/${subnet.length}`
}

/** The rack whose subnet holds `address`. */
export function rackOf(file: TopologyFile, address: string): { readonly name: string; readonly subnet: Prefix } | undefined {
  for (const [name, text] of Object.entries(file.racks)) {
    const subnet = prefix(text)
    if (contains(subnet, ipv4(address))) return { name, subnet }
  }
  return undefined
}

/** Every router's place in every rack; derived addresses start at .2 because .1 is the shared gateway's. */
export function rackPorts(file: TopologyFile): RackPort[] {
  const ports: RackPort[] = []
  for (const [rack, text] of Object.entries(file.racks)) {
    const subnet = prefix(text)
    let next = 2
    for (const [router, entry] of Object.entries(file.routers)) {
      const fixed = fixedAddress(entry, rack)
      if (fixed === undefined && !namesRack(entry, rack)) continue
      ports.push({ rack, subnet, router, address: fixed ?? hostOf(subnet, next++) })
    }
  }
  return ports
}

function namesRack(entry: RouterEntry, rack: string): boolean {
  return Array.isArray(entry.racks) && entry.racks.includes(rack)
}

function fixedAddress(entry: RouterEntry, rack: string): string | undefined {
  return entry.racks === undefined || Array.isArray(entry.racks) ? undefined : (entry.racks as Readonly<Record<string, string>>)[rack]
}

export function gateways(file: TopologyFile): Gateway[] {
  const ports = rackPorts(file)
  return Object.entries(file.racks).map(([rack, text], index) => {
    const inRack = ports.filter((port) => port.rack === rack)
    const shared = inRack.length > 1
    return { rack, vrid: index + 1, shared, address: shared ? hostOf(prefix(text), 1) : (inRack[0]?.address ?? hostOf(prefix(text), 1)) }
  })
}

export function routerLinks(file: TopologyFile): RouterLink[] {
  const pairs = Object.entries(file.routers).flatMap(([name, entry]) => (entry.connects ?? []).map((other) => [other, name] as const))
  return pairs.map(([a, b], index) => {
    const base = LINKS + 4 * index
    return {
      a: { router: a, interface: b, address: `${formatIpv4(base + 1)}/30` },
      b: { router: b, interface: a, address: `${formatIpv4(base + 2)}/30` },
    }
  })
}

export function hostPorts(file: TopologyFile): HostPort[] {
  return [...Object.entries(file.clients), ['admin', file.admin] as const].map(([host, router], index) => {
    const subnet: Prefix = { address: HOSTS + 256 * index, length: 24 }
    return {
      host,
      router,
      subnet: `${formatIpv4(subnet.address)}/24`,
      address: hostOf(subnet, 10),
      gateway: hostOf(subnet, 1),
      routerInterface: host,
    }
  })
}
