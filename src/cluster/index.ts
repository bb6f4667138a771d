/**
 * cluster: the reproduced system: its files, who peers with whom, which node takes which VIP, and what its nodes and controllers run.
 *
 * Refuses: async, timers, chance, `node:` modules and any I/O of its own: time, calls and hosts come through the world's ports. Imports
 * net, model, world and bgp.
 */
export {
  type AdvertisedRoute,
  advertisedRoutes,
  type BalancedService,
  type BalancerOptions,
  type LoadBalancerNode,
  type NotAdvertised,
  nextHopForSession,
} from './balancer.ts'
export {
  type Assignment,
  type ControlPlaneSession,
  controlPlaneSessions,
  type LostSession,
  type PeeringWarning,
  type ServicePeering,
  type ServiceSession,
  serviceSessions,
} from './peering.ts'
export * from './resources/index.ts'
export { assignVips, INGRESS, type VipAssignment, type VipRefusal, type VipRequest } from './vips.ts'
