import { apiVersionOf, CLUSTER } from '../../../src/cluster/api/index.ts'
import { ControlPlane, type ControlPlaneConfig } from '../../../src/cluster/controllers/index.ts'
import { TIMER_PROFILES } from '../../../src/model/index.ts'
import type { CallRequest } from '../../../src/world/index.ts'
import { VirtualUniverse } from '../../../src/world/virtual/index.ts'
import { HTTP, smallCluster } from '../gateway/cluster.ts'

const SERVER = { address: '10.9.0.2', port: 6443 }

export interface Answer {
  readonly status: number
  // The shape is what is being tested.
  readonly body: Record<string, never> & { readonly items?: readonly Record<string, never>[] }
}

/** A control plane with its API, and somebody who asks it over connections, in virtual time. */
export function apiInMemory(more: Partial<ControlPlaneConfig> = {}) {
  const universe = new VirtualUniverse()
  const admin = universe.createWorld({ name: 'admin', addresses: [`${SERVER.address}/24`] })
  const client = universe.createWorld({ name: 'client', addresses: ['10.9.0.3/24'] })
  const cluster = {
    apiVersion: apiVersionOf(CLUSTER),
    kind: 'Cluster',
    metadata: { name: 'small', namespace: 'cluster-small' },
    spec: { loadBalancer: { mode: 'bundled', type: 'bgp', localASN: 65001, vips: { controlPlaneVIP: '10.0.0.8' }, other: 1 } },
  }
  const web = { namespace: 'default', name: 'web', vip: '10.0.0.1', ports: [HTTP], backends: [] } as const
  const plane = new ControlPlane(admin, {
    listen: SERVER,
    timers: TIMER_PROFILES.fast,
    cluster: smallCluster(),
    services: [web],
    documents: [cluster],
    ...more,
  })
  plane.start()
  // There are no agents here: somebody renews the nodes' leases.
  const spec = { leaseDurationSeconds: 3, renewTime: '', holding: [] }
  const renewal = admin.clock.timer('leases', () => {
    for (const { name } of (more.cluster ?? smallCluster()).nodes) plane.store.renew(name, { ...spec, holderIdentity: name })
    renewal.start(1_000_000)
  })
  renewal.start(0)
  universe.run(5_000_000)

  const ask = (method: CallRequest['method'], path: string, body?: unknown, headers: Record<string, string> = {}): Answer => {
    let answer: Answer | undefined
    const asked = { server: SERVER, method, path, headers, timeout: 1_000_000, ...(body === undefined ? {} : { body }) }
    client.calls.request(asked, (event) => {
      if (event.type === 'reply') answer = { status: event.status, body: event.body as Answer['body'] }
    })
    universe.run(universe.now + 100_000)
    if (answer === undefined) throw new Error(`no answer to ${method} ${path}`)
    return answer
  }
  return { universe, plane, ask }
}

export const GATEWAY = '/apis/networking.gke.io/v1alpha1/namespaces/cluster-small/anthosnetworkgateways/default'
export const SERVICES = '/api/v1/namespaces/default/services'
export const MERGE = { 'content-type': 'application/merge-patch+json' }
export const AS_TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
