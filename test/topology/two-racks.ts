import { TIMER_PROFILES } from '../../src/model/index.ts'
import type { TopologyFile } from '../../src/topology/file.ts'
import type { LayoutInputs } from '../../src/topology/layout.ts'

/** Two racks with both ToRs in each, and a core behind them. */
export const TWO_RACKS: TopologyFile = {
  name: 'two-racks',
  cluster: 'cluster.yaml',
  racks: { rack1: '10.0.1.0/24', rack2: '10.0.2.0/24' },
  routers: {
    tor1: { asn: 65002, loopback: '10.8.0.10', racks: ['rack1', 'rack2'] },
    tor2: { asn: 65002, loopback: '10.8.0.11', racks: ['rack1', 'rack2'] },
    core: { asn: 65003, connects: ['tor1', 'tor2'] },
  },
  nodes: {},
  clients: { client: 'core' },
  admin: 'core',
  services: [],
}

/** Without a cluster: no sessions, no roles. */
export const NO_CLUSTER: LayoutInputs = {
  timers: TIMER_PROFILES.fast,
  cluster: {
    name: 'bm',
    namespace: 'cluster-bm',
    file: 'cluster.yaml',
    documents: [],
    model: {} as never,
    services: [],
    initialPlacement: {},
  },
  peering: { sessions: [], nextHops: [] },
  controlPlaneNodes: [],
  loadBalancerNodes: [],
  kinds: {},
  addPath: {},
  hashSeeds: true,
  configs: {},
}
