import type { Micros } from '../../../model/index.ts'
import { formatIpv4, type Ipv4, ipv4, parseIpv4 } from '../../../net/index.ts'
import type { ByHand, FilterRule } from './api.ts'
import { type Flow, TCP, UDP } from './flow.ts'
import type { Interface } from './interface.ts'

interface Compiled {
  readonly hook: FilterRule['hook']
  readonly sources: ReadonlySet<Ipv4> | undefined
  readonly destinations: ReadonlySet<Ipv4> | undefined
  readonly protocol: number | undefined
  readonly port: number | undefined
  readonly outInterface: string | undefined
}

/** What somebody did to a machine at its shell. */
export class Hand implements ByHand {
  forgetsFlows = true
  rulesDelay: Micros = 0
  readonly #interfaces: readonly Interface[]
  readonly #onLoopback: Set<Ipv4>
  readonly #changed: () => void
  readonly #tables = new Map<string, Compiled[]>()

  constructor(interfaces: readonly Interface[], onLoopback: Set<Ipv4>, changed: () => void) {
    this.#interfaces = interfaces
    this.#onLoopback = onLoopback
    this.#changed = changed
  }

  addresses(): ReturnType<ByHand['addresses']> {
    return this.#interfaces.flatMap((each) => [
      ...each.addresses.map((address) => ({ address, interface: each.name })),
      ...[...each.added].map((address) => ({ address: `${formatIpv4(address)}/32`, interface: each.name })),
    ])
  }

  setAddress(text: string, interfaceName: string, present: boolean): string | undefined {
    const address = parseIpv4(text.split('/')[0] ?? '')
    const added = interfaceName === 'lo' ? this.#onLoopback : this.#interfaces.find((each) => each.name === interfaceName)?.added
    if (added === undefined) return `Cannot find device "${interfaceName}"`
    if (address === undefined) return `Error: any valid prefix is expected rather than "${text}".`
    if (added.has(address) === present)
      return present ? 'RTNETLINK answers: File exists' : 'RTNETLINK answers: Cannot assign requested address'
    if (present) added.add(address)
    else added.delete(address)
    this.#changed()
    return undefined
  }

  addFilter(table: string, rules: readonly FilterRule[]): void {
    this.#tables.set(table, [...rules.map(compile), ...(this.#tables.get(table) ?? [])])
    this.#changed()
  }

  removeFilter(table: string): boolean {
    const removed = this.#tables.delete(table)
    if (removed) this.#changed()
    return removed
  }

  /** A packet that has come as far as this hook is dropped. */
  drops(hook: FilterRule['hook'], flow: Flow, outInterface?: string): boolean {
    if (this.#tables.size === 0) return false
    for (const rules of this.#tables.values())
      if (rules.some((rule) => rule.hook === hook && matches(rule, flow, outInterface))) return true
    return false
  }

  /** The machine lost power. */
  clear(): void {
    this.#tables.clear()
    this.forgetsFlows = true
    this.rulesDelay = 0
  }
}

function compile({ hook, sources, destinations, protocol, port, outInterface }: FilterRule): Compiled {
  return {
    hook,
    sources: sources && new Set(sources.map((text) => ipv4(text))),
    destinations: destinations && new Set(destinations.map((text) => ipv4(text))),
    protocol: protocol === undefined ? undefined : protocol === 'tcp' ? TCP : UDP,
    port,
    outInterface,
  }
}

function matches({ sources, destinations, protocol, port, outInterface }: Compiled, flow: Flow, out: string | undefined): boolean {
  return (
    (sources === undefined || sources.has(flow.src)) &&
    (destinations === undefined || destinations.has(flow.dst)) &&
    (protocol === undefined || protocol === flow.protocol) &&
    (port === undefined || port === flow.dport) &&
    (outInterface === undefined || outInterface === out)
  )
}
