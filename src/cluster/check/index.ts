/**
 * cluster/check: what a cluster file means before anything runs: which sessions there will be, which next hops each VIP gets, and what each
 * peer must be configured with.
 *
 * Refuses: I/O, the running cluster, and findings of its own: what is wrong with a file is cluster/resources' to say. Imports net, model,
 * and the cluster's own policies, so that what is foretold is what will happen.
 */
export { covering, coveringAll } from './covering.ts'
export { type Meaning, meaningOf } from './meaning.ts'
export { type NeighborNeeds, type PeerNeeds, peerNeeds } from './network.ts'
export { type KnownService, type VipRoute, type VipRoutes, vipRoutes } from './routes.ts'
export { type ExpectedSession, type ExpectedSessions, expectedSessions, type LostSession } from './sessions.ts'
