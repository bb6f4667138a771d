import { type Flow, ICMP } from './flow.ts'

/** What a device hashes to choose among next hops, as its sysctls say. */
export type HashPolicy = 'addresses' | 'five-tuple'

/**
 * `fib_multipath_hash_policy`: 0 takes addresses only; 1 and, with these fields (source and destination address, protocol, both ports: 0x37),
 * 3 take the five-tuple.
 */
export function hashPolicyOf(sysctls: Readonly<Record<string, string>>): HashPolicy {
  const policy = sysctls['net.ipv4.fib_multipath_hash_policy']
  if (policy === '1') return 'five-tuple'
  if (policy !== '3') return 'addresses'
  const ports = 0x30
  return (Number(sysctls['net.ipv4.fib_multipath_hash_fields'] ?? 7) & ports) === ports ? 'five-tuple' : 'addresses'
}

/**
 * 31 bits, as the kernel's `fib_multipath_hash`. Devices with equal seeds hash alike, which is what makes ECMP polarise. The mixing is murmur3's,
 * not the kernel's SipHash: shares agree with it, single flows do not.
 */
export function flowHash(flow: Flow, policy: HashPolicy, seed: number): number {
  let hash = round(round(seed | 0, flow.src), flow.dst)
  if (policy === 'five-tuple' && flow.protocol !== ICMP) hash = round(round(hash, (flow.sport << 16) | flow.dport), flow.protocol)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return hash >>> 1
}

function round(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  let h = hash ^ Math.imul(k, 0x1b873593)
  h = (h << 13) | (h >>> 19)
  return (Math.imul(h, 5) + 0xe6546b64) | 0
}
