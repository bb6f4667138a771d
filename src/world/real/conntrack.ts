/**
 * UDP flows that would stay with a backend that they no longer belong to. The kernel translates a flow by what was decided at its first packet, for as
 * long as packets come: a UDP flow to a dead backend would be lost for ever, and one that came before the VIP was set up would go untranslated for
 * ever. So after every change of the rules their entries are forgotten, and the next packet is a first one. TCP flows are left to their ends:
 * one whose backend lives goes on, also where no new flow would be sent there (as kube-proxy does).
 */
import type { ServiceRule } from '../ports.ts'

/** Where it goes: the VIP's port, and who answers. */
export interface StaleFlows {
  readonly vip: string
  readonly port: number
  readonly answeredFrom: string
  readonly answeredPort: number
}

/**
 * From `conntrack -L -p udp`, a line an entry, the original direction first:
 * `udp 17 28 src=10.7.0.2 dst=10.0.0.2 sport=40000 dport=80 [UNREPLIED] src=10.0.1.22 dst=10.0.1.20 sport=8081 dport=40000 use=1`.
 * `before`: the rules that stood until now, whose Services may be gone.
 */
export function staleFlows(listing: string, before: readonly ServiceRule[], now: readonly ServiceRule[]): StaleFlows[] {
  const right = new Map(before.map((rule) => [ruleKey(rule), new Set<string>()]))
  for (const rule of now) right.set(ruleKey(rule), new Set(rule.backends.map(({ address, port }) => `${address} ${port}`)))
  const found = new Map<string, StaleFlows>()
  for (const line of listing.split('\n')) {
    const words = [...line.matchAll(/\b(src|dst|sport|dport)=(\S+)/g)]
    const read = (word: string, direction: 0 | 1) => words.filter(([, name]) => name === word)[direction]?.[2] ?? ''
    const [vip, port] = [read('dst', 0), Number(read('dport', 0))]
    const [answeredFrom, answeredPort] = [read('src', 1), Number(read('sport', 1))]
    const backends = right.get(`${vip} udp ${port}`)
    if (backends === undefined || backends.has(`${answeredFrom} ${answeredPort}`)) continue
    found.set(`${vip} ${port} ${answeredFrom} ${answeredPort}`, { vip, port, answeredFrom, answeredPort })
  }
  return [...found.values()]
}

/** Arguments of conntrack(8) that forget them. */
export function forget({ vip, port, answeredFrom, answeredPort }: StaleFlows): string[] {
  const words = { '--orig-dst': vip, '--orig-port-dst': port, '--reply-src': answeredFrom, '--reply-port-src': answeredPort }
  return ['-D', '-p', 'udp', ...Object.entries(words).flatMap(([option, value]) => [option, String(value)])]
}

function ruleKey({ vip, protocol, port }: ServiceRule): string {
  return `${vip} ${protocol} ${port}`
}
