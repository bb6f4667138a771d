/**
 * The service rules as one nft(8) table that is replaced whole: a node's VIP data plane as `externalTrafficPolicy: Cluster` has it.
 *
 * DNAT stands in prerouting for what arrives and in output for what the node itself sends: with prerouting alone a third of the flows from
 * LB nodes were lost. Only flows that were so translated are masqueraded. A VIP port without backends refuses, also where some process
 * of the node listens on every address.
 */
import type { ServiceRule } from '../ports.ts'

const TABLE = 'peerlab'

export function renderRules(services: readonly ServiceRule[]): string {
  const translate = services.filter(({ backends }) => backends.length > 0).map(translation)
  const refuse = services.filter(({ backends }) => backends.length === 0).map(refusal)
  // Declared, deleted and made again in one transaction: this works whether it was there or not, and no packet sees a table in between.
  return [
    `table ip ${TABLE} {}`,
    `delete table ip ${TABLE}`,
    `table ip ${TABLE} {`,
    chain('prerouting', 'type nat hook prerouting priority dstnat', translate),
    chain('output', 'type nat hook output priority -100', translate),
    chain('postrouting', 'type nat hook postrouting priority srcnat', ['ct status dnat masquerade']),
    chain('input', 'type filter hook input priority filter', refuse),
    '}',
    '',
  ].join('\n')
}

/** The nat hooks see a flow's first packet only, so a fresh random number spreads flows, not packets. */
function translation({ vip, protocol, port, backends }: ServiceRule): string {
  const match = `ip daddr ${vip} ${protocol} dport ${port}`
  const [only] = backends
  if (backends.length === 1 && only) return `${match} dnat to ${only.address}:${only.port}`
  const map = backends.map(({ address, port: to }, index) => `${index} : ${address} . ${to}`).join(', ')
  return `${match} dnat to numgen random mod ${backends.length} map { ${map} }`
}

function refusal({ vip, protocol, port }: ServiceRule): string {
  const answer = protocol === 'tcp' ? 'tcp reset' : 'icmp type port-unreachable'
  return `ip daddr ${vip} ${protocol} dport ${port} reject with ${answer}`
}

function chain(name: string, head: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, `    ${head}; policy accept;`, ...rules.map((rule) => `    ${rule}`), '  }'].join('\n')
}
