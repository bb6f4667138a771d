import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCluster } from '../../../src/cluster/resources/index.ts'
import { type Answer, apiInMemory, GATEWAY, MERGE, SERVICES } from './api-in-memory.ts'

/** An API seeded with a whole cluster file, as a lab's is. */
const file = 'topologies/shared-peers/cluster.yaml'
const { cluster, resources } = loadCluster(file, readFileSync(file, 'utf8'), { subnets: ['10.0.1.0/24', '10.0.2.0/24'] })
const api = apiInMemory({
  cluster: cluster!,
  documents: resources,
  services: [],
  taken: { '10.0.1.1': 'the gateway (rack1)', '10.0.1.2': 'tor1 (rack1)' },
})
const at = (path: string) => path.replace('cluster-small', cluster!.namespace)
const CLUSTERS = `/apis/baremetal.cluster.gke.io/v1/namespaces/${cluster!.namespace}`
const BALANCER = at(GATEWAY).replace('anthosnetworkgateways/default', 'bgploadbalancers/bgplb')

function causesIn({ body }: Answer): string[] {
  const { details } = body as unknown as { details?: { causes?: readonly { field: string; message: string }[] } }
  return (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)
}

/** The fields at fault and why, of a merge patch; empty where it is taken. */
function refused(path: string, spec: object): string[] {
  const answer = api.ask('PATCH', `${path}?dryRun=All`, { spec }, MERGE)
  if (answer.status === 200) return []
  return causesIn(answer)
}

describe('an edit is judged as `peerlab check` judges the file', () => {
  it.each([
    ['10.0.1.1', /floatingIPs\[0\]: Invalid value: "10\.0\.1\.1": is the address of the gateway \(rack1\)/],
    ['10.0.1.2', /is the address of tor1 \(rack1\)/],
    ['10.0.1.0', /network or broadcast/],
    ['10.0.1.255', /network or broadcast/],
    ['10.0.1.20', /is the own address of/],
    ['10.9.9.9', /lies in no node's subnet/],
  ])('R16: no floating IP %s', (address, why) => {
    expect(refused(at(GATEWAY), { floatingIPs: [address, '10.0.2.100'] })).toEqual([expect.stringMatching(why)])
  })

  it('R16, R19: neither no floating IP at all, nor no peer', () => {
    expect(refused(at(GATEWAY), { floatingIPs: [] })).toEqual([expect.stringMatching(/^spec\.floatingIPs: .*no floating IP/)])
    expect(refused(BALANCER, { peers: [] })).toEqual([expect.stringMatching(/^spec\.peers: .*no external peer/)])
  })

  it.each([
    ['10.0.1.20', "is a node's own address"],
    ['10.0.1.100', 'is a floating IP of the cluster'],
    ['10.0.0.1', 'once it is announced, the way to the peer leads into the cluster'],
    ['127.0.0.1', 'loopback'],
  ])('no peer %s', (peerIP, why) => {
    expect(refused(BALANCER, { peers: [{ peerIP, peerASN: 65002 }] })).toEqual([expect.stringContaining(why)])
  })

  it('and what was good stays good', () => {
    expect(refused(at(GATEWAY), { floatingIPs: ['10.0.1.101', '10.0.2.100'] })).toEqual([])
    expect(refused(BALANCER, { peers: [{ peerIP: '10.8.0.10', peerASN: 65002 }] })).toEqual([])
  })

  it('R30: nor is an edit taken that the lab would not follow', () => {
    const why = 'Forbidden: is read when the lab comes up: change the file, and bring a lab up with it'
    expect(refused(`${CLUSTERS}/clusters/bm`, { loadBalancer: { addressPools: [] } })).toEqual([`spec.loadBalancer.addressPools: ${why}`])
    expect(refused(`${CLUSTERS}/clusters/bm`, { loadBalancer: { vips: { ingressVIP: '10.0.0.9' } } })).toEqual([
      `spec.loadBalancer.vips.ingressVIP: ${why}`,
    ])
    expect(refused(`${CLUSTERS}/nodepools/workers`, { nodes: [] })).toEqual([`spec.nodes: ${why}`])
    expect(api.ask('DELETE', `${CLUSTERS}/nodepools/workers`).status).toBe(403)
    // What peerlab does not read is the owner's own business.
    expect(refused(`${CLUSTERS}/clusters/bm`, { bypassPreflightCheck: true })).toEqual([])
  })

  it('R24: labels and annotations of the file are there, so that applying it again changes nothing', () => {
    const annotations = { 'baremetal.cluster.gke.io/enable-anthos-network-gateway': 'true' }
    expect(api.ask('GET', `${CLUSTERS}/clusters/bm`).body).toMatchObject({ metadata: { annotations } })
  })

  it('R24, R30: the gateway is not switched on or off at run time, by neither generation’s field', () => {
    const why = 'Forbidden: is read when the lab comes up: change the file, and bring a lab up with it'
    const annotation = 'baremetal.cluster.gke.io/enable-anthos-network-gateway'
    const merged = (body: object) => api.ask('PATCH', `${CLUSTERS}/clusters/bm?dryRun=All`, body, MERGE)
    for (const value of ['false', null])
      expect(causesIn(merged({ metadata: { annotations: { [annotation]: value } } }))).toEqual([
        `metadata.annotations[${annotation}]: ${why}`,
      ])
    expect(refused(`${CLUSTERS}/clusters/bm`, { clusterNetwork: { advancedNetworking: false } })).toEqual([
      `spec.clusterNetwork.advancedNetworking: ${why}`,
    ])
    expect(merged({ metadata: { annotations: { [annotation]: 'true', team: 'edge' } } }).status).toBe(200)
  })
})

describe('a Service', () => {
  const refusal = (spec: object): string[] => {
    const draft = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { type: 'LoadBalancer', ...spec } }
    return causesIn(api.ask('POST', `${SERVICES}?dryRun=All`, draft))
  }

  it('has ports, each with a name of its own that is a DNS label, and backends on nodes', () => {
    const port = { name: 'http', port: 80 }
    expect(refusal({ ports: [port] })).toEqual([])
    expect(refusal({})).toEqual(['spec.ports: Required value'])
    expect(refusal({ ports: [] })).toEqual(['spec.ports: Required value'])
    expect(refusal({ ports: [port, { ...port, port: 81 }] })).toEqual(['spec.ports[1].name: Duplicate value: "http"'])
    expect(refusal({ ports: [{ name: 'Bad_Name', port: 80 }] })[0]).toMatch(
      /^spec\.ports\[0\]\.name: Invalid value: "Bad_Name": a lowercase/,
    )
    expect(refusal({ ports: [port], endpoints: ['10.9.9.9'] })).toEqual([
      'spec.endpoints[0]: Invalid value: "10.9.9.9": is no node of the cluster: backends run on nodes',
    ])
  })

  it('R27: of the ingress VIP is neither deleted, nor with its namespace, nor given another address; its ports and endpoints are free', () => {
    const ingress = '/api/v1/namespaces/gke-system/services/istio-ingress'
    const message =
      'services "istio-ingress" is forbidden: the ingress VIP 10.0.0.1 is always announced (R27); edits of its ports and endpoints are followed'
    expect(api.ask('DELETE', ingress)).toMatchObject({ status: 403, body: { reason: 'Forbidden', message } })
    expect(api.ask('DELETE', '/api/v1/namespaces/gke-system').status).toBe(403)
    expect(refused(ingress, { loadBalancerIP: '10.0.0.4' })).toEqual([
      'spec.loadBalancerIP: Invalid value: "10.0.0.4": is not the ingress VIP 10.0.0.1, which is always announced (R27)',
    ])
    for (const spec of [{ loadBalancerIP: null }, { ports: [{ port: 443 }], endpoints: ['10.0.1.20'] }])
      expect(refused(ingress, spec)).toEqual([])
  })

  it('is not patched where the patch does not fit, and kubectl is told why', () => {
    api.ask('POST', SERVICES, { metadata: { name: 'shop' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } })
    const patch = [{ op: 'replace', path: '/spec/nothing', value: 1 }]
    const { body } = api.ask('PATCH', `${SERVICES}/shop`, patch, { 'content-type': 'application/json-patch+json' })
    // Old kubectl prints the kind, the name and the causes, and no message.
    expect(body.details).toMatchObject({
      kind: 'Service',
      name: 'shop',
      causes: [{ message: expect.stringContaining('/spec/nothing is not there') }],
    })
  })
})
