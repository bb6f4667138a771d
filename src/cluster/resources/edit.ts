/** Resources edited after creation (R14, R30): read from the API's objects in place of text. */
import { check, type Diagnostic, type Infer, type YamlDocument } from '../../model/index.ts'
import type { ServicePeer } from './model.ts'
import { gatewaySpec, loadBalancerSpec } from './schemas.ts'

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

/** R14: the fields of the control plane's BGP settings that an edit of a Cluster object would change; such an edit is refused. */
export function controlPlaneChanges(before: unknown, after: unknown): string[] {
  return FROZEN.filter((path) => canonical(at(before, path)) !== canonical(at(after, path))).map((path) => `spec.${path.join('.')}`)
}

function at(cluster: unknown, path: readonly string[]): unknown {
  let value: unknown = cluster
  for (const step of ['spec', ...path]) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[step]
  return value
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
