/** Services of `type: LoadBalancer` that stand in the user's files beside the cluster: which VIP they ask for, and what is not supported (R7, R27). */
import { type Diagnostic, isMapping, placeIn, type YamlDocument } from '../../model/index.ts'
import { assignVips } from '../vips.ts'
import type { ClusterModel } from './model.ts'

export interface WrittenService {
  readonly namespace: string
  readonly name: string
  readonly loadBalancerIP?: string
  readonly externalTrafficPolicy?: string
}

export function readServices(
  documents: readonly YamlDocument[],
  model: ClusterModel | undefined,
  sink: (d: Diagnostic) => void,
): readonly WrittenService[] {
  const read = documents.flatMap((document) => {
    const service = serviceIn(document)
    return service === undefined ? [] : [{ document, service }]
  })
  for (const { document, service } of read) {
    if (service.externalTrafficPolicy !== 'Local') continue
    placeIn(document, ['spec', 'externalTrafficPolicy'], sink).report({
      code: 'traffic-policy-local',
      message: `Service ${service.namespace}/${service.name} has externalTrafficPolicy: Local, which is not supported: its VIP is not announced (R7)`,
      suggestion: 'write externalTrafficPolicy: Cluster, or leave it out',
    })
  }
  const services = read.map(({ service }) => service)
  for (const refusal of model === undefined ? [] : assignVips(model, services).refused) {
    const one = read.find(({ service }) => service.namespace === refusal.namespace && service.name === refusal.name)!
    const path = one.service.loadBalancerIP === undefined ? [] : ['spec', 'loadBalancerIP']
    const pools = model!.pools.flatMap((pool) => pool.ranges.map((range) => `${pool.name} ${range.text}`)).join(', ') || 'none'
    placeIn(one.document, path, sink).report({
      code: refusal.code,
      message: `${refusal.message}: it gets no VIP`,
      suggestion: `pools: ${pools}`,
    })
  }
  return services
}

function serviceIn({ value, broken }: YamlDocument): WrittenService | undefined {
  if (broken || !isMapping(value) || value.apiVersion !== 'v1' || value.kind !== 'Service') return undefined
  const spec = isMapping(value.spec) ? value.spec : {}
  const metadata = isMapping(value.metadata) ? value.metadata : {}
  if (spec.type !== 'LoadBalancer' || typeof metadata.name !== 'string') return undefined
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : 'default'
  const { loadBalancerIP, externalTrafficPolicy } = spec
  return {
    namespace,
    name: metadata.name,
    ...(typeof loadBalancerIP === 'string' && { loadBalancerIP }),
    ...(typeof externalTrafficPolicy === 'string' && { externalTrafficPolicy }),
  }
}
