/**
 * topology: a topology file and the cluster file that it names, checked, and worked out into a plan that an engine can bring up.
 *
 * Refuses: I/O (the caller hands in the texts) and anything that differs from run to run. Imports net, model and cluster.
 */
export { macOf } from './addressing.ts'
export { type CheckedFiles, type CheckOptions, checkFiles } from './check-files.ts'
export { API_PORT } from './layout.ts'
export {
  hasErrors,
  type LoadedTopology,
  loadTopology,
  noClusterFile,
  readTopology,
  type TopologyOptions,
  type TopologySource,
} from './load.ts'
export type * from './plan.ts'
