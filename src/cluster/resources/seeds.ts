import type { Identified } from './identify.ts'
import type { ClusterModel } from './model.ts'

/**
 * What the cluster's API is seeded with: the file's own objects of the first generation as they are, names and namespaces filled in; a
 * later generation's gateway and load balancer as the first generation's, which is what the controllers read.
 */
export function seedsOf(all: readonly Identified[], model: ClusterModel | undefined): readonly unknown[] {
  if (model === undefined) return []
  return all.flatMap(({ kind, document, name, labels, annotations }) => {
    const value = document.value as { readonly metadata?: object; readonly spec?: unknown }
    const metadata = { ...value.metadata, name: kind.name ?? name ?? model.name, namespace: model.namespace }
    if (kind.kind === 'BGPPeer') return []
    if (kind.kind === 'NetworkGatewayGroup' || kind.kind === 'AnthosNetworkGateway') {
      const spec = { floatingIPs: model.floatingIPs }
      return [{ apiVersion: 'networking.gke.io/v1alpha1', kind: 'AnthosNetworkGateway', metadata, spec }]
    }
    if (kind.kind === 'BGPLoadBalancer') {
      const spec = { localASN: model.serviceLocalAsn, peers: model.servicePeers }
      const head = { name: 'bgplb', namespace: model.namespace, labels, annotations }
      return [{ apiVersion: 'networking.gke.io/v1alpha1', kind: 'BGPLoadBalancer', metadata: head, spec }]
    }
    return [{ apiVersion: kind.apiVersion, kind: kind.kind, metadata, spec: value.spec }]
  })
}
