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
    for (const { protocol: named, port, targetPort = port } of spec?.ports ?? []) {
      const protocol = named === 'UDP' ? 'udp' : 'tcp'
      const backends = (spec?.endpoints ?? []).map((address) => ({ address, port: targetPort }))
      rules.push({ name: `${name}:${protocol}/${port}`, vip, protocol, port, backends })
    }
  }
  return { vips: [...vips].sort(), rules }
}
