/** Services → what an LB node's data plane needs: local VIPs, and a rule for each port (R20; `externalTrafficPolicy: Cluster`). */
import type { ServiceRule } from '../../world/index.ts'
import type { Service } from '../api/index.ts'

export interface VipDataPlane {
  /** Sorted, each once. */
  readonly vips: readonly string[]
  readonly rules: readonly ServiceRule[]
}

export function vipDataPlane(services: readonly Service[]): VipDataPlane {
  const rules: ServiceRule[] = []
  const vips = new Set<string>()
  const ordered = services.map((service) => ({ ...service, name: `${service.metadata.namespace}/${service.metadata.name}` }))
  for (const { name, spec } of ordered.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (spec?.loadBalancerIP === undefined) continue
    vips.add(spec.loadBalancerIP)
    for (const { protocol, port, targetPort } of spec.ports) {
      const backends = spec.endpoints.map((address) => ({ address, port: targetPort }))
      rules.push({ name: `${name}:${protocol}/${port}`, vip: spec.loadBalancerIP, protocol, port, backends })
    }
  }
  return { vips: [...vips].sort(), rules }
}
