/**
 * What a write to the API must not do: change the control plane's BGP settings (R14), say what cannot be read or cannot work (R1, R7, R16, R30), or
 * take away what the lab stands on.
 */
import { type Diagnostic, isMapping } from '../../model/index.ts'
import {
  type Admission,
  BGP_LOAD_BALANCER,
  type Cause,
  CLUSTER,
  LEASE_NAMESPACE,
  LOAD_BALANCER_NODE,
  NAMESPACE,
  NETWORK_GATEWAY,
  NODE,
  NODE_POOL,
  POD,
  type Resource,
  type ResourceType,
  SERVICE,
  SYSTEM_NAMESPACE,
  sameJson,
  speakerPod,
} from '../api/index.ts'
import { inSubnet } from '../gateway/index.ts'
import {
  type ClusterModel,
  changesWithoutEffect,
  controlPlaneChanges,
  errorsOfEdit,
  fileOf,
  readEditedBalancer,
  readEditedGateway,
} from '../resources/index.ts'
import { INGRESS, isIngress } from '../vips.ts'
import { serviceCauses } from './service-admission.ts'

/** What an edit is judged by beside itself. */
export interface Surroundings {
  readonly cluster: ClusterModel
  /** Addresses of the network's own devices, and whose each is: `tor1 in rack1`. */
  readonly taken: Readonly<Record<string, string>>
  /** The owner's documents as they are now. */
  documents(): readonly Resource[]
}

export function admissionFor(surroundings: Surroundings): Admission {
  const { cluster } = surroundings
  return (type, next, previous) => {
    if (next === undefined) return deletion(type, previous, cluster)
    if (type === (POD as ResourceType)) return podRefusal(next, previous, cluster)
    if (type === (NODE as ResourceType)) return nodeCauses(next, previous, cluster)
    if (type === CLUSTER || type === NODE_POOL) return previous === undefined ? undefined : clusterCauses(next, previous)
    if (type === (SERVICE as ResourceType)) return serviceCauses(next, previous, cluster)
    if (previous !== undefined && sameJson(next.spec, previous.spec)) return undefined
    const place = (name: string, rule: string) => placeCauses(next, name, rule, cluster)
    if (type === NETWORK_GATEWAY) return firstOf(place('default', 'R28'), gatewayCauses(next, surroundings), review(next, surroundings))
    if (type === BGP_LOAD_BALANCER) return firstOf(place('bgplb', 'R29'), balancerCauses(next), review(next, surroundings))
    return undefined
  }
}

/** Later ones would say the same again, or rest on what is wrong already. */
function firstOf(...lists: readonly Cause[][]): Cause[] {
  return lists.find((causes) => causes.length > 0) ?? []
}

/** What `peerlab check` would find in the file, were it edited so. Of a copy nothing: it is overwritten. */
function review(next: Resource, { cluster, documents }: Surroundings): Cause[] {
  const before = documents()
  if (next.metadata.namespace === SYSTEM_NAMESPACE || !before.some(({ kind }) => kind === CLUSTER.kind)) return []
  const after = [...before.filter(({ kind }) => kind !== next.kind), next]
  const options = { nodes: cluster.nodes, ...(!cluster.subnetsAssumed && { subnets: cluster.subnets }) }
  const found = errorsOfEdit(before, after, options)
  return causesOf(
    found.map((each) => (each.file === fileOf(next) ? each : { ...each, path: '', message: `${each.file}: ${each.message}` })),
    next,
  )
}

/** The control plane's settings are fixed (R14); what is read when the lab comes up must not look as if an edit of it were followed. */
function clusterCauses(next: Resource, previous: Resource): Cause[] {
  return [
    ...controlPlaneChanges(previous, next).map((field) => forbid(field, 'cannot change after creation (R14)')),
    ...changesWithoutEffect(previous, next).map((field) =>
      forbid(field, 'is read when the lab comes up: change the file, and bring a lab up with it'),
    ),
  ]
}

function deletion(type: ResourceType, previous: Resource | undefined, cluster: ClusterModel): string | undefined {
  const name = previous?.metadata.name ?? ''
  // R27: the ingress VIP is always announced.
  const hasIngress = cluster.ingressVip !== undefined && cluster.type !== 'admin'
  const kept = ['default', SYSTEM_NAMESPACE, LEASE_NAMESPACE, cluster.namespace, ...(hasIngress ? [INGRESS.namespace] : [])]
  if (type === NAMESPACE && kept.includes(name)) return 'this namespace may not be deleted'
  if (type === (SERVICE as ResourceType) && hasIngress && previous !== undefined && isIngress(previous.metadata))
    return `the ingress VIP ${cluster.ingressVip} is always announced (R27); edits of its ports and endpoints are followed`
  if (type === (NODE as ResourceType)) return 'a node is a device of the lab; `kubectl delete` cannot take it away'
  if (type === (POD as ResourceType)) return 'a static Pod: it goes with its node'
  if (type === (LOAD_BALANCER_NODE as ResourceType)) return 'it is what a node of the lab says of itself'
  if (type === CLUSTER || type === NODE_POOL) return 'the lab stands on it; `peerlab down` removes the lab'
  return undefined
}

/** R15: a static Pod's object is a mirror; the node runs it from a file. */
function podRefusal(next: Resource, previous: Resource | undefined, { nodes }: ClusterModel): string | undefined {
  const names = nodes.filter((node) => node.controlPlane).map(({ name }) => speakerPod(name).metadata.name)
  if (previous === undefined && names.includes(next.metadata.name) && next.metadata.namespace === SYSTEM_NAMESPACE) return undefined
  if (previous === undefined) return 'the lab runs no Pods but the static ones of its control plane'
  return sameJson(next.spec, previous.spec) ? undefined : 'a static Pod: its node runs it from a file'
}

/** Nodes are the lab's devices: what they are is said by the topology. */
function nodeCauses(next: Resource, previous: Resource | undefined, { nodes }: ClusterModel): string | Cause[] {
  const { name } = next.metadata
  if (previous === undefined) return nodes.some((node) => node.name === name) ? [] : 'the nodes are those of the topology'
  const [before, after] = [previous.spec, next.spec].map((spec) => (isMapping(spec) ? spec : {}))
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  const changed = [...fields].filter((field) => !sameJson(before?.[field], after?.[field]))
  return changed.map((field) => wrong(`spec.${field}`, after?.[field] ?? null, 'field is immutable'))
}

/** There is one of it, in the cluster's namespace, and its copy. */
function placeCauses({ metadata }: Resource, name: string, rule: string, { namespace }: ClusterModel): Cause[] {
  const causes: Cause[] = []
  if (metadata.name !== name) causes.push(notSupported('metadata.name', metadata.name, [name], rule))
  if (metadata.namespace !== namespace && metadata.namespace !== SYSTEM_NAMESPACE)
    causes.push(notSupported('metadata.namespace', metadata.namespace, [namespace], 'R30'))
  return causes
}

function gatewayCauses(next: Resource, { cluster: { nodes, subnets, subnetsAssumed }, taken }: Surroundings): Cause[] {
  const { value, diagnostics } = readEditedGateway(next)
  if (value === undefined) return causesOf(diagnostics, next)
  const known = new Map(nodes.map((node) => [node.address, node.name]))
  return value.floatingIPs.flatMap((address, index, all): Cause[] => {
    const field = `spec.floatingIPs[${index}]`
    if (all.indexOf(address) < index)
      return [{ field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(address)}` }]
    if (known.has(address)) return [wrong(field, address, `is the own address of ${known.get(address)}`)]
    const owner = taken[address]
    if (owner !== undefined) return [wrong(field, address, `is the address of ${owner}: the node that holds it would take its traffic`)]
    if (subnetsAssumed || subnets.some((subnet) => inSubnet(address, subnet))) return []
    return [wrong(field, address, `lies in no node's subnet (${subnets.join(', ')}), so no node can hold it (R16)`)]
  })
}

function balancerCauses(next: Resource): Cause[] {
  const { value, diagnostics } = readEditedBalancer(next)
  if (value === undefined) return causesOf(diagnostics, next)
  return value.peers.flatMap(({ peerIP, peerASN }, index, all): Cause[] => {
    const field = `spec.peers[${index}]`
    if (peerASN === value.localASN)
      return [wrong(`${field}.peerASN`, peerASN, 'is the local AS number too: iBGP is not supported, peers are in another AS (R1, R7)')]
    if (all.findIndex((each) => each.peerIP === peerIP) < index)
      return [{ field: `${field}.peerIP`, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(peerIP)}` }]
    return []
  })
}

function causesOf(diagnostics: readonly Diagnostic[], object: Resource): Cause[] {
  return diagnostics
    .filter((each) => each.severity === 'error')
    .map(({ path, code, message, suggestion }) => {
      const field = path === '' ? 'spec' : path
      const text = suggestion === undefined ? message : `${message}; ${suggestion}`
      if (code === 'missing') return { field, reason: 'FieldValueRequired', message: `Required value: ${text}` }
      if (code === 'unknown-field') return forbid(field, text)
      return wrong(field, valueAt(object, path), text)
    })
}

function valueAt(object: unknown, path: string): unknown {
  let value = object
  for (const step of path.split(/[.[\]]+/).filter((each) => each !== ''))
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[step]
  return value ?? null
}

export function wrong(field: string, value: unknown, why: string): Cause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}` }
}

export function notSupported(field: string, value: unknown, supported: readonly string[], rule: string): Cause {
  const list = supported.map((each) => JSON.stringify(each)).join(', ')
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list} (${rule})`,
  }
}

function forbid(field: string, why: string): Cause {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` }
}
