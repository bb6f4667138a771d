/** Addresses against each other: node subnets, floating IPs (R16), pools and VIPs (R27), next hops (R20). */

import { formatPath, inRange } from '../../model/index.ts'
import { compareIpv4, contains, formatPrefix, ipv4, type Prefix, parsePrefix, prefixOf } from '../../net/index.ts'
import type { BalancerDraft, ClusterDraft, GatewayDraft, Located } from './draft.ts'
import { nowhere, rangeTouches } from './nowhere.ts'

/** Subnets that hold nodes; /24 where nobody gave the masks: then what rests on them is a warning. */
export interface NodeSubnets {
  readonly prefixes: readonly Prefix[]
  readonly assumed: boolean
}

export function nodeSubnets(nodes: readonly string[], given: readonly string[] | undefined): NodeSubnets {
  const addresses = nodes.map(ipv4)
  const known = given?.flatMap((text) => parsePrefix(text, 'mask') ?? [])
  const prefixes = known
    ? known.filter((prefix) => addresses.some((address) => contains(prefix, address)))
    : addresses.map((address) => prefixOf(address, 24))
  const unique = new Map(prefixes.map((prefix) => [formatPrefix(prefix), prefix]))
  return { prefixes: [...unique.values()], assumed: known === undefined }
}

export function checkSubnets(
  cluster: ClusterDraft,
  nodes: readonly string[],
  subnets: NodeSubnets,
  given: readonly string[] | undefined,
): void {
  if (nodes.length === 0) return
  if (subnets.assumed) {
    const message = `/24 is assumed for the nodes' subnets: ${subnets.prefixes.map(formatPrefix).join(', ')}`
    cluster.specPlace.report({
      severity: 'note',
      code: 'subnets-assumed',
      message,
      suggestion: 'give the masks (peerlab check --subnets, or a topology)',
      onKey: true,
    })
    return
  }
  for (const node of [...cluster.cpNodes, ...(cluster.lbNodes ?? [])]) {
    if (nowhere(node.value) !== undefined || nodeSubnets([node.value], given).prefixes.length > 0) continue
    node.place.report({
      code: 'node-outside-subnets',
      message: `node ${node.value} is in none of the topology's subnets`,
      suggestion: `subnets: ${given!.join(', ')}`,
    })
  }
}

/** `pools`: the nodes of each, and what it is called. A machine is in one node pool. */
export function checkNodesOnce(pools: readonly { readonly name: string; readonly nodes: readonly Located<string>[] }[]): void {
  const elsewhere = new Map<string, string>()
  for (const { name, nodes } of pools) {
    const seen = new Set<string>()
    for (const { value, place } of nodes) {
      const other = elsewhere.get(value)
      if (seen.has(value)) place.report({ code: 'node-twice', message: `node ${value} is listed twice`, suggestion: 'remove one' })
      else if (other !== undefined)
        place.report({
          severity: 'warning',
          code: 'node-in-two-pools',
          message: `node ${value} is in ${other} already, and here in ${name}: a machine is in one node pool`,
          suggestion: 'remove it from one of them',
        })
      seen.add(value)
    }
    for (const value of seen) if (!elsewhere.has(value)) elsewhere.set(value, name)
  }
}

/** R16. */
export function checkFloatingIPs(gateway: GatewayDraft, { cpVip }: ClusterDraft, nodes: ReadonlySet<string>, subnets: NodeSubnets): void {
  const seen = new Map<string, Located<string>>()
  for (const fip of gateway.floatingIPs) {
    const { value, place } = fip
    const before = seen.get(value)
    if (before !== undefined) {
      const message = `floating IP ${value} is listed twice (first at ${formatPath(before.place.path)})`
      place.report({ code: 'floating-ip-twice', message, suggestion: 'remove one, or give another address' })
      continue
    }
    seen.set(value, fip)
    const why = nowhere(value)
    if (why !== undefined) {
      const message = `no floating IP can be ${value}: it ${why}`
      place.report({ code: 'floating-ip-unusable', message, suggestion: "give a free address of a node's subnet" })
    } else if (nodes.has(value)) {
      const message = `floating IP ${value} is a node's own address`
      place.report({ code: 'floating-ip-is-node', message, suggestion: "give a free address of the node's subnet" })
    } else if (value === cpVip?.value) {
      const message = `floating IP ${value} is the control-plane VIP: the node that holds it takes what is meant for the API`
      place.report({ code: 'floating-ip-is-vip', message, suggestion: 'give each an address of its own' })
    } else if (nodes.size > 0 && !subnets.prefixes.some((prefix) => contains(prefix, ipv4(value)))) {
      const known = subnets.prefixes.map(formatPrefix).join(', ')
      place.report({
        severity: subnets.assumed ? 'warning' : 'error',
        code: 'floating-ip-outside-subnets',
        message: `floating IP ${value} lies in no node's subnet, so no node can hold it (R16)${subnets.assumed ? '; /24 was assumed' : ''}`,
        suggestion: `node subnets: ${known}`,
      })
    } else if (subnets.prefixes.some((prefix) => isEdge(prefix, value))) {
      const message = `floating IP ${value} is the network or broadcast address of its subnet`
      const severity = subnets.assumed ? 'warning' : 'error'
      place.report({ severity, code: 'floating-ip-unusable', message, suggestion: 'give a host address' })
    }
  }
}

/** Two floating IPs on one node are one too few when it fails, and `<peerIP>-<node>` names two sessions (R18, R35). */
export function checkRoom(gateway: GatewayDraft, nodes: readonly string[], subnets: NodeSubnets): void {
  for (const prefix of subnets.prefixes) {
    const members = nodes.filter((node) => contains(prefix, ipv4(node)))
    const seen = new Set<string>()
    const held = gateway.floatingIPs.filter(({ value }) => contains(prefix, ipv4(value)) && !seen.has(value) && seen.add(value))
    for (const { value, place } of members.length === 0 ? [] : held.slice(members.length)) {
      const many = members.length === 1 ? `one node, ${members[0]}` : `${members.length} nodes`
      place.report({
        severity: 'warning',
        code: 'floating-ips-share-node',
        message: `${formatPrefix(prefix)} has ${many}, for ${held.length} floating IPs: ${value} shares a node, whose failure ends both sessions, and <peerIP>-<node> no longer names one (R35)`,
        suggestion: 'add a node to that subnet, or take a floating IP of another one',
      })
    }
  }
}

export function isEdge(prefix: Prefix, address: string): boolean {
  if (prefix.length > 30) return false
  const host = ipv4(address)
  return host === prefix.address || (contains(prefix, host) && prefixOf(host + 1, prefix.length).address !== prefix.address)
}

/** R27, and the oddities around VIPs. */
export function checkPools(
  cluster: ClusterDraft,
  gateway: GatewayDraft | undefined,
  nodes: ReadonlySet<string>,
  subnets: NodeSubnets,
): void {
  const ranges = cluster.pools.flatMap((pool) => pool.ranges.map((range) => ({ pool: pool.name, ...range })))
  for (const [index, range] of ranges.entries()) {
    for (const other of ranges.slice(0, index)) {
      const apart = compareIpv4(range.value.last, other.value.first) < 0 || compareIpv4(other.value.last, range.value.first) < 0
      if (apart) continue
      const message = `${range.value.text} overlaps ${other.value.text} of pool ${other.pool}`
      range.place.report({ code: 'pools-overlap', message, suggestion: 'an address belongs to one pool: shorten one range' })
    }
    const inside = [...nodes].filter((node) => inRange(range.value, ipv4(node)))
    const held = (gateway?.floatingIPs ?? []).filter((fip) => inRange(range.value, ipv4(fip.value))).map((fip) => fip.value)
    const shared = subnets.prefixes.find((prefix) => rangeTouches(range.value, prefix))
    if (inside.length > 0) report(range.place, 'pool-holds-node', `${range.value.text} holds the node ${inside.join(', ')}`)
    if (held.length > 0) report(range.place, 'pool-holds-floating-ip', `${range.value.text} holds the floating IP ${held.join(', ')}`)
    else if (shared !== undefined && inside.length === 0)
      range.place.report({
        severity: 'warning',
        code: 'vip-in-node-subnet',
        message: `${range.value.text} reaches into the node subnet ${formatPrefix(shared)}: hosts on that link ARP for a VIP and nobody answers`,
        suggestion: 'take addresses outside the node subnets',
      })
  }
  const names = new Set<string>()
  for (const pool of cluster.pools) {
    if (names.has(pool.name))
      cluster.balancerPlace.child('addressPools').report({
        code: 'pool-twice',
        message: `two pools are named ${pool.name}: one of them takes the other's place`,
        suggestion: 'give each pool its own name',
        onKey: true,
      })
    names.add(pool.name)
  }
  const { cpVip, ingressVip } = cluster
  const pooled = (vip: string) => ranges.find((range) => inRange(range.value, ipv4(vip)))
  if (cpVip !== undefined) {
    const pool = pooled(cpVip.value)
    if (pool !== undefined) {
      const message = `the control-plane VIP ${cpVip.value} lies in pool ${pool.pool}: a Service could be given it`
      cpVip.place.report({ code: 'cp-vip-in-pool', message, suggestion: `take it out of ${pool.value.text}` })
    }
    if (nodes.has(cpVip.value)) {
      const message = `${cpVip.value} is a node's own address: announced by the others, it would be taken from that node`
      cpVip.place.report({ code: 'vip-is-node', message, suggestion: 'give an address that no host has' })
    }
    if (cpVip.value === ingressVip?.value) {
      const message = 'the ingress VIP is the control-plane VIP too: one of the two is not reached'
      ingressVip.place.report({ code: 'vip-twice', message, suggestion: 'give it an address of its own, in a pool' })
    }
  }
  if (ingressVip !== undefined && nowhere(ingressVip.value) === undefined && pooled(ingressVip.value) === undefined) {
    const known = ranges.map((range) => range.value.text).join(', ') || 'none'
    const message = `the ingress VIP ${ingressVip.value} lies in no address pool (R27)`
    ingressVip.place.report({ code: 'ingress-vip-outside-pools', message, suggestion: `pools: ${known}` })
  }
  for (const vip of [cpVip, ingressVip]) {
    const subnet = vip && subnets.prefixes.find((prefix) => contains(prefix, ipv4(vip.value)))
    if (vip === undefined || subnet === undefined) continue
    const message = `VIP ${vip.value} lies in the node subnet ${formatPrefix(subnet)}: hosts on that link ARP for it and nobody answers`
    vip.place.report({ severity: 'warning', code: 'vip-in-node-subnet', message, suggestion: 'take an address outside the node subnets' })
  }
}

/** R20, R33: a ToR that is on a node subnet takes next hops off that subnet only when it is multihop. */
export function checkNextHops(balancer: BalancerDraft, lbNodes: readonly string[], subnets: NodeSubnets): void {
  for (const peer of balancer.peers) {
    const subnet = subnets.prefixes.find((prefix) => contains(prefix, ipv4(peer.ip.value)))
    const off = subnet ? lbNodes.filter((node) => !contains(subnet, ipv4(node))) : []
    if (subnet === undefined || off.length === 0) continue
    const none = off.length === lbNodes.length
    peer.ip.place.report({
      severity: 'warning',
      code: 'next-hop-off-subnet',
      message: `load-balancer nodes ${off.join(', ')} are not on the peer's subnet ${formatPrefix(subnet)}: it uses these next hops only as a multihop peer${
        none
          ? ', and as it has no other, VIP traffic crosses routers that send it back to this peer: a loop, unless they too know the next hops'
          : ''
      }`,
      suggestion: none
        ? `take load-balancer nodes of its subnet (loadBalancer.nodePoolSpec); else set multihop at ${peer.ip.value}, with a route to them`
        : `set multihop at ${peer.ip.value}, or take load-balancer nodes of its subnet (loadBalancer.nodePoolSpec)`,
    })
  }
}

function report(place: Located<unknown>['place'], code: string, message: string): void {
  place.report({ code, message, suggestion: 'take it out of the range' })
}
