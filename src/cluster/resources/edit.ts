/** Resources edited after creation (R14, R30): read from the API's objects in place of text. */
import { check, type Diagnostic, type Infer, type YamlDocument } from '../../model/index.ts'
import { type LoadOptions, loadDocuments } from './load.ts'
import type { ServicePeer } from './model.ts'
import { GATEWAY_ANNOTATION, gatewaySpec, loadBalancerSpec } from './schemas.ts'

export interface EditedGateway {
  readonly floatingIPs: readonly string[]
}

export interface EditedBalancer {
  readonly localASN: number
  readonly peers: readonly ServicePeer[]
}

/** An AnthosNetworkGateway object's spec; on any error the value is `undefined` and the diagnostics say why. */
export function readEditedGateway(object: unknown): {
  readonly value: EditedGateway | undefined
  readonly diagnostics: readonly Diagnostic[]
} {
  return check<Infer<typeof gatewaySpec>>(gatewaySpec, objectAsDocument(object, 'AnthosNetworkGateway'), ['spec'])
}

/** A BGPLoadBalancer object's spec. */
export function readEditedBalancer(object: unknown): {
  readonly value: EditedBalancer | undefined
  readonly diagnostics: readonly Diagnostic[]
} {
  return check<Infer<typeof loadBalancerSpec>>(loadBalancerSpec, objectAsDocument(object, 'BGPLoadBalancer'), ['spec'])
}

/**
 * What is wrong with a cluster's documents and was not before an edit: the errors that `peerlab check` would find in the file. `file` of each is
 * `Kind/name` of the object that it is about.
 */
export function errorsOfEdit(before: readonly unknown[], after: readonly unknown[], options: LoadOptions): Diagnostic[] {
  const known = new Set(errorsIn(before, options).map(textOf))
  return errorsIn(after, options).filter((each) => !known.has(textOf(each)))
}

function textOf({ file, path, code, message }: Diagnostic): string {
  return JSON.stringify([file, path, code, message])
}

function errorsIn(objects: readonly unknown[], options: LoadOptions): Diagnostic[] {
  const documents = objects.map((object) => objectAsDocument(object, fileOf(object)))
  return loadDocuments(documents, documents, [], options).diagnostics.filter((each) => each.severity === 'error')
}

/** Stands for the file's name in what is found in an object. */
export function fileOf(object: unknown): string {
  const { kind, metadata } = object as { readonly kind?: string; readonly metadata?: { readonly name?: string } }
  return `${kind}/${metadata?.name}`
}

/** An object has no text: every position is 1:1, and the path says where. */
function objectAsDocument(value: unknown, file: string): YamlDocument {
  const start = () => ({ line: 1, column: 1 })
  return { file, index: 0, value, broken: false, at: start, atKey: start }
}

const FROZEN = [
  ['loadBalancer', 'mode'],
  ['loadBalancer', 'type'],
  ['loadBalancer', 'localASN'],
  ['loadBalancer', 'bgpPeers'],
  ['loadBalancer', 'ports', 'controlPlaneLBPort'],
  ['loadBalancer', 'vips', 'controlPlaneVIP'],
] as const

/** What the lab reads when it comes up, and nobody follows afterwards: of a Cluster and of a NodePool. The gateway's controller is on or off for good (R24). */
const READ_ONCE = [
  ['type'],
  ['controlPlane', 'nodePoolSpec'],
  ['clusterNetwork', 'advancedNetworking'],
  ['loadBalancer', 'nodePoolSpec'],
  ['loadBalancer', 'addressPools'],
  ['loadBalancer', 'vips', 'ingressVIP'],
  ['clusterName'],
  ['nodes'],
] as const

/** R14: the fields of the control plane's BGP settings that an edit of a Cluster object would change; such an edit is refused. */
export function controlPlaneChanges(before: unknown, after: unknown): string[] {
  return changes(FROZEN, before, after)
}

/** The fields that an edit of a Cluster or NodePool object would change, and that have no effect on a lab that is up. */
export function changesWithoutEffect(before: unknown, after: unknown): string[] {
  const annotation = ['metadata', 'annotations', GATEWAY_ANNOTATION]
  const switched = differs(annotation, before, after) ? [`metadata.annotations[${GATEWAY_ANNOTATION}]`] : []
  return [...switched, ...changes(READ_ONCE, before, after)]
}

function changes(paths: readonly (readonly string[])[], before: unknown, after: unknown): string[] {
  return paths.filter((path) => differs(['spec', ...path], before, after)).map((path) => `spec.${path.join('.')}`)
}

function differs(path: readonly string[], before: unknown, after: unknown): boolean {
  return canonical(at(before, path)) !== canonical(at(after, path))
}

function at(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const step of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[step]
  return value
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
