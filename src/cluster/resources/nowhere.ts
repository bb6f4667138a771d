/** Addresses of a kind that no host has and no route leads to, whatever they are meant for: peers, nodes, floating IPs, VIPs. */
import type { AddressRange } from '../../model/index.ts'
import { compareIpv4, contains, formatPrefix, ipv4, maskOf, type Prefix, prefix } from '../../net/index.ts'
import type { ClusterDraft, Located } from './draft.ts'

/** No router forwards to these (RFC 1122 §3.2.1.3, RFC 3927 §7, RFC 5771, RFC 1112 §4). */
const NOWHERE = [
  { network: prefix('0.0.0.0/8'), why: 'means "this network"' },
  { network: prefix('127.0.0.0/8'), why: 'is the loopback network: each node would call itself' },
  { network: prefix('169.254.0.0/16'), why: 'is link-local, and no route leads there' },
  { network: prefix('224.0.0.0/4'), why: 'is multicast' },
  { network: prefix('240.0.0.0/4'), why: 'is reserved' },
] as const

/** What such an address is, to be read after it; `undefined` for others. */
export function nowhere(address: string): string | undefined {
  return NOWHERE.find(({ network }) => contains(network, ipv4(address)))?.why
}

export function rangeTouches(range: Pick<AddressRange, 'first' | 'last'>, { address, length }: Prefix): boolean {
  const last = address | ~maskOf(length)
  return compareIpv4(range.first, last) <= 0 && compareIpv4(address, range.last) <= 0
}

/** R16, R27. Of floating IPs the rest is said where they are checked. */
export function checkUsable({ cpNodes, lbNodes = [], cpVip, ingressVip, pools }: ClusterDraft, workers: readonly Located<string>[]): void {
  for (const { value, place } of [...cpNodes, ...lbNodes, ...workers]) {
    const why = nowhere(value)
    const message = `no node can have ${value}: it ${why}`
    if (why !== undefined) place.report({ code: 'node-unusable', message, suggestion: "give the node's own address" })
  }
  const suggestion = 'give addresses that routers forward to and no host has'
  for (const vip of [cpVip, ingressVip]) {
    const why = vip && nowhere(vip.value)
    if (why !== undefined) vip?.place.report({ code: 'vip-unusable', message: `no VIP can be ${vip.value}: it ${why}`, suggestion })
  }
  for (const { value, place } of pools.flatMap(({ ranges }) => ranges)) {
    const found = NOWHERE.find(({ network }) => rangeTouches(value, network))
    if (found === undefined) continue
    const message = `no VIP can come from ${value.text}: ${formatPrefix(found.network)} ${found.why}`
    place.report({ code: 'pool-unusable', message, suggestion })
  }
}
