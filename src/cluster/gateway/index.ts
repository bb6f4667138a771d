/**
 * cluster/gateway: who holds which floating IP. The placement policy (pure), the lease monitor, and the controller that joins them over the
 * resource store.
 *
 * Refuses: knowledge of BGP, of peers and of routes. Imports net, model, world, cluster/api, cluster/resources and cluster/controllers.
 */
export { FloatingIpController, type FloatingIpControllerOptions } from './controller.ts'
export { LeaseMonitor, type LeaseMonitorEvents, type LeaseMonitorOptions } from './lease-monitor.ts'
export {
  type Assignment,
  inSubnet,
  type NodeHealth,
  type PlacementFloatingIP,
  type PlacementNode,
  type PlacementState,
  placement,
} from './placement.ts'
