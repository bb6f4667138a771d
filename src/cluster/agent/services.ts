/** Services → what an LB node's data plane needs: local VIPs, and a rule for each port (R20; `externalTrafficPolicy: Cluster`). */
import type { ServiceRule } from '../../world/index.ts'
import { type Service, vipOf } from '../api/index.ts'

export interface VipDataPlane {
  /** Sorted, each once. */
  readonly vips: readonly string[]
  readonly rules: readonly ServiceRule[]
}

export function vipDataPlane(services: readonly Service[]): VipDataPlane {
  const rules: ServiceRule[] = []
  const vips = new Set<string>()
  const ordered = services.map((service) => ({ ...service, name: `${service.metadata.namespace}/${service.metadata.name}` }))
  for (const service of ordered.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name, spec } = service
    const vip = vipOf(service)
    if (vip === undefined) continue
    vips.add(vip)
    const endpoints = service.status?.endpoints ?? spec?.endpoints ?? []
    for (const { protocol: named, port, targetPort = port } of spec?.ports ?? []) {
      const protocol = named === 'UDP' ? 'udp' : 'tcp'
      const backends = endpoints.map((address) => ({ address, port: targetPort }))
      rules.push({ name: `${name}:${protocol}/${port}`, vip, protocol, port, backends })
    }
  }
  return { vips: [...vips].sort(), rules }
}

export interface ServiceChange {
  /** `namespace/name` */
  readonly service: string
  /** Addresses; absent where the Service is gone. */
  readonly backends?: readonly string[]
}

/** The Services whose ports or backends are others than before. */
export function serviceChanges(before: readonly ServiceRule[], after: readonly ServiceRule[]): ServiceChange[] {
  const old = byService(before)
  const now = byService(after)
  const changed = [...now].filter(([service, rules]) => JSON.stringify(rules) !== JSON.stringify(old.get(service)))
  return [
    ...changed.map(([service, rules]) => ({
      service,
      backends: [...new Set(rules.flatMap((rule) => rule.backends.map((backend) => backend.address)))],
    })),
    ...[...old.keys()].filter((service) => !now.has(service)).map((service) => ({ service })),
  ]
}

function byService(rules: readonly ServiceRule[]): Map<string, ServiceRule[]> {
  return Map.groupBy(rules, (rule) => rule.name.slice(0, rule.name.lastIndexOf(':')))
}
