/**
 * cluster/resources: the customer's own file. Schemas of its kinds, loading, and every finding with its place in the text.
 *
 * Refuses: reading files (text comes in), the network, and the running cluster. Imports net and model.
 */
export {
  changesWithoutEffect,
  controlPlaneChanges,
  type EditedBalancer,
  type EditedGateway,
  errorsOfEdit,
  fileOf,
  readEditedBalancer,
  readEditedGateway,
} from './edit.ts'
export { type ClusterFile, type LoadedCluster, type LoadOptions, loadCluster, loadClusterFiles } from './load.ts'
export {
  type AddressPool,
  type ClusterModel,
  type ClusterNode,
  type ControlPlanePeer,
  DEFAULT_GATEWAY_SETTINGS,
  type GatewaySettings,
  type ServicePeer,
} from './model.ts'
export { DNS_LABEL } from './names.ts'
export { GATEWAY_ANNOTATION } from './schemas.ts'
export type { WrittenService } from './services.ts'
