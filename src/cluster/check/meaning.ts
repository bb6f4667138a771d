/** What a cluster file means, once it is read: the sessions, the next hops, and what the network has to provide. Pure. */
import type { ClusterModel } from '../resources/index.ts'
import { type PeerNeeds, peerNeeds } from './network.ts'
import { type KnownService, type VipRoutes, vipRoutes } from './routes.ts'
import { type ExpectedSessions, expectedSessions } from './sessions.ts'

export interface Meaning {
  readonly cluster: string
  readonly type: ClusterModel['type']
  readonly sessions: ExpectedSessions['sessions']
  readonly lost: ExpectedSessions['lost']
  readonly spare: ExpectedSessions['spare']
  readonly vips: VipRoutes
  readonly peers: readonly PeerNeeds[]
  readonly subnets: readonly string[]
  /** /24 was assumed: nobody gave the masks. */
  readonly subnetsAssumed: boolean
}

export function meaningOf(model: ClusterModel, services: readonly KnownService[] = []): Meaning {
  const { sessions, lost, spare } = expectedSessions(model)
  return {
    cluster: model.name,
    type: model.type,
    sessions,
    lost,
    spare,
    vips: vipRoutes(model, sessions, services),
    peers: peerNeeds(model),
    subnets: model.subnets,
    subnetsAssumed: model.subnetsAssumed,
  }
}
