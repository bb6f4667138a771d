/**
 * Which node holds which floating IP (R16, R17): the policy alone, a function of what is known.
 *
 * Eligible is a Ready node of the address's subnet. Who holds an address keeps it for as long as it is Ready: a node that comes back gets
 * nothing back. Otherwise the eligible node that says it holds the address already, else the one with the fewest floating IPs, ties by a
 * stable hash; so several spread, and share a node only when forced.
 */
import { compareIpv4, contains, ipv4, parseIpv4, parsePrefix, stableHash } from '../../net/index.ts'

/** `unknown`: not heard from since the controller started, and not yet for so long that it is taken for dead. */
export type NodeHealth = 'ready' | 'not-ready' | 'unknown'

export interface PlacementNode {
  readonly name: string
  /** `a.b.c.d/n` */
  readonly subnet: string
  readonly health: NodeHealth
  /** Floating IPs that it said it holds, at its last renewal. */
  readonly holding: readonly string[]
}

export interface PlacementFloatingIP {
  readonly address: string
  /** The node that has it so far. */
  readonly holder?: string
  /** True once it has ever been given out: the initial placement is then over for it. */
  readonly placed: boolean
}

export interface PlacementState {
  readonly nodes: readonly PlacementNode[]
  readonly floatingIPs: readonly PlacementFloatingIP[]
  /** The named setting `initialPlacement`: address → node, for addresses that were never placed. */
  readonly initialPlacement: Readonly<Record<string, string>>
}

export type Assignment =
  | { readonly address: string; readonly node: string; readonly reason: string }
  | { readonly address: string; readonly node?: undefined; readonly reason: string }
  /** Nothing is decided yet: a node that may hold it was not heard from. */
  | { readonly address: string; readonly pending: true; readonly reason: string }

export function inSubnet(address: string, subnet: string): boolean {
  const prefix = parsePrefix(subnet, 'mask')
  const value = parseIpv4(address)
  return prefix !== undefined && value !== undefined && contains(prefix, value)
}

/** One assignment for each floating IP, by address. */
export function placement(state: PlacementState): Assignment[] {
  const count = new Map<string, number>()
  const done = new Map<string, Assignment>()
  const byName = new Map(state.nodes.map((node) => [node.name, node]))
  const give = (address: string, node: string, reason: string) => {
    count.set(node, (count.get(node) ?? 0) + 1)
    done.set(address, { address, node, reason })
  }

  const ordered = [...state.floatingIPs].sort((a, b) => compareIpv4(ipv4(a.address), ipv4(b.address)))
  for (const { address, holder } of ordered) {
    const node = holder === undefined ? undefined : byName.get(holder)
    if (node !== undefined && node.health !== 'not-ready' && inSubnet(address, node.subnet)) give(address, node.name, 'held')
  }
  // The wishes first, so that the others spread around them; but an address that some node holds already stays there.
  for (const { address, placed } of ordered) {
    const wish = placed || done.has(address) ? undefined : byName.get(state.initialPlacement[address] ?? '')
    if (wish?.health !== 'ready' || !inSubnet(address, wish.subnet)) continue
    const others = state.nodes.filter((node) => node !== wish && inSubnet(address, node.subnet))
    const taken = others.some((node) => node.health === 'unknown' || (node.health === 'ready' && node.holding.includes(address)))
    if (!taken) give(address, wish.name, 'initialPlacement')
  }
  for (const floatingIP of ordered) {
    if (!done.has(floatingIP.address)) place(floatingIP, state.nodes, byName, count, give, (each) => done.set(each.address, each))
  }
  return ordered.map(({ address }) => done.get(address)!)
}

function place(
  { address, holder }: PlacementFloatingIP,
  nodes: readonly PlacementNode[],
  byName: ReadonlyMap<string, PlacementNode>,
  count: ReadonlyMap<string, number>,
  give: (address: string, node: string, reason: string) => void,
  leave: (assignment: Assignment) => void,
) {
  const members = nodes.filter((node) => inSubnet(address, node.subnet))
  const silent = members.filter((node) => node.health === 'unknown')
  if (silent.length > 0) {
    leave({ address, pending: true, reason: `waits to hear from ${silent.map((node) => node.name).join(', ')}` })
    return
  }
  const rank = (node: PlacementNode) => [
    node.holding.includes(address) ? 0 : 1,
    count.get(node.name) ?? 0,
    stableHash(`${address} ${node.name}`),
  ]
  const [best] = members
    .filter((node) => node.health === 'ready')
    .map((node) => ({ node, rank: rank(node) }))
    .sort((a, b) => a.rank[0]! - b.rank[0]! || a.rank[1]! - b.rank[1]! || a.rank[2]! - b.rank[2]!)
  if (best === undefined) leave({ address, reason: whyNone(members) })
  else if (holder === undefined) give(address, best.node.name, best.rank[0] === 0 ? 'already held there' : 'assigned')
  else give(address, best.node.name, whyMoved(address, holder, byName.get(holder)))
}

function whyMoved(address: string, holder: string, node: PlacementNode | undefined): string {
  if (node === undefined) return `${holder} is gone`
  return inSubnet(address, node.subnet) ? `${holder} is not Ready` : `${holder} is not in the address's subnet`
}

function whyNone(members: readonly PlacementNode[]): string {
  if (members.length === 0) return 'no node is in its subnet'
  return `no node of ${members[0]!.subnet} is Ready (${members.map((node) => node.name).join(', ')})`
}
