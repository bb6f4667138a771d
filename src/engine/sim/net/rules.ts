import { type Ipv4, ipv4 } from '../../../net/index.ts'
import type { ServiceRule } from '../../../world/index.ts'
import { type Protocol, TCP, UDP } from './flow.ts'

export interface Backend {
  readonly address: Ipv4
  readonly port: number
}

/** VIP → port and protocol → backends; none of them means that it refuses. */
export interface Rules {
  readonly source: readonly ServiceRule[]
  find(vip: Ipv4, port: number, protocol: Protocol): readonly Backend[] | undefined
}

class CompiledRules implements Rules {
  readonly source: readonly ServiceRule[]
  readonly #vips = new Map<Ipv4, Map<number, readonly Backend[]>>()

  constructor(source: readonly ServiceRule[]) {
    this.source = source
    for (const { vip, protocol, port, backends } of source) {
      const address = ipv4(vip)
      const ports = this.#vips.get(address) ?? new Map<number, readonly Backend[]>()
      this.#vips.set(address, ports)
      const key = keyOf(port, protocol === 'tcp' ? TCP : UDP)
      // As in a chain of rules, the first that matches decides.
      if (!ports.has(key))
        ports.set(
          key,
          backends.map((backend) => ({ address: ipv4(backend.address), port: backend.port })),
        )
    }
  }

  find(vip: Ipv4, port: number, protocol: Protocol): readonly Backend[] | undefined {
    return this.#vips.get(vip)?.get(keyOf(port, protocol))
  }
}

function keyOf(port: number, protocol: Protocol): number {
  return port * 256 + protocol
}

/** So many lists of rules differ at one time: nodes follow each other through the same few. */
const RECENT = 8

/** Compiles each distinct list of rules once, for all nodes that have it. */
export class RuleSets {
  readonly #recent: Rules[] = []

  of(services: readonly ServiceRule[]): Rules {
    const index = this.#recent.findIndex(({ source }) => same(source, services))
    const rules = index < 0 ? new CompiledRules(services) : this.#recent.splice(index, 1)[0]!
    this.#recent.unshift(rules)
    if (this.#recent.length > RECENT) this.#recent.pop()
    return rules
  }
}

function same(a: readonly ServiceRule[], b: readonly ServiceRule[]): boolean {
  return a === b || (a.length === b.length && a.every((rule, index) => sameRule(rule, b[index]!)))
}

function sameRule(a: ServiceRule, b: ServiceRule): boolean {
  return (
    a === b ||
    (a.vip === b.vip &&
      a.port === b.port &&
      a.protocol === b.protocol &&
      a.backends.length === b.backends.length &&
      a.backends.every((backend, index) => backend.address === b.backends[index]!.address && backend.port === b.backends[index]!.port))
  )
}
