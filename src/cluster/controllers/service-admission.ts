/** What is wrong with a Service, field by field, as Kubernetes words it; and what the lab does not have (R7). */
import { isMapping } from '../../model/index.ts'
import { parseIpv4 } from '../../net/index.ts'
import type { Cause, Resource } from '../api/index.ts'
import { type ClusterModel, DNS_LABEL } from '../resources/index.ts'
import { isIngress } from '../vips.ts'
import { notSupported, wrong } from './admission.ts'

export function serviceCauses({ spec, metadata }: Resource, previous: Resource | undefined, { nodes, ingressVip }: ClusterModel): Cause[] {
  if (!isMapping(spec)) return [required('spec')]
  const { type, externalTrafficPolicy: policy, loadBalancerIP: vip, ports, endpoints = [] } = spec
  const causes: Cause[] = []
  if (type !== 'LoadBalancer') causes.push(notSupported('spec.type', type ?? 'ClusterIP', ['LoadBalancer'], 'the lab has these only'))
  if (policy !== undefined && policy !== 'Cluster') causes.push(notSupported('spec.externalTrafficPolicy', policy, ['Cluster'], 'R7'))
  if (vip !== undefined && (typeof vip !== 'string' || parseIpv4(vip) === undefined))
    causes.push(wrong('spec.loadBalancerIP', vip, 'must be an IPv4 address (R7)'))
  else if (isIngress(metadata) && leavesIngressVip(vip, previous, ingressVip))
    causes.push(wrong('spec.loadBalancerIP', vip, `is not the ingress VIP ${ingressVip}, which is always announced (R27)`))
  if (ports !== undefined && ports !== null && !Array.isArray(ports)) causes.push(wrong('spec.ports', ports, 'must be a list'))
  // R27: the ingress VIP is announced whether or not anybody described its ports.
  else if ((ports ?? []).length === 0 && !isIngress(metadata)) causes.push(required('spec.ports'))
  else causes.push(...portCauses(ports ?? []))
  if (!Array.isArray(endpoints)) causes.push(wrong('spec.endpoints', endpoints, 'must be a list of addresses'))
  else
    for (const [index, address] of endpoints.entries())
      if (typeof address !== 'string' || parseIpv4(address) === undefined)
        causes.push(wrong(`spec.endpoints[${index}]`, address, 'must be an IPv4 address'))
      else if (nodes.length > 0 && !nodes.some((node) => node.address === address))
        causes.push(wrong(`spec.endpoints[${index}]`, address, 'is no node of the cluster: backends run on nodes'))
  return causes
}

/** What was there from the start may stay. */
function leavesIngressVip(vip: unknown, previous: Resource | undefined, ingressVip: string | undefined): boolean {
  if (previous === undefined || ingressVip === undefined || vip === undefined || vip === ingressVip) return false
  return !isMapping(previous.spec) || previous.spec.loadBalancerIP !== vip
}

function portCauses(ports: readonly unknown[]): Cause[] {
  const seen = new Set<string>()
  const names = new Set<unknown>()
  return ports.flatMap((each, index) => {
    const at = `spec.ports[${index}]`
    if (!isMapping(each)) return [wrong(at, each, 'must be a mapping')]
    const { name, protocol = 'TCP', port, targetPort = port } = each
    const causes: Cause[] = []
    if (port === undefined) causes.push(required(`${at}.port`))
    else if (!isPort(port)) causes.push(wrong(`${at}.port`, port, 'must be between 1 and 65535, inclusive'))
    if (targetPort !== undefined && targetPort !== port && !isPort(targetPort))
      causes.push(wrong(`${at}.targetPort`, targetPort, 'must be between 1 and 65535, inclusive'))
    if (protocol !== 'TCP' && protocol !== 'UDP')
      causes.push(notSupported(`${at}.protocol`, protocol, ['TCP', 'UDP'], 'the lab has these only'))
    if (ports.length > 1 && name === undefined) causes.push(required(`${at}.name`))
    if (name !== undefined && (typeof name !== 'string' || !DNS_LABEL.test(name))) causes.push(wrong(`${at}.name`, name, LABEL_RULE))
    else if (name !== undefined && names.has(name)) causes.push(duplicate(`${at}.name`, name))
    names.add(name)
    const key = `${protocol}/${port}`
    if (seen.has(key)) causes.push(duplicate(at, key))
    seen.add(key)
    return causes
  })
}

/** RFC 1123, as Kubernetes words it. */
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"

function required(field: string): Cause {
  return { field, reason: 'FieldValueRequired', message: 'Required value' }
}

function duplicate(field: string, value: string): Cause {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(value)}` }
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
}
