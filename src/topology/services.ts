import type { ClusterModel } from '../cluster/resources/model.ts'
import { assignVips } from '../cluster/vips.ts'
import { type Diagnostic, diagnose, type YamlDocument } from '../model/index.ts'
import type { ServiceEntry, TopologyFile } from './file.ts'
import type { PlannedService } from './plan.ts'

/** The topology's Services with their VIPs: fixed, the ingress VIP, or the next free address of the cluster's pools (R27). */
export function planServices(file: TopologyFile, document: YamlDocument, model: ClusterModel, found: Diagnostic[]): PlannedService[] {
  const names = file.services.map(splitName)
  const { assigned, refused } = assignVips(
    model,
    file.services.map((service, index) => ({ ...names[index]!, loadBalancerIP: service.vip })),
  )
  for (const refusal of refused) {
    const index = names.findIndex((each) => each.namespace === refusal.namespace && each.name === refusal.name)
    found.push(
      diagnose(document, ['services', index, ...(file.services[index]?.vip === undefined ? [] : ['vip'])], {
        code: refusal.code,
        message: refusal.message,
        suggestion: `pools: ${model.pools.map((pool) => `${pool.name} ${pool.ranges.map((range) => range.text).join(', ')}`).join('; ') || 'none'}`,
      }),
    )
  }
  found.push(...takenByApi(file, document, model))
  return file.services.flatMap((service, index) => {
    const { namespace, name } = names[index]!
    const vip = assigned.find((each) => each.namespace === namespace && each.name === name)?.vip
    if (vip === undefined) return []
    return [{ namespace, name, vip, ports: portsOf(service), backendNodes: service.backends }]
  })
}

/** A control-plane node's API listens at the node's own address, where a backend would. */
function takenByApi(file: TopologyFile, document: YamlDocument, { cpNodes, cpPort }: ClusterModel): Diagnostic[] {
  const clashes = (service: ServiceEntry, node: string) =>
    cpNodes.includes(file.nodes[node] ?? '') &&
    portsOf(service).some(({ protocol, targetPort }) => protocol === 'tcp' && targetPort === cpPort)
  return file.services.flatMap((service, index) =>
    service.backends.flatMap((node, position) =>
      clashes(service, node)
        ? [
            diagnose(document, ['services', index, 'backends', position], {
              code: 'backend-at-api-port',
              message: `${node} is a control-plane node: its API listens at ${file.nodes[node]}:${cpPort} (controlPlaneLBPort), where this backend would`,
              suggestion: `give the Service another targetPort, or let other nodes answer for it`,
            }),
          ]
        : [],
    ),
  )
}

/** `port` is one of TCP and one of UDP. */
export function portsOf({ port, targetPort, ports = [] }: ServiceEntry): PlannedService['ports'] {
  const both = port === undefined ? [] : (['tcp', 'udp'] as const).map((protocol) => ({ protocol, port, targetPort }))
  return [...both, ...ports].map((each) => ({
    protocol: each.protocol ?? 'tcp',
    port: each.port,
    targetPort: each.targetPort ?? each.port,
  }))
}

function splitName(service: ServiceEntry): { namespace: string; name: string } {
  const slash = service.name.indexOf('/')
  return { namespace: service.name.slice(0, slash), name: service.name.slice(slash + 1) }
}
