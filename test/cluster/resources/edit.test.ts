import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { controlPlaneChanges, loadCluster, readEditedBalancer, readEditedGateway } from '../../../src/cluster/index.ts'

const text = readFileSync(new URL('./fixtures/shared-peers.yaml', import.meta.url), 'utf8')
const { resources } = loadCluster('c.yaml', text)

test('R14: an edit of the control plane’s BGP settings is named by its fields; other edits are free', () => {
  const [before] = resources
  const after = structuredClone(before) as { spec: { loadBalancer: Record<string, unknown>; profile?: string } }
  after.spec.profile = 'edge'
  expect(controlPlaneChanges(before, after)).toEqual([])
  after.spec.loadBalancer.bgpPeers = []
  after.spec.loadBalancer.localASN = 65009
  expect(controlPlaneChanges(before, after)).toEqual(['spec.loadBalancer.localASN', 'spec.loadBalancer.bgpPeers'])
})

test('R30: what was seeded reads back; a bad edit says which field', () => {
  expect(readEditedGateway(resources[1]).value).toEqual({ floatingIPs: ['10.0.1.100', '10.0.2.100'] })
  expect(readEditedBalancer(resources[2]).value).toMatchObject({
    localASN: 65001,
    peers: [{ peerIP: '10.8.0.10' }, { peerIP: '10.8.0.11' }],
  })
  const bad = readEditedGateway({ spec: { floatingIPs: ['10.0.1.100', 'x'] } })
  expect(bad.value).toBeUndefined()
  expect(bad.diagnostics).toMatchObject([{ code: 'bad-address', path: 'spec.floatingIPs[1]' }])
})
