import { beforeAll, describe, expect, it } from 'vitest'
import { auditView } from '../../src/engine/audit.ts'
import { attachLab, type DockerLab } from '../../src/engine/docker/index.ts'
import { fibNextHops, TIMER_PROFILES } from '../../src/model/index.ts'
import { loadTopology } from '../../src/topology/index.ts'
import { labs, loaded, type TestEngine, testEngine, until } from './support.ts'

/** The smallest cluster there is: one node that is control plane, load balancer and backend, and one router. */
const TOPOLOGY = `
name: first-vip
cluster: cluster.yaml
racks:
  rack1: 10.0.1.0/24
routers:
  tor1: { kind: frr, asn: 65002, loopback: 10.8.0.10, racks: [rack1] }
nodes:
  node-01: 10.0.1.10
clients:
  client: tor1
admin: tor1
services:
  - { name: gke-system/istio-ingress, port: 80, targetPort: 8080, backends: [node-01] }
`

const CLUSTER = `
apiVersion: baremetal.cluster.gke.io/v1
kind: Cluster
metadata:
  name: small
  namespace: cluster-small
  annotations: { baremetal.cluster.gke.io/enable-anthos-network-gateway: "true" }
spec:
  controlPlane: { nodePoolSpec: { nodes: [ { address: 10.0.1.10 } ] } }
  loadBalancer:
    mode: bundled
    type: bgp
    localASN: 65001
    bgpPeers: [ { ip: 10.8.0.10, asn: 65002 } ]
    ports: { controlPlaneLBPort: 443 }
    vips: { controlPlaneVIP: 10.0.0.8, ingressVIP: 10.0.0.1 }
    addressPools: [ { name: pool1, addresses: [ 10.0.0.1-10.0.0.4 ] } ]
---
apiVersion: networking.gke.io/v1alpha1
kind: AnthosNetworkGateway
metadata: { name: default, namespace: cluster-small }
spec: { floatingIPs: [ 10.0.1.100 ] }
---
apiVersion: networking.gke.io/v1alpha1
kind: BGPLoadBalancer
metadata: { name: bgplb, namespace: cluster-small }
spec: { localASN: 65001, peers: [ { peerIP: 10.8.0.10, peerASN: 65002 } ] }
`

const make = labs('all')
let engine: TestEngine
let lab: DockerLab

beforeAll(async () => {
  const source = { file: 'topology.yaml', text: TOPOLOGY, read: () => ({ file: 'cluster.yaml', text: CLUSTER }) }
  engine = await testEngine()
  lab = await make(engine, loaded(loadTopology(source, { timers: TIMER_PROFILES.fast })))
})

const nextHops = (prefix: string) => fibNextHops(lab.view.fib('tor1', prefix))

describe('one router, one node, one VIP', () => {
  it('brings the control-plane VIP into the kernel, from a session of the node itself (R4, R5)', async () => {
    await until(lab, 'the CP session is up', 20, () => lab.view.session('tor1', '10.0.1.10')?.state === 'Established')
    await until(lab, 'the kernel has the CP VIP', 20, () => nextHops('10.0.0.8/32').includes('10.0.1.10'))
  })

  it('brings the service VIP into the kernel, from a session of the floating IP', async () => {
    await until(lab, 'the floating IP has a holder', 20, () => lab.view.floatingIp('10.0.1.100')?.node === 'node-01')
    await until(lab, 'the service session is up', 20, () => lab.view.session('tor1', '10.0.1.100')?.state === 'Established')
    await until(lab, 'the kernel has the VIP', 20, () => nextHops('10.0.0.1/32').includes('10.0.1.10'))
    await until(lab, 'the BGP table has been read', 20, () => lab.view.route('tor1', '10.0.0.1/32') !== undefined)
    expect(lab.view.route('tor1', '10.0.0.1/32')?.paths).toMatchObject([{ from: '10.0.1.100', nextHop: '10.0.1.10', best: true }])
    expect(fibNextHops((await lab.tables.fib('tor1', '10.0.0.1/32'))[0])).toEqual(['10.0.1.10'])
  })

  it('can be looked at: resources on the admin host, sessions on the node (R15, R35)', async () => {
    const sessions = await lab.resources('BGPSession')
    expect(sessions.map((session) => session.metadata.name)).toEqual(['10.8.0.10-node-01'])
    await expect(lab.resources('Gateway')).rejects.toThrow('no kind "Gateway"; there are Node, ')
    const { holding, sessions: own } = await lab.agentStatus('node-01')
    expect(holding.map((one) => one.address)).toEqual(['10.0.1.100'])
    expect(own.map((one) => [one.localAddress, one.peerAddress]).sort()).toEqual([
      ['10.0.1.10', '10.8.0.10'],
      ['10.0.1.100', '10.8.0.10'],
    ])
  })

  it('can be joined by another process, which reads the same tables', async () => {
    const joined = await attachLab(engine.docker, lab.id)
    try {
      expect(joined?.routerVersions).toEqual(lab.routerVersions)
      expect(await joined?.tables.fib('tor1')).toEqual(await lab.tables.fib('tor1'))
      expect((await joined?.tables.sessions('tor1'))?.map((session) => session.state)).toEqual(['Established', 'Established'])
      expect((await joined?.tables.routes('tor1', '10.0.0.1/32'))?.[0]?.paths).toHaveLength(1)
    } finally {
      await joined?.close()
    }
  })

  it('carries a client to the backend', async () => {
    const result = await lab.traffic.fanOut({ from: 'client', vip: '10.0.0.1', port: 80, flows: 50 })
    expect(result).toEqual({ answered: 50, byRouter: { tor1: { 'node-01': 50 } } })
  })

  it('loses both VIPs when the agent is killed, and has them back when it starts again', async () => {
    await lab.processes.kill('node-01')
    await until(lab, 'the kernel has lost the VIPs', 20, () => nextHops('10.0.0.1/32').length + nextHops('10.0.0.8/32').length === 0)
    await lab.processes.start('node-01')
    await until(lab, 'the kernel has them again', 30, () => nextHops('10.0.0.1/32').length + nextHops('10.0.0.8/32').length === 2)
  })

  it('comes back after a power cut', async () => {
    await lab.power.off('node-01')
    await until(lab, 'the kernel has lost the VIP', 30, () => nextHops('10.0.0.1/32').length === 0)
    await lab.power.on('node-01')
    await until(lab, 'the kernel has it again', 40, () => nextHops('10.0.0.1/32').includes('10.0.1.10'))
    expect((await lab.traffic.fanOut({ from: 'client', vip: '10.0.0.1', port: 80, flows: 10 })).answered).toBe(10)
  })

  it('is in the end as the events have told, and nothing was missed', async () => {
    expect(await auditView(lab)).toEqual([])
    expect(lab.events.all.filter((event) => event.type === 'missed-event')).toEqual([])
  })
})
