/** What is wrong with a Service, field by field, as Kubernetes words it; and what the lab does not have (R7). */
import { isMapping } from '../../model/index.ts'
import { parseIpv4 } from '../../net/index.ts'
import type { Cause, Resource } from '../api/index.ts'
import { notSupported, wrong } from './admission.ts'

export function serviceCauses({ spec }: Resource): Cause[] {
  if (!isMapping(spec)) return [{ field: 'spec', reason: 'FieldValueRequired', message: 'Required value' }]
  const { type, externalTrafficPolicy: policy, loadBalancerIP: vip, ports, endpoints = [] } = spec
  const causes: Cause[] = []
  if (type !== 'LoadBalancer') causes.push(notSupported('spec.type', type ?? 'ClusterIP', ['LoadBalancer'], 'the lab has these only'))
  if (policy !== undefined && policy !== 'Cluster') causes.push(notSupported('spec.externalTrafficPolicy', policy, ['Cluster'], 'R7'))
  if (vip !== undefined && (typeof vip !== 'string' || parseIpv4(vip) === undefined))
    causes.push(wrong('spec.loadBalancerIP', vip, 'must be an IPv4 address (R7)'))
  if (ports !== undefined && !Array.isArray(ports)) causes.push(wrong('spec.ports', ports, 'must be a list'))
  else causes.push(...portCauses(ports ?? []))
  if (!Array.isArray(endpoints)) causes.push(wrong('spec.endpoints', endpoints, 'must be a list of addresses'))
  else
    for (const [index, address] of endpoints.entries())
      if (typeof address !== 'string' || parseIpv4(address) === undefined)
        causes.push(wrong(`spec.endpoints[${index}]`, address, 'must be an IPv4 address'))
  return causes
}

function portCauses(ports: readonly unknown[]): Cause[] {
  const seen = new Set<string>()
  return ports.flatMap((each, index) => {
    const at = `spec.ports[${index}]`
    if (!isMapping(each)) return [wrong(at, each, 'must be a mapping')]
    const { name, protocol = 'TCP', port, targetPort = port } = each
    const causes: Cause[] = []
    if (port === undefined) causes.push({ field: `${at}.port`, reason: 'FieldValueRequired', message: 'Required value' })
    else if (!isPort(port)) causes.push(wrong(`${at}.port`, port, 'must be between 1 and 65535, inclusive'))
    if (targetPort !== undefined && targetPort !== port && !isPort(targetPort))
      causes.push(wrong(`${at}.targetPort`, targetPort, 'must be between 1 and 65535, inclusive'))
    if (protocol !== 'TCP' && protocol !== 'UDP')
      causes.push(notSupported(`${at}.protocol`, protocol, ['TCP', 'UDP'], 'the lab has these only'))
    if (ports.length > 1 && name === undefined)
      causes.push({ field: `${at}.name`, reason: 'FieldValueRequired', message: 'Required value' })
    const key = `${protocol}/${port}`
    if (seen.has(key)) causes.push({ field: at, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(key)}` })
    seen.add(key)
    return causes
  })
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
}
